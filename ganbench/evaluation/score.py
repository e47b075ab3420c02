"""Scoring samples made elsewhere: ``ganbench.score`` and ``ganbench score``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted, Extractor, GeneratedSide, Metric, RealSide
from ganbench.core.limits import LARGEST_SEED, MOST_SAMPLES
from ganbench.core.ranges import whole
from ganbench.data._reading import Reading
from ganbench.evaluation import likely_mistakes
from ganbench.evaluation.choose import (
    choose_metrics,
    lacking_in_score,
    load_extractor,
    quantity_names,
)
from ganbench.evaluation.choose_features import AUTO, choose_features
from ganbench.evaluation.floors import columns, floor_draws, mean_and_sd, split
from ganbench.evaluation.given import Side, of_one_shape, sides_of
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
from ganbench.evaluation.score_options import features_of, metrics_of, reading_of, whole_number
from ganbench.evaluation.scores import Scores

LARGEST = 1e12  # of the numbers in features: their squares and cubes are summed
Tick = Callable[[str, int, int], None]  # what is done, how much of it, of how much


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
    extractor: Extractor, side: Side, subsample: int | None, seed: int, tick: Tick
) -> Extracted:
    """Return the features of a side, in a seeded order where they come with classes.

    Files are often in order of class, and metrics that split samples want each part to have all.
    The order is that of the content first, so that names of files change no value.
    """
    samples, name = side.samples, side.name
    if subsample is not None:
        samples = subset(samples, subsample, "subsample", name, seed)
    if len(samples) < 2:
        raise UsageError(f"{name} has {len(samples)} samples: at least 2 needed")
    what = f"features of the {name} samples"
    extracted = extract(extractor, samples, lambda done: tick(what, done, len(samples)))
    pieces = np.array_split(extracted.features, len(extracted) // 1000 + 1)
    bad = sum(int((~np.isfinite(piece)).sum()) for piece in pieces)
    if bad:
        raise UsageError(f"{name} holds {bad} values that are NaN or infinite")
    most = max(float(abs(piece).max()) for piece in pieces)
    if most > LARGEST:
        raise UsageError(
            f"{name} holds values up to {most:.0e}, and distances are computed up to "
            f"{LARGEST:.0e}: scale all samples alike"
        )
    if extracted.probs is None:
        return extracted
    rows = np.array(sorted(range(len(extracted)), key=_hashes(extracted).__getitem__))
    return extracted.rows(subset(rows, len(rows), "score order", name, seed))


def _hashes(extracted: Extracted) -> list[bytes]:
    return [hashlib.blake2b(row.tobytes()).digest() for row in extracted.features]


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
    scores: Scores,
    train: Extracted | None,
    seed: int,
    chosen: list[tuple[Metric, set[str]]],
) -> dict[str, Any]:
    return {
        "features": extractor.key,
        "features_sha256": extractor.sha256,
        "preprocessing": preprocessing,
        "sizes": {name: list(size) for name, size in scores.sizes.items()},
        "train_size": 0 if train is None else len(train),
        "seed": seed,
        "metrics": {
            m.name: {"version": m.version, "params": dict(m.params)}
            for m, _ in chosen
            if m.name in scores.sizes
        },
    }


def score_samples(
    real: Any,
    fake: Any,
    features: str = AUTO,
    metrics: str | Sequence[str] = "all",
    subsample: int | None = None,
    seed: int = 0,
    train: Any = None,
    n: int | None = None,
    reading: Reading = Reading(),  # noqa: B008 (frozen)
    tick: Tick = lambda what, done, total: None,
) -> Scores:
    """Measure ``fake`` against ``real`` and return values, floors, sizes and protocol.

    Args:
        real, fake: vectors ``[N, D]`` or images: arrays, tensors, paths, names of data sets (their
            held-out samples), or what generates samples; see ``evaluation.given.side_of``.
        features: none, pixels, classifier:mnist, inception ...; ``auto``: what suits ``real``.
        metrics: quantities, groups or "all".
        subsample: use seeded subsets of this many samples of the real and of the fake side.
        seed: of every subset.
        train: what the generator was trained on, for the metrics of memorisation; all of it is
            read. ``real`` must then be held out from it.
        n: how many samples a generator makes.
        reading: how pictures are read.
        tick: is called as the work goes on.

    Raises:
        UsageError: unknown names, or samples that do not go with each other or the features, or
            none of the metrics has a value.
    """
    seed = whole_number("seed", seed, whole(0, LARGEST_SEED))
    if subsample is not None:
        subsample = whole_number("subsample", subsample, whole(1, MOST_SAMPLES))
    given = {"real": real, "fake": fake} | ({} if train is None else {"train": train})
    sides, told = of_one_shape(sides_of(given, reading, n))
    spec, why = choose_features(sides["real"], features)
    extractor = load_extractor(spec)
    first = np.asarray(sides["real"].samples[:1])
    probs = len(first) > 0 and extractor.function(first).probs is not None
    chosen = choose_for_samples(metrics, spec, probs, train is not None)  # before long work
    take = partial(_extracted, extractor, seed=seed, tick=tick)
    found = {
        name: take(side=side, subsample=None if name == "train" else subsample)
        for name, side in sides.items()
    }
    _check_widths(found)
    scores = Scores(features=why)
    scores.warnings.extend([*(note for side in sides.values() for note in side.notes), *told])
    real_side = _real_side(found["real"], found.get("train"))
    for i, (metric, wanted) in enumerate(chosen):
        tick(metric.name, i, len(chosen))
        draws = floor_draws(metric, extractor)
        _add(scores, metric, wanted, draws, real_side, found["fake"], seed, quantity_names(spec))
    if not scores.metrics:
        reasons = dict.fromkeys(scores.unmeasured.values())
        raise UsageError("; ".join(reasons))
    done = dict.fromkeys(what for side in sides.values() for what in side.done)
    preprocessing = "; ".join(filter(None, (reading.resizing if sides["real"].pictures else "",
                                            *done)))  # fmt: skip
    scores.protocol.update(
        _protocol(extractor, preprocessing, scores, found.get("train"), seed, chosen)
    )
    scores.warnings.extend(_mistakes(scores, found, chosen))
    return scores


def _add(
    scores: Scores,
    metric: Metric,
    wanted: set[str],
    draws: int,
    real: RealSide,
    fake: Extracted,
    seed: int,
    own: Any,
) -> None:
    """Add the values of one metric and their floor, or why it has none, to ``scores``.

    Args:
        own: ``{quantity: its name on these features}``.
    """
    try:
        measured, size = _measure(metric, real, fake, seed)
    except (ValueError, RuntimeError) as error:
        scores.unmeasured[metric.name] = " ".join(str(error).split())
        return
    named = {own.get(k, k): v for k, v in measured.items() if own.get(k, k) in wanted}
    scores.metrics.update(named)
    scores.sizes[metric.name] = size
    scores.counts.update(dict.fromkeys(named, size))
    try:
        drawn, floor_size = _floor(metric, draws, real, size, seed)
    except (ValueError, RuntimeError) as error:
        scores.warnings.append(f"{metric.name} has no floor: {' '.join(str(error).split())}")
        return
    means, sds = mean_and_sd({own.get(k, k): v for k, v in drawn.items()})
    scores.floor_sizes[metric.name], scores.floor_draws[metric.name] = floor_size, draws
    scores.floors.update({k: v for k, v in means.items() if k in named})
    scores.floor_sds.update({k: v for k, v in sds.items() if k in named})
    scores.within_noise.update(likely_mistakes.within_noise(named, means, sds, draws))


def _mistakes(
    scores: Scores, found: dict[str, Extracted], chosen: list[tuple[Metric, set[str]]]
) -> list[str]:
    """Return what is probably wrong with the samples, in sentences."""
    said = likely_mistakes.other_scale(found["real"], found["fake"])
    for name in ("real", "fake"):
        said += likely_mistakes.constant_features(name, found[name])
    if any(metric.name in scores.sizes and metric.needs.real_features for metric, _ in chosen):
        said += likely_mistakes.repeated_samples("real", found["real"])
    quantities = [q for metric, _ in chosen for q in metric.quantities]
    measured = (scores.metrics, scores.floors, scores.floor_sds)
    return said + likely_mistakes.below_floor(quantities, *measured)


def score(
    real: Any,
    fake: Any,
    features: str | None = AUTO,
    metrics: str | Sequence[str] | None = "all",
    subsample: int | None = None,
    seed: int = 0,
    train: Any = None,
    n: int | None = None,
    **reading: Any,
) -> dict[str, float]:
    """Return ``{quantity: value}`` of ``fake`` against ``real``.

    Args:
        real, fake, train: arrays, tensors, frames, lists of them or of Pillow's pictures, data sets
            of torch; paths; what generates samples (``sample(n)`` or a callable); names of data
            sets: held-out samples (``train``: the training ones), and all of ``folder:``,
            ``array:`` and ``tabular:`` unless ``real`` and ``train`` are one.
        features: a name or ``FILE.py:function``; None or ``auto``: what suits ``real``.
        metrics: names, groups or "all" (None); ``fd`` is that of the features, such as ``fid``.
        subsample: use so many of the real and of the fake samples. seed: of every subset.
        n: how many samples a generator makes; refused where there is none.
        reading: ``resize``: ``(height, width)``, a number or ``"HxW"``; ``resizer``;
            ``background``: a name, ``"#rrggbb"`` or three numbers; ``value_range`` of float
            pictures: ``"0..1"`` or ``(-1, 1)``.

    Raises:
        UsageError: anything that cannot be used; one line.
    """
    return score_samples(
        real, fake, features_of(features, AUTO), metrics_of(metrics), subsample, seed, train, n,
        reading_of(**reading),
    ).metrics  # fmt: skip
