"""Scoring samples made elsewhere: ``ganbench.score`` and ``ganbench score``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, GeneratedSide, Metric, RealSide
from ganbench.data._files import samples
from ganbench.evaluation.choose import (
    choose_metrics,
    lacking_in_score,
    load_extractor,
    quantity_names,
)
from ganbench.evaluation.floors import columns, floor_draws, mean_and_sd, split
from ganbench.evaluation.measure import (
    cut_real,
    extract,
    of_samples,
    picked_rows,
    prepare,
    sizes,
    subset,
    value,
)

Tick = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True)
class Scores:
    """The values of one comparison, and its protocol.

    Attributes:
        metrics: ``{quantity: value}``.
        floors: the same of real samples in place of the fakes: as many of them, against the other
            real samples; the mean of several draws.
        floor_sds: the standard deviation of one draw, where there are several.
        sizes: ``{metric: (real, fake) samples}``; some metrics read a seeded subset.
        floor_sizes: the same of the floors. Where ``real`` is too small for both sides, the
            reference has fewer samples than that of the value, or each side half of ``real``;
            ``notes`` says so.
        floor_draws: ``{metric: draws}`` of the floors.
        protocol: all that must be equal for two comparisons to be comparable.
    """

    metrics: dict[str, float]
    floors: dict[str, float]
    floor_sds: dict[str, float]
    sizes: dict[str, tuple[int, int]]
    floor_sizes: dict[str, tuple[int, int]]
    floor_draws: dict[str, int]
    protocol: dict[str, Any]

    @property
    def notes(self) -> list[str]:
        """Say which floors have other counts than their values."""
        by_counts: dict[str, list[str]] = {}
        for name, size in self.sizes.items():
            real, fake = self.floor_sizes[name]
            if (real, fake) != size:
                counts = (
                    f"{real} real samples and {fake} as fakes, values on {size[0]} and {size[1]}"
                )
                by_counts.setdefault(counts, []).append(name)
        return [f"floors of {', '.join(names)}: {counts}" for counts, names in by_counts.items()]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ganbench score --json`` prints."""
        known = {**vars(self), "notes": self.notes}
        return known | {"protocol_id": digest(self.protocol)[:12]}


def choose_for_samples(
    asked: str | Sequence[str], features: str, probs: bool, train: bool
) -> list[tuple[Metric, set[str]]]:
    """Return the metrics to compute on samples, each with the quantities that are wanted.

    Args:
        asked: quantities, groups, or "all"; a comma-separated string or a list.
        features: as the user wrote them.
        probs: whether they come with class probabilities.
        train: whether the training samples are there.

    Raises:
        UsageError: an unknown name, or one that needs what is not there.
    """
    lacking = lacking_in_score(probs, train)
    return choose_metrics(asked, {"all": registry.metrics.items()}, lacking, features)


def _measure(
    metric: Metric, real: RealSide, fake: Extracted, seed: int
) -> tuple[dict[str, float], tuple[int, int]]:
    """Return the quantities of one metric, and how many samples of each side it read."""
    available = len(real.test()) if metric.needs.real_features else 0
    n_real, n_fake = sizes(metric, available, len(fake))
    if metric.needs.real_features:
        real = cut_real(real, n_real, "score real", seed)
    picked = picked_rows(fake, n_fake, "score fake", seed)
    values = value(metric, prepare(metric, real), GeneratedSide(extracted=lambda: picked))
    return values, (n_real, n_fake)


def _real_side(test: Extracted, train: Extracted | None) -> RealSide:
    """Return the real side; where the features classify, their labels are taken for true ones."""
    return RealSide(
        test=lambda: test,
        train=None if train is None else lambda: train,
        labels=None if test.probs is None else test.labels,
        classes=None if test.probs is None else test.probs.shape[1],
    )


