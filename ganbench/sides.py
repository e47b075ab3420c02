"""The two sides of a metric: what it reads of real and of generated samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ganbench.errors import UsageError
from ganbench.seeds import derive
from ganbench.spec import Extracted, Extractor, Metric, Mixture
from ganbench.spec.measure import NEEDS_PROBS, NEEDS_TRAIN


@dataclass(frozen=True)
class Real:
    """All that is known of the real side.

    Attributes:
        test, train: the held-out and the training samples, extracted when they are asked for.
        labels: of the held-out samples ``[N]``.
    """

    test: Callable[[], Extracted]
    train: Callable[[], Extracted] | None = None
    labels: np.ndarray | None = None
    classes: int | None = None
    mixture: Mixture | None = None

    def cut(self, n: int, *stream: str | int) -> Real:
        """Return it with ``n`` held-out samples at most, picked by the stream."""
        if n >= len(self.test().features):
            return self

        def test() -> Extracted:
            return self.test().rows(subset(np.arange(len(self.test().features)), n, *stream))

        labels = None if self.labels is None else subset(self.labels, n, *stream)
        return replace(self, test=test, labels=labels)


def subset(array: Any, n: int, *stream: str | int) -> Any:
    """Return ``n`` rows of ``array`` (all of them if there are fewer), picked by the stream."""
    if n >= len(array):
        return array
    picked = np.random.default_rng(derive("subset", *stream)).permutation(len(array))[:n]
    return array[np.sort(picked)]


def real_side(metric: Metric, real: Real) -> Any:
    """Return what ``metric.prepare`` is given of the real side (see ``spec.Metric``)."""
    match metric.needs:
        case "mixture":
            return real.mixture
        case "classes":
            return real.classes
        case "probs" | "curve":
            return None
        case "labelled":
            return real.test().features, real.labels
    if metric.needs == "features":
        return real.test().features
    assert real.train is not None
    train = real.train().features
    return train if metric.needs == "train" else (train, real.test().features)


def generated_side(metric: Metric, found: Extracted) -> Any:
    """Return what ``metric.compute`` is given of extracted samples (see ``spec.Metric``)."""
    match metric.needs:
        case "classes":
            return found.labels
        case "probs":
            return found.probs
        case "labelled":
            return found.features, found.labels
    return found.features


def lacking(metric: Metric, probs: bool, train: bool) -> str:
    """Return what ``metric`` needs and is not there, or ""."""
    if metric.needs in NEEDS_PROBS and not probs:
        return "class probabilities: use --features classifier:NAME"
    if metric.needs in NEEDS_TRAIN and not train:
        return "the training samples: give --train PATH"
    return ""


def extract(
    extractor: Extractor, samples: Any, tick: Callable[[int], None] = lambda done: None
) -> Extracted:
    """Return the features of ``samples [N, *shape]``, taken in batches.

    Args:
        samples: an array, or whatever has a length and gives arrays when it is sliced.
        tick: is called with the number of samples done.
    """
    features: np.ndarray | None = None
    probs: np.ndarray | None = None
    n = len(samples)
    if n == 0:
        raise UsageError("there are no samples")
    if n <= extractor.batch:
        whole = extractor.function(np.asarray(samples[:n]))
        tick(n)
        return whole
    for start in range(0, n, extractor.batch):
        rows = slice(start, min(start + extractor.batch, n))
        found = extractor.function(np.asarray(samples[rows]))
        if features is None:
            features = np.empty((n, *found.features.shape[1:]), found.features.dtype)
            if found.probs is not None:
                probs = np.empty((n, found.probs.shape[1]), found.probs.dtype)
        features[rows] = found.features
        if probs is not None:
            probs[rows] = found.probs
        tick(rows.stop)
    assert features is not None
    return Extracted(features, probs)
