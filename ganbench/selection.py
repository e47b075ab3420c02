"""What the user's lists of names stand for: variants and metrics."""

from __future__ import annotations

from ganbench import registry
from ganbench.errors import UsageError, unknown
from ganbench.spec import Data, Dataset, Extractor, Variant

CURVE_LEAST = 5  # checkpoints from which a curve can be judged


def choose_metrics(
    wanted: str, dataset: Dataset, data: Data, extractor: Extractor, checkpoints: int
) -> tuple[str, ...]:
    """Return the names of the metrics to measure.

    Args:
        wanted: quantities, groups, and ``default`` for the data set's own, separated by commas.

    Raises:
        UsageError: an unknown name, or a quantity that cannot be measured here.
    """
    from ganbench.evaluate import usable

    metrics = registry.items("metric")
    groups = {m.group for m in metrics}
    keys = {q.key: m for m in metrics for q in m.quantities}
    chosen: dict[str, str] = {}
    for name in filter(None, (n.strip() for n in wanted.split(","))):
        whole = name == "default" or name in groups
        found = [registry.get("metric", n) for n in dataset.metrics] if name == "default" else [
            m for m in metrics if m.group == name or name in [q.key for q in m.quantities]
        ]  # fmt: skip
        if not found:
            raise unknown("metric", name, [*keys, *groups, "default"])
        reasons = []
        for metric in found:  # two metrics may yield a quantity, on mixtures and on classes
            reason = usable(dataset, data, extractor, metric)
            if metric.needs == "curve" and checkpoints < CURVE_LEAST:
                reason = f"it reads {CURVE_LEAST} checkpoints, and there are {checkpoints}"
            if not reason:
                chosen[metric.name] = metric.reads if metric.needs == "curve" else ""
            else:
                reasons.append(reason)
        if not whole and len(reasons) == len(found):
            raise UsageError(f"{name} cannot be measured: {', and '.join(reasons)}")
    for metric_name, reads in chosen.items():
        if reads and keys[reads].name not in chosen:
            raise UsageError(f"{metric_name} reads {reads}: name it too")
    if not chosen:
        raise UsageError("no metrics: name some, a group, or say default")
    return tuple(chosen)


def groups() -> dict[str, list[Variant]]:
    """Return the named groups of variants: ``core`` and the families."""
    known: list[Variant] = registry.items("variant")
    found = {"core": [v for v in known if v.core]}
    for name in sorted({v.family for v in known}):
        found[name] = [v for v in known if v.family == name]
    return found


def choose_variants(names: tuple[str, ...]) -> list[Variant]:
    """Return the variants of a list, each once.

    Args:
        names: variants, ``base+modifier+...`` compositions, groups, or ``all``; lists of them may
            be separated by commas.

    Raises:
        UsageError: empty, or an unknown name (with the nearest).
    """
    wanted = [n for name in names for n in name.split(",") if n]
    if not wanted:
        raise UsageError("no variants: name some, or say all")
    named = {"all": registry.items("variant"), **groups()}
    chosen: dict[str, Variant] = {}
    for name in wanted:
        for variant in named.get(name) or [registry.get("variant", name)]:
            chosen.setdefault(variant.name, variant)
    return list(chosen.values())
