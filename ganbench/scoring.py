"""Scoring samples made elsewhere: ``ganbench.score`` and ``ganbench score``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganbench import registry
from ganbench.cache import digest
from ganbench.errors import UsageError, unknown
from ganbench.evaluate import load_extractor, side, subset
from ganbench.inputs import samples
from ganbench.metrics import _inputs
from ganbench.spec import Extracted, Metric


@dataclass(frozen=True)
class Report:
    """What was measured, and under which protocol.

    Attributes:
        metrics: ``{quantity: value}``.
        floors: the same between two disjoint halves of the real samples.
        sizes: ``{metric: (real, fake) samples}``; some metrics read a seeded subset.
        protocol: all that must be equal for two reports to be comparable.
    """

    metrics: dict[str, float]
    floors: dict[str, float]
    sizes: dict[str, tuple[int, int]]
    protocol: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return what ``ganbench score --json`` prints."""
        return {**vars(self), "protocol_id": digest(self.protocol)[:12]}


def groups() -> dict[str, list[Metric]]:
    """Return the metrics of each group, those that need a known mixture left out."""
    found: dict[str, list[Metric]] = {}
    for metric in registry.items("metric"):
        if metric.needs != "mixture":
            found.setdefault(metric.group, []).append(metric)
    return found


def choose(wanted: str | Sequence[str], probs: bool) -> list[tuple[Metric, set[str]]]:
    """Return the metrics to compute, and which of their quantities are wanted.

    Args:
        wanted: quantities, groups, or "all"; a comma-separated string or a list.
        probs: whether the features come with class probabilities.

    Raises:
        UsageError: an unknown name, or one that these features cannot give.
    """
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    available = [m for group in groups().values() for m in group]
    keys = {q.key: m for m in available for q in m.quantities}
    chosen: dict[str, set[str]] = {}
    for name in filter(None, (n.strip() for n in names)):
        if name == "all" or name in groups():
            metrics = available if name == "all" else groups()[name]
            for metric in metrics:
                if probs or metric.needs == "features":
                    chosen.setdefault(metric.name, set()).update(q.key for q in metric.quantities)
        elif name not in keys:
            raise unknown("metric", name, [*keys, *groups(), "all"])
        elif keys[name].needs != "features" and not probs:
            raise UsageError(f"{name} needs class probabilities: use --features classifier:NAME")
        else:
            chosen.setdefault(keys[name].name, set()).add(name)
    if not chosen:
        raise UsageError("no metrics: name some, a group, or say all")
    return [(registry.get("metric", name), wanted) for name, wanted in chosen.items()]


def _measure(
    metric: Metric, real: Extracted, fake: Extracted, seed: int
) -> tuple[dict[str, float], tuple[int, int]]:
    """Return the quantities of one metric, and how many samples of each side it read."""
    most = metric.max_samples or max(len(real.features), len(fake.features))
    ours = subset(side(metric, fake), most, "score fake", seed)
    if metric.needs == "features":
        reference: Any = subset(real.features, most, "score real", seed)
        size = len(reference)
    else:
        reference = None if real.probs is None else real.probs.shape[1]
        size = 0
    prepared = metric.prepare(reference, **metric.params)
    return metric.compute(prepared, ours, **metric.params), (size, len(ours))


def _rows(found: Extracted, rows: slice | np.ndarray) -> Extracted:
    return Extracted(found.features[rows], None if found.probs is None else found.probs[rows])


def report(
    real: Any,
    fake: Any,
    features: str = "none",
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
    preprocessing: str = "",
    tick: Callable[[str], None] = lambda name: None,
) -> Report:
    """Measure ``fake`` against ``real`` and return everything about it.

    Args:
        real, fake: vectors ``[N, D]``, or uint8 images ``[N, C, H, W]`` (see ``inputs.samples``).
        features: none, pixels or classifier:mnist.
        metrics: quantities, groups or "all".
        subsample: seeded subsets of so many samples of each side are used.
        seed: of every subset.
        preprocessing: what was done to the samples before, a part of the protocol.
        tick: is called with each metric's name before it is computed.

    Raises:
        UsageError: unknown names, or samples that do not go with the features.
        ValueError: samples that a metric cannot be computed on; the message says why.
    """
    extractor = load_extractor(features)
    sides = []
    for name, given in (("real", real), ("fake", fake)):
        array = samples(given, name)
        if subsample is not None:
            if subsample < 1:
                raise UsageError(f"subsample is {subsample}: at least 1 needed")
            array = subset(array, subsample, "subsample", name, seed)
        tick(f"features of the {name} samples")
        sides.append(extractor.function(array))
    ours, theirs = sides
    for name, found in (("real", ours), ("fake", theirs)):
        _inputs.samples(found.features, name)
    if ours.features.shape[1] != theirs.features.shape[1]:
        raise UsageError(
            f"real has {ours.features.shape[1]} features and fake {theirs.features.shape[1]}: "
            "not comparable"
        )
    order = np.random.default_rng(seed).permutation(len(ours.features))
    half = len(order) // 2
    halves = [_rows(ours, np.sort(part)) for part in (order[:half], order[half : 2 * half])]
    values: dict[str, float] = {}
    floors: dict[str, float] = {}
    sizes: dict[str, tuple[int, int]] = {}
    chosen = choose(metrics, probs=ours.probs is not None)
    for metric, wanted in chosen:
        tick(metric.name)
        value, sizes[metric.name] = _measure(metric, ours, theirs, seed)
        floor, _ = _measure(metric, halves[0], halves[1], seed)
        values |= {key: value[key] for key in value if key in wanted}
        floors |= {key: floor[key] for key in floor if key in wanted}
    protocol = {
        "features": extractor.key,
        "features_sha256": extractor.sha256,
        "preprocessing": preprocessing,
        "sizes": {name: list(size) for name, size in sizes.items()},
        "seed": seed,
        "metrics": {m.name: {"version": m.version, "params": dict(m.params)} for m, _ in chosen},
    }
    return Report(values, floors, sizes, protocol)


def score(
    real: Any,
    fake: Any,
    features: str = "none",
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Return ``{quantity: value}`` of ``fake`` against ``real``; see ``report``."""
    return report(real, fake, features, metrics, subsample, seed).metrics
