"""One way to measure one metric: take both sides, cut them, prepare, compute.

Runs (``evaluator``), ``ganbench score`` (``score``) and ``ganbench verify metrics`` measure here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, GeneratedSide, Metric, RealSide
from ganbench.core.products import products
from ganbench.core.seeds import derive

Prepared = dict[str, np.ndarray]


def prepare(metric: Metric, real: RealSide) -> Prepared:
    """Return the arrays that ``metric`` keeps of the real side, once for every generator."""
    return metric.prepare(metric.needs.real(real), **metric.params)


def value(
    metric: Metric,
    prepared: Prepared,
    generated: GeneratedSide,
    wanted: Collection[str] | None = None,
) -> dict[str, float]:
    """Return ``{quantity: value}`` of one generator.

    Args:
        wanted: the quantities to return; None for all.

    Raises:
        ValueError, RuntimeError: these samples do not allow a value; the message says why.
    """
    given = metric.needs.generated(generated, metric.reads)
    values = metric.compute(prepared, given, **metric.params)
    declared = [quantity.key for quantity in metric.quantities]
    if set(values) != set(declared):
        raise ValueError(
            f"metric {metric.name} returned {', '.join(values)}, and declares {', '.join(declared)}"
        )
    return {
        key: found() if callable(found) else found
        for key, found in values.items()
        if wanted is None or key in wanted
    }


def sizes(metric: Metric, n_real: int, n_fake: int) -> tuple[int, int]:
    """Return how many of the real and generated samples ``metric`` reads."""
    most = metric.max_samples or max(n_real, n_fake)
    most_fake = metric.max_fake or most
    if metric.equal_counts:
        most = most_fake = min(most, n_real, n_fake)
    return min(n_real, most), min(n_fake, most_fake)


def subset(array: Any, n: int, *stream: str | int, strata: np.ndarray | None = None) -> Any:
    """Return ``n`` rows of ``array`` (all of them if there are fewer), picked by the stream.

    Rows are permuted, then cut, and stay in that order: what later takes the first rows of a subset
    takes random ones, even where ``array`` is in order of class.

    Args:
        strata: the mode of each row; modes then take turns, so that every number of first rows has
            as many of each (or one more), while there are any.
    """
    rows = np.random.default_rng(derive("subset", *stream)).permutation(len(array))
    if strata is not None:
        turn = np.empty(len(rows), int)
        for mode in np.unique(strata):
            of_mode = strata[rows] == mode
            turn[of_mode] = np.arange(of_mode.sum())
        rows = rows[turn.argsort(kind="stable")]
    return array[rows[:n]]


def cut_real(real: RealSide, n: int, *stream: str | int) -> RealSide:
    """Return ``real`` with ``n`` held-out samples at most, picked by the stream."""
    size = len(real.test())
    if n >= size:
        return real
    rows = subset(np.arange(size), n, *stream, strata=real.strata)
    labels = None if real.labels is None else real.labels[rows]
    strata = None if real.strata is None else real.strata[rows]
    return replace(real, test=lambda: real.test().rows(rows), labels=labels, strata=strata)


def on_device(extracted: Extracted) -> Extracted:
    """Return features in a GPU's memory, where there is one: metrics calculate where they lie."""
    import torch

    if not torch.cuda.is_available():
        return extracted
    features: Any = torch.from_numpy(extracted.features).cuda()
    return replace(extracted, features=features)


def of_samples(samples: Any, extracted: Extracted) -> GeneratedSide:
    """Return the generated side of samples that have been extracted."""
    return GeneratedSide(extracted=lambda: extracted, samples=lambda: samples)


def first_rows(generated: GeneratedSide, n: int) -> GeneratedSide:
    """Return the generated side of the first ``n`` samples."""
    samples, extracted = generated.samples, generated.extracted
    assert samples is not None and extracted is not None
    return GeneratedSide(
        extracted=lambda: extracted().rows(slice(n)), samples=lambda: samples()[:n]
    )


def picked_rows(generated: Extracted, n: int, *stream: str | int) -> Extracted:
    """Return ``n`` rows of the generated side at most, picked by the stream."""
    if n >= len(generated):
        return generated
    return generated.rows(subset(np.arange(len(generated)), n, *stream))


def extract(
    extractor: Extractor, samples: Any, tick: Callable[[int], None] = lambda done: None
) -> Extracted:
    """Return the features of ``samples [N, *shape]``, taken in batches.

    Args:
        samples: an array, or anything that has a length and gives arrays when it is sliced.
        tick: is called with the number of samples done.

    Raises:
        UsageError: there are no samples.
    """
    features: np.ndarray | None = None
    probs: np.ndarray | None = None
    n = len(samples)
    if n == 0:
        raise UsageError("there are no samples")
    if n <= extractor.batch:
        with products():
            whole = extractor.function(np.asarray(samples[:n]))
        tick(n)
        return whole
    for start in range(0, n, extractor.batch):
        rows = slice(start, min(start + extractor.batch, n))
        with products():
            batch = extractor.function(np.asarray(samples[rows]))
        if features is None:
            features = np.empty((n, *batch.features.shape[1:]), batch.features.dtype)
            if batch.probs is not None:
                probs = np.empty((n, batch.probs.shape[1]), batch.probs.dtype)
        features[rows] = batch.features
        if probs is not None:
            probs[rows] = batch.probs
        tick(rows.stop)
    assert features is not None
    return Extracted(features, probs)
