"""Records of older schema versions, in today's fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.plane import plane


def upgraded(raw: Any) -> Any:
    """Return a record's JSON of any schema version as one of version 3."""
    if isinstance(raw, dict) and raw.get("schema_version") == 1:
        raw = _from_version_1(raw)
    if isinstance(raw, dict) and raw.get("schema_version") == 2:
        raw = _from_version_2(raw)
    return raw


def _from_version_2(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a record of version 2, whose budgets were real images, as one of version 3."""
    training = dict(raw["training"])
    training |= {"budget_unit": "images_seen", "budget": training.pop("images_seen")}
    return raw | {"schema_version": 3, "training": training}


def _from_version_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a record of version 1 as one of version 2.

    What version 1 did not hold is looked up, and has a plain value where it is gone.
    """
    training = raw["training"]
    protocols = {name: dict(protocol) for name, protocol in raw["protocols"].items()}
    for name, protocol in protocols.items():
        known = _registered_quantities(name, training["features"])
        protocol["quantities"] = {
            key: {**_plain(described), **known.get(key, {}), **described}
            for key, described in protocol["quantities"].items()
        }
    keys = [key for protocol in protocols.values() for key in protocol["quantities"]]
    primary, modes = _registered_dataset(training["dataset"])
    primary = _names(training["features"]).get(primary, primary)
    fields = {k: v for k, v in raw.items() if k not in ("schema_version", "shares")}
    return fields | {
        "schema_version": 2,
        "protocols": protocols,
        "frequencies": raw.get("shares"),
        "primary": primary if primary in keys else keys[0],
        "modes": modes,
    }


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    return {"worst": 0.0 if described["higher_is_better"] else math.inf}


@cache
def _registered_quantities(metric: str, features: str) -> dict[str, dict[str, Any]]:
    registered, names = registry.metrics.find(metric), _names(features)
    return {
        names.get(q.key, q.key): {
            "closest_to_floor": q.closest_to_floor, "worst": q.worst, "label": q.label,
            "headline": q.headline, "role": q.role,
        }
        for q in (registered.quantities if registered else ())
    }  # fmt: skip


def _names(features: str) -> Mapping[str, str]:
    kind = registry.features.find(features.partition(":")[0])
    return kind.names if kind else {}


@cache
def _registered_dataset(name: str) -> tuple[str, list[tuple[float, float]] | None]:
    try:
        dataset = registry.datasets.find(name)
        if dataset is None:
            return "", None
        points = dataset.shape is not None and len(dataset.shape) == 1
        mixture = dataset.load(None).mixture if points else None
    except UsageError:  # its argument or its files are gone
        return "", None
    return dataset.primary, None if mixture is None else plane(mixture.centers)
