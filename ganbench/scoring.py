"""Scoring samples made elsewhere: ``ganbench.score`` and ``ganbench score``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganbench import registry
from ganbench.cache import digest
from ganbench.errors import UsageError, unknown
from ganbench.evaluate import called, load_extractor
from ganbench.inputs import samples
from ganbench.sides import Real, extract, generated_side, lacking, real_side, subset
from ganbench.spec import Extracted, Extractor, Metric
from ganbench.spec.measure import NEEDS_TRAINING

Tick = Callable[[str, int, int], None]  # what is done, how much of it, of how much


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
    """Return the metrics of each group that can be computed from samples alone."""
    found: dict[str, list[Metric]] = {}
    for metric in registry.items("metric"):
        if metric.needs != "mixture" and metric.needs not in NEEDS_TRAINING:
            found.setdefault(metric.group, []).append(metric)
    return found


def choose(
    wanted: str | Sequence[str], features: str, probs: bool, train: bool
) -> list[tuple[Metric, set[str]]]:
    """Return the metrics to compute, and which of their quantities are wanted.

    Args:
        wanted: quantities, groups, or "all"; a comma-separated string or a list.
        features: as the user wrote them; they may have names of their own for quantities.
        probs: whether they come with class probabilities.
        train: whether the training samples are there.

    Raises:
        UsageError: an unknown name, or one that needs what is not there.
    """
    names = wanted.split(",") if isinstance(wanted, str) else list(wanted)
    available = [m for group in groups().values() for m in group]
    own = called(features)
    keys = {own.get(q.key, q.key): m for m in available for q in m.quantities}
    chosen: dict[str, set[str]] = {}
    for name in filter(None, (n.strip() for n in names)):
        if name == "all" or name in groups():
            metrics = available if name == "all" else groups()[name]
            fit = [m for m in metrics if not lacking(m, probs, train)]
            if not fit:
                raise UsageError(f"{name} needs {lacking(metrics[0], probs, train)}")
            for metric in fit:
                chosen.setdefault(metric.name, set()).update(
                    own.get(q.key, q.key) for q in metric.quantities
                )
        elif name not in keys:
            raise _unknown(name, [*keys, *groups(), "all"])
        elif reason := lacking(keys[name], probs, train):
            raise UsageError(f"{name} needs {reason}")
        else:
            chosen.setdefault(keys[name].name, set()).add(name)
    if not chosen:
        raise UsageError("no metrics: name some, a group, or say all")
    return [(registry.get("metric", name), wanted) for name, wanted in chosen.items()]


def _unknown(name: str, known: list[str]) -> UsageError:
    for features in registry.items("features"):
        if name in features.names.values():
            return UsageError(
                f"{name} is defined on other features: use --features {features.name}"
            )
    return unknown("metric", name, known)


def _measure(
    metric: Metric, real: Real, fake: Extracted, names: Any, seed: int
) -> tuple[dict[str, float], tuple[int, int]]:
    """Return the quantities of one metric, and how many samples of each side it read."""
    reads_real = metric.needs not in ("classes", "probs")
    size = len(real.test().features) if reads_real else 0
    most = metric.max_samples or max(size, len(fake.features))
    ours = fake
    if most < len(fake.features):
        ours = fake.rows(subset(np.arange(len(fake.features)), most, "score fake", seed))
    prepared = metric.prepare(
        real_side(metric, real.cut(most, "score real", seed)), **metric.params
    )
    found = metric.compute(prepared, generated_side(metric, ours), **metric.params)
    values = {names.get(key, key): value for key, value in found.items()}
    return values, (min(size, most), len(ours.features))


def _side(test: Extracted, train: Extracted | None) -> Real:
    """Return the real side; where the features classify, their labels stand for the true ones."""
    return Real(
        test=lambda: test,
        train=None if train is None else lambda: train,
        labels=None if test.probs is None else test.labels,
        classes=None if test.probs is None else test.probs.shape[1],
    )


def _extracted(
    extractor: Extractor, given: Any, name: str, subsample: int | None, seed: int, tick: Tick
) -> Extracted:
    array = samples(given, name)
    if subsample is not None:
        if subsample < 1:
            raise UsageError(f"subsample is {subsample}: at least 1 needed")
        array = subset(array, subsample, "subsample", name, seed)
    what = f"features of the {name} samples"
    found = extract(extractor, array, lambda done: tick(what, done, len(array)))
    pieces = np.array_split(found.features, len(found.features) // 1000 + 1)
    bad = sum(int((~np.isfinite(piece)).sum()) for piece in pieces)
    if bad:
        raise UsageError(f"{name} holds {bad} values that are NaN or infinite")
    return found


def report(
    real: Any,
    fake: Any,
    features: str = "none",
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
    train: Any = None,
    preprocessing: str = "",
    tick: Tick = lambda what, done, total: None,
) -> Report:
    """Measure ``fake`` against ``real`` and return everything about it.

    Args:
        real, fake: vectors ``[N, D]``, or uint8 images ``[N, C, H, W]`` (see ``inputs.samples``).
        features: none, pixels, classifier:mnist or inception.
        metrics: quantities, groups or "all".
        subsample: seeded subsets of so many samples of the real and the fake side are used.
        seed: of every subset.
        train: what the generator was trained on, for the metrics of memorisation; all of it is
            read. ``real`` must then be held out from it.
        preprocessing: what was done to the samples before, a part of the protocol.
        tick: is called as the work goes on.

    Raises:
        UsageError: unknown names, or samples that do not go with the features.
        ValueError: samples that a metric cannot be computed on; the message says why.
    """
    extractor = load_extractor(features)
    first = np.asarray(samples(real, "real")[:1])
    probs = len(first) > 0 and extractor.function(first).probs is not None
    chosen = choose(metrics, features, probs, train is not None)  # before any long work
    sides = {
        name: _extracted(extractor, given, name, size, seed, tick)
        for name, given, size in (
            ("real", real, subsample), ("fake", fake, subsample), ("train", train, None)
        )
        if given is not None
    }  # fmt: skip
    ours, theirs, copied = sides["real"], sides["fake"], sides.get("train")
    for name, side in sides.items():
        if ours.features.shape[1] != side.features.shape[1]:
            raise UsageError(
                f"real has {ours.features.shape[1]} features and {name} "
                f"{side.features.shape[1]}: not comparable"
            )
    order = np.random.default_rng(seed).permutation(len(ours.features))
    half = len(order) // 2
    one, other = (ours.rows(np.sort(part)) for part in (order[:half], order[half : 2 * half]))
    values: dict[str, float] = {}
    floors: dict[str, float] = {}
    sizes: dict[str, tuple[int, int]] = {}
    names = called(features)
    for i, (metric, wanted) in enumerate(chosen):
        tick(metric.name, i, len(chosen))
        value, sizes[metric.name] = _measure(metric, _side(ours, copied), theirs, names, seed)
        floor, _ = _measure(metric, _side(one, copied), other, names, seed)
        values |= {key: value[key] for key in value if key in wanted}
        floors |= {key: floor[key] for key in floor if key in wanted}
    protocol = {
        "features": extractor.key,
        "features_sha256": extractor.sha256,
        "preprocessing": preprocessing,
        "sizes": {name: list(size) for name, size in sizes.items()},
        "train_size": 0 if copied is None else len(copied.features),
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
    train: Any = None,
) -> dict[str, float]:
    """Return ``{quantity: value}`` of ``fake`` against ``real``; see ``report``."""
    return report(real, fake, features, metrics, subsample, seed, train).metrics
