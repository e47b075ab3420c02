"""From words to metrics, and from names to feature extractors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data, Dataset, Extractor, Metric
from ganbench.core.kinds.features import WEIGHTS
from ganbench.core.kinds.needs import KNOWN

MIN_CHECKPOINTS = 5  # from which a curve can be judged


def choose_metrics(
    asked: str | Sequence[str],
    words: Mapping[str, Sequence[Metric]],
    lacking: Mapping[str, str],
    features: str,
) -> list[tuple[Metric, set[str]]]:
    """Return the metrics to measure, each with the quantities of it that were asked for.

    Args:
        asked: quantities, metrics, groups of them and ``words``; comma-separated or a list.
        words: further names for several metrics, such as ``all`` or ``default``.
        lacking: ``{input: reason}`` of what measurements here cannot read (``Needs.missing``).
        features: of the samples; they may have names of their own for quantities.

    Raises:
        UsageError: an unknown name, or one that cannot be measured here.
    """
    metrics, own = registry.metrics.items(), quantity_names(features)
    groups: dict[str, list[Metric]] = {}
    by_quantity: dict[str, list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(metric.group, []).append(metric)
        for quantity in metric.quantities:  # two metrics may yield one, on mixtures and on classes
            by_quantity.setdefault(own.get(quantity.key, quantity.key), []).append(metric)
    several, by_name = {**groups, **words}, {metric.name: [metric] for metric in metrics}
    names = asked.split(",") if isinstance(asked, str) else list(asked)
    chosen: dict[str, set[str]] = {}
    for name in filter(None, (n.strip() for n in names)):
        name = name if name in several else own.get(name, name)  # fd is that of the features
        candidates = several.get(name) or by_quantity.get(name) or by_name.get(name)
        if not candidates:
            raise _unknown_metric(name, [*by_quantity, *several])
        fit = [metric for metric in candidates if not metric.needs.missing(lacking)]
        if not fit:
            reasons = dict.fromkeys(metric.needs.missing(lacking) for metric in candidates)
            raise UsageError(f"{name} cannot be measured: {', and '.join(reasons)}")
        for metric in fit:
            keys = {own.get(q.key, q.key) for q in metric.quantities}
            chosen.setdefault(metric.name, set()).update({name} if name in keys else keys)
    if not chosen:
        raise UsageError(f"no metrics: name some, a group, or say {' or '.join(words)}")
    for name in chosen:
        reads = registry.metrics.get(name).reads
        curve = own.get(reads, reads)
        if curve and not any(metric.name in chosen for metric in by_quantity[curve]):
            raise UsageError(f"{name} reads {curve}: name it too")
    return [(registry.metrics.get(name), quantities) for name, quantities in chosen.items()]


def _unknown_metric(name: str, known: list[str]) -> UsageError:
    for features in registry.features.items():
        if name in features.names.values():
            return UsageError(
                f"{name} is defined on other features: use --features {features.name}"
            )
    return registry.unknown_name("metric", name, known)


def lacking_in_run(
    dataset: Dataset, data: Data, extractor: Extractor, checkpoints: int
) -> dict[str, str]:
    """Return the inputs that a run on the data set lacks: ``{input: reason}``."""
    lacking = {}
    if data.mixture is None:
        lacking["mixture"] = f"the modes of {dataset.name} are not known exactly"
    if dataset.classes is None:
        lacking["probs"] = f"{dataset.name} has no classes"
    elif extractor.key != dataset.classifier:
        lacking["probs"] = f"it needs --features {dataset.classifier}"
    if checkpoints < MIN_CHECKPOINTS:
        lacking["curve"] = f"it reads {MIN_CHECKPOINTS} checkpoints, and there are {checkpoints}"
    for name in known_things():
        if name not in data.known:
            lacking[KNOWN + name] = f"{dataset.name} has no known {name}"
    return lacking


def known_things() -> list[str]:
    """Return the names of what metrics read of ``Data.known``."""
    return sorted({metric.needs.known for metric in registry.metrics.items()} - {""})


def lacking_in_score(probs: bool, train: bool) -> dict[str, str]:
    """Return the inputs that samples without a run lack: ``{input: reason}``.

    Args:
        probs: the features come with class probabilities.
        train: the training samples are there.
    """
    lacking = {
        "mixture": "it reads the exact modes of a mixture: a run measures it on such a data set",
        "pair": "it reads a trained pair: a run measures it",
        "curve": "it reads the checkpoints of a training: a run measures it",
    }
    for name in known_things():
        lacking[KNOWN + name] = f"it reads a known {name}: a run measures it on such a data set"
    if not probs:
        lacking["probs"] = "it needs class probabilities: use --features classifier:NAME"
    if not train:
        lacking["train"] = "it needs the training samples: give --train PATH"
    return lacking


def quantity_names(features: str) -> Mapping[str, str]:
    """Return the names of quantities on the features (``name`` or ``name:argument``)."""
    return registry.features.get(whole_name(features).partition(":")[0]).names


def whole_name(features: str) -> str:
    """Return ``name`` or ``name:argument`` of features; ``FILE.py:function`` is short for one."""
    own_file = features.rpartition(":")[0].endswith(".py") and not features.startswith("python:")
    return f"python:{features}" if own_file else features


def primary_quantity(dataset: Dataset, features: str, metrics: Sequence[Metric]) -> str:
    """Return the quantity by which variants are ranked first, among those of ``metrics``.

    It is the data set's own, or the first quantity where that is not measured.

    Raises:
        UsageError: no metric yields the data set's own.
    """
    known = {q.key for metric in registry.metrics.items() for q in metric.quantities}
    if dataset.primary not in known:
        raise registry.unknown_name(f"primary quantity of {dataset.name}", dataset.primary, known)
    own = quantity_names(features)
    keys = [q.key for metric in metrics for q in metric.quantities]
    key = dataset.primary if dataset.primary in keys else keys[0]
    return own.get(key, key)


def load_extractor(spec: str) -> Extractor:
    """Return the extractor ``name`` or ``name:argument``.

    Raises:
        UsageError: unknown, or it cannot be loaded.
    """
    name, _, argument = whole_name(spec).partition(":")
    kind = registry.features.get(name)
    if os.environ.get(WEIGHTS) and not kind.takes_weights:
        others = ", ".join(own.name for own in registry.features.items() if own.takes_weights)
        raise UsageError(f"--weights (or {WEIGHTS}) is for features {others}, not for {name}")
    return kind.load(argument)
