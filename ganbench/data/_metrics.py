"""Metrics of data sets that have nothing but samples: no known modes, no classifier."""

OF_SAMPLES = (
    "frechet",
    "precision-recall",
    "density-coverage",
    "wasserstein",
    "sliced-wasserstein",
)