def _extracted(
    extractor: Extractor, side: Any, name: str, subsample: int | None, seed: int, tick: Tick
) -> Extracted:
    array = samples(side, name)
    if subsample is not None:
        if subsample < 1:
            raise UsageError(f"subsample is {subsample}: at least 1 needed")
        array = subset(array, subsample, "subsample", name, seed)
    what = f"features of the {name} samples"
    extracted = extract(extractor, array, lambda done: tick(what, done, len(array)))
    pieces = np.array_split(extracted.features, len(extracted) // 1000 + 1)
    bad = sum(int((~np.isfinite(piece)).sum()) for piece in pieces)
    if bad:
        raise UsageError(f"{name} holds {bad} values that are NaN or infinite")
    return extracted


def _check_widths(sides: dict[str, Extracted]) -> None:
    """Raise ``UsageError`` unless all sides have as many features as the real one."""
    width = sides["real"].features.shape[1]
    for name, side in sides.items():
        if side.features.shape[1] != width:
            raise UsageError(
                f"real has {width} features and {name} {side.features.shape[1]}: not comparable"
            )


def _floor(
    metric: Metric, draws: int, real: RealSide, size: tuple[int, int], seed: int
) -> tuple[dict[str, np.ndarray], tuple[int, int]]:
    """Return draws of the floor at the counts ``size`` of the value, and their own counts."""
    whole = real.test()
    drawn = []
    for draw in range(draws):
        reference, fakes = (
            whole.rows(rows) for rows in split(len(whole), *size, "score floor", seed, draw)
        )
        prepared = prepare(metric, _real_side(reference, real.train and real.train()))
        drawn.append(value(metric, prepared, of_samples(None, fakes)))
    return columns(drawn), (len(reference), len(fakes))


def _protocol(
    extractor: Extractor,
    preprocessing: str,
    read: dict[str, tuple[int, int]],
    train: Extracted | None,
    seed: int,
    chosen: list[tuple[Metric, set[str]]],
) -> dict[str, Any]:
    return {
        "features": extractor.key,
        "features_sha256": extractor.sha256,
        "preprocessing": preprocessing,
        "sizes": {name: list(size) for name, size in read.items()},
        "train_size": 0 if train is None else len(train),
        "seed": seed,
        "metrics": {m.name: {"version": m.version, "params": dict(m.params)} for m, _ in chosen},
    }


def score_samples(
    real: Any,
    fake: Any,
    features: str = "none",
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
    train: Any = None,
    preprocessing: str = "",
    tick: Tick = lambda what, done, total: None,
) -> Scores:
    """Measure ``fake`` against ``real`` and return values, floors, sizes and protocol.

    Args:
        real, fake: vectors ``[N, D]``, or uint8 images ``[N, C, H, W]``.
        features: none, pixels, classifier:mnist or inception.
        metrics: quantities, groups or "all".
        subsample: use seeded subsets of this many samples of the real and of the fake side.
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
    chosen = choose_for_samples(metrics, features, probs, train is not None)  # before long work
    take = partial(_extracted, extractor, seed=seed, tick=tick)
    sides = {
        "real": take(side=real, name="real", subsample=subsample),
        "fake": take(side=fake, name="fake", subsample=subsample),
    }
    if train is not None:
        sides["train"] = take(side=train, name="train", subsample=None)
    _check_widths(sides)
    copied = sides.get("train")
    real_side = _real_side(sides["real"], copied)
    own = quantity_names(features)
    scores = Scores({}, {}, {}, {}, {}, {}, {})
    for i, (metric, wanted) in enumerate(chosen):
        tick(metric.name, i, len(chosen))
        draws = floor_draws(metric, extractor)
        measured, size = _measure(metric, real_side, sides["fake"], seed)
        drawn, floor_size = _floor(metric, draws, real_side, size, seed)
        scores.sizes[metric.name], scores.floor_sizes[metric.name] = size, floor_size
        scores.floor_draws[metric.name] = draws
        of_metric = (measured, *mean_and_sd(drawn))
        for kept, found in zip((scores.metrics, scores.floors, scores.floor_sds), of_metric,
                               strict=True):  # fmt: skip
            kept |= {own.get(k, k): v for k, v in found.items() if own.get(k, k) in wanted}
    scores.protocol.update(_protocol(extractor, preprocessing, scores.sizes, copied, seed, chosen))
    return scores


def score(
    real: Any,
    fake: Any,
    features: str = "none",
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
    train: Any = None,
) -> dict[str, float]:
    """Return ``{quantity: value}`` of ``fake`` against ``real``; see ``score_samples``."""
    return score_samples(real, fake, features, metrics, subsample, seed, train).metrics
