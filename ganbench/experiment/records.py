"""What a run directory holds of each training, as strict models that JSON can hold.

A record stands alone: reports read records and nothing else, so that a record can be read without
the plugin that made it, and long after an option or a metric is gone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.errors import UsageError
from ganbench.core.kinds.metric import Role, Target


def file_name(name: str) -> str:
    """Return a data set's name as part of a file's: without the colon of ``pattern:argument``."""
    return name.replace(":", "-")


def jsonable(values: np.ndarray) -> list[float | None]:
    """Return floats for JSON, with None for those that are not finite."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in values.tolist()]


class Strict(BaseModel):
    """A model that refuses unknown fields and cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class Training(Strict):
    """All that decides the result of a training, but its seed."""

    variant: str
    dataset: str
    dataset_sha256: str
    arch: str
    arch_options: dict[str, Any]
    images_seen: int
    steps: int
    batch: int
    checkpoints: int
    game: str
    dtype: str
    ema: float | None
    base_seed: int
    suite: str
    features: str
    metrics: tuple[str, ...]
    n_real: int
    n_fake: int
    hyper: dict[str, float] = {}
    data_dir: str | None = None

    def run_id(self, seed: int) -> str:
        """Return the name of the record of one seed."""
        unset = set() if self.hyper else {"hyper"}
        identity = digest(self.model_dump(exclude={"data_dir", *unset}))[:8]
        return f"{self.variant}-{file_name(self.dataset)}-{self.arch}-{identity}-s{seed}"

    def without_paths(self) -> Training:
        """Return the training as its record holds it: without a path of this machine."""
        return self.model_copy(update={"data_dir": None})


class Unit(Strict):
    """What is scheduled, retried and resumed: one population.

    Attributes:
        arch: the architecture with the options that differ from its defaults.
    """

    training: Training
    arch: str
    seeds: tuple[int, ...]
    device: str
    backend: str

    @property
    def unit_id(self) -> str:
        """The name of its checkpoint."""
        return digest(self.model_dump())[:16]

    @property
    def label(self) -> str:
        """A few words for a progress line."""
        seeds = self.seeds
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
        return f"{self.training.variant} · {which}"


class Measurement(Strict):
    """One evaluation of one seed; ``unmeasured`` says why a metric has no value."""

    checkpoint: int
    images_seen: int
    g_steps: int
    d_steps: int
    train_s: float
    eval_s: float
    values: dict[str, float]
    unmeasured: dict[str, str] = {}


class QuantityInfo(Strict):
    """One quantity as reports need it; see ``core.kinds.Quantity``.

    Attributes:
        worst: the value of a training that has none.
        target: where the best value lies; ``core.kinds.metric.shortfall`` ranks by it.
    """

    unit: str
    higher_is_better: bool
    worst: float
    closest_to_floor: bool = False
    label: str = ""
    headline: bool = True
    role: Role = ""

    @property
    def target(self) -> Target:
        """As ``core.kinds.Quantity.target``."""
        if self.closest_to_floor:
            return "floor"
        return "higher" if self.higher_is_better else "lower"


class Protocol(Strict):
    """One metric's protocol: its id and all that was hashed, and its quantities."""

    protocol_id: str
    fields: dict[str, Any]
    quantities: dict[str, QuantityInfo]


class Record(Strict):
    """Everything about one trained seed.

    Attributes:
        arch: the architecture with the options that differ from its defaults.
        primary: the quantity by which variants are ranked first.
        floor_sds: the standard deviation of one draw of each floor.
        frequencies: of each class or nearest mode among the last samples (0-1).
        modes: the centres of the known modes in the plane (their first two coordinates).
        history: training curves, thinned.
    """

    schema_version: Literal[2] = 2
    run_id: str
    training: Training
    arch: str
    seed: int
    status: Literal["ok", "diverged", "failed", "timeout"]
    error: str = ""
    diverged_at: int | None = None
    measurements: tuple[Measurement, ...]
    floors: dict[str, float]
    floor_sds: dict[str, float] = {}
    protocols: dict[str, Protocol]
    primary: str
    frequencies: list[float] | None = None
    modes: list[tuple[float, float]] | None = None
    history: dict[str, list[float | None]]
    hyper: dict[str, float]
    params_g: int
    params_d: int
    lanes: int
    peak_mem_bytes: int
    device: str
    hardware: str
    threads: int
    engine: str
    backend: str
    torch_version: str
    ganbench_version: str
    git_sha: str
    git_dirty: bool | None
    started_at: str

    @property
    def quantities(self) -> dict[str, QuantityInfo]:
        """Every quantity that was to be measured, in the order of the metrics."""
        return {
            k: q for protocol in self.protocols.values() for k, q in protocol.quantities.items()
        }


def read_record(path: Path) -> Record:
    """Return the record in ``path``, also one of an older schema version.

    Raises:
        UsageError: the file is not a record.
    """
    try:
        raw = json.loads(path.read_bytes())
        if isinstance(raw, dict) and raw.get("schema_version") == 1:
            raw = _from_version_1(raw)
        return Record.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
    raise UsageError(
        f"{path} is not a record of this version ({reason}); "
        "move it away, and its seed is trained again"
    )


def plane(points: np.ndarray) -> list[tuple[float, float]]:
    """Return the first two coordinates of ``points [N, D]``; the second is 0 where D is 1."""
    padded = np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1]))))
    return [(float(x), float(y)) for x, y in padded]


def _from_version_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a record of schema version 1 in today's fields.

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
