"""Metrics of generated samples: plain functions on arrays, one file each.

Every function takes numpy arrays or torch tensors (CPU or CUDA), ``[N, D]`` unless it says
otherwise, computes in float64 and raises ``ValueError`` on bad input. Importing this package does
not import torch.
"""

from ganbench.metrics.authenticity import authenticity
from ganbench.metrics.class_coverage import class_coverage
from ganbench.metrics.classification_accuracy import classification_accuracy
from ganbench.metrics.classifier_score import classifier_score
from ganbench.metrics.clipped_density_coverage import clipped_density_coverage
from ganbench.metrics.data_copying import data_copying
from ganbench.metrics.density_coverage import density_coverage
from ganbench.metrics.duality_gap import duality_gap
from ganbench.metrics.frechet import frechet_distance
from ganbench.metrics.frechet_infinity import frechet_infinity
from ganbench.metrics.game_eigenvalues import game_jacobian_eigenvalues
from ganbench.metrics.ken import ken
from ganbench.metrics.kernel_distance import kernel_distance
from ganbench.metrics.mind import mind
from ganbench.metrics.mode_coverage import mode_coverage
from ganbench.metrics.ndb import ndb
from ganbench.metrics.oscillation import oscillation
from ganbench.metrics.path_angle import path_angle
from ganbench.metrics.precision_recall import precision_recall
from ganbench.metrics.rke import rke
from ganbench.metrics.sequence_kl import sequence_kl
from ganbench.metrics.sinkhorn import sinkhorn_divergence
from ganbench.metrics.sliced_wasserstein import sliced_wasserstein
from ganbench.metrics.table import column_distances
from ganbench.metrics.triangles import triangle_precision_recall
from ganbench.metrics.vendi import vendi_score
from ganbench.metrics.wasserstein import wasserstein

__all__ = [
    "authenticity",
    "class_coverage",
    "classification_accuracy",
    "classifier_score",
    "clipped_density_coverage",
    "column_distances",
    "data_copying",
    "density_coverage",
    "duality_gap",
    "frechet_distance",
    "frechet_infinity",
    "game_jacobian_eigenvalues",
    "ken",
    "kernel_distance",
    "mind",
    "mode_coverage",
    "ndb",
    "oscillation",
    "path_angle",
    "precision_recall",
    "rke",
    "sequence_kl",
    "sinkhorn_divergence",
    "sliced_wasserstein",
    "triangle_precision_recall",
    "vendi_score",
    "wasserstein",
]
