"""What a run directory holds of each training, as strict models that JSON can hold.

A record stands alone: reports read records and nothing else, so that a record can be read without
the plugin that made it, and long after an option or a metric is gone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, model_serializer

from ganbench.core.cache import digest
from ganbench.core.kinds.metric import Role, Target

BudgetUnit = Literal["g_steps", "images_seen"]
CONTROL = "control:"
BUDGET = {"budget", "steps", "checkpoints"}  # the fields of a training that may grow


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
    """All that decides the result of a training, but its seed.

    Attributes:
        variant: its name; ``control:NAME`` of a control, which is sampled and not trained.
        arch_options: all of them, as the networks are built.
        budget_unit, budget: what is equal for all variants: generator updates or real images.
        steps: generator updates of this variant.
        networks: ``own`` if the method's own normalisation of D was taken where the arch has it;
            ``same`` if all variants were given the same networks.
        method: digest of all constants that the variant declares.
        recipe, recipe_sha256: where all variants' constants come from, ``paper`` or another's name.
        constants, hyper: hyper-parameters that the recipe sets for this variant, and the user.
        by_seed: those of a search, ``{seed: {hyper-parameter: value}}`` with the same names in
            all; empty where all seeds have the same.
        chunk: steps whose noise is drawn together: it decides every random number.
        validation: trained without the validation split and measured on it.
        reading: how the user's own pictures are read, where it is said: ``{"resize": "64x64"}``.
    """

    variant: str
    dataset: str
    dataset_sha256: str
    arch: str
    arch_options: dict[str, Any]
    budget_unit: BudgetUnit
    budget: int
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
    networks: Literal["own", "same"] = "own"
    method: str = ""
    recipe: str = "paper"
    recipe_sha256: str = ""
    constants: dict[str, float] = {}
    hyper: dict[str, float] = {}
    by_seed: dict[int, dict[str, float]] = {}
    chunk: int = 16
    validation: bool = False
    data_dir: str | None = None
    reading: dict[str, str] = {}

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: Any) -> dict[str, Any]:
        """Leave out of files and hashes what few trainings have, where there is none."""
        few = ("by_seed", "reading")
        return {key: value for key, value in dump(self).items() if value or key not in few}

    @property
    def control(self) -> str:
        """The name of the control, or the empty string for a variant."""
        return self.variant.removeprefix(CONTROL) if self.variant.startswith(CONTROL) else ""

    @property
    def hyper_id(self) -> str:
        """A short hash of what the user set; empty for nothing."""
        return digest(self.hyper)[:8] if self.hyper else ""

    @property
    def amount(self) -> tuple[str, int]:
        """The budget with its unit: tables are of trainings with the same."""
        return self.budget_unit, self.budget

    def run_id(self, seed: int) -> str:
        """Return the name of the record of one seed."""
        return self.run_ids([seed])[0]

    def run_ids(self, seeds: Sequence[int]) -> list[str]:
        """Return the names of the records of ``seeds``, in their order."""
        names = f"{file_name(self.variant)}-{file_name(self.dataset)}-{self.arch}"
        if self.by_seed:
            hashes = [_identity(self.of_seed(seed)) for seed in seeds]
        else:
            hashes = [_identity(self)] * len(seeds)
        return [f"{names}-{own}-s{seed}" for own, seed in zip(hashes, seeds, strict=True)]

    def of_seed(self, seed: int) -> Training:
        """Return what decides the result of one seed: a larger search has it too."""
        own = {seed: self.by_seed[seed]} if self.by_seed else {}
        return self.model_copy(update={"by_seed": own})

    def recorded(self, seed: int) -> Training:
        """Return the training as the record of a seed holds it: without a path of this machine."""
        return self.of_seed(seed).model_copy(update={"data_dir": None})


def _identity(training: Training) -> str:
    return digest(training.model_dump(exclude={"data_dir"}))[:8]


class Again(Strict):
    """What is measured of finished trainings.

    Attributes:
        check: the metrics are those of the records, whose values are compared with.
        draws: times that each model is measured, on other samples each time; 0: for tables.
        task: what its models do, in place of being measured.
    """

    features: str
    metrics: tuple[str, ...]
    n_real: int
    n_fake: int
    check: bool = False
    draws: int = 0
    task: str = ""


class Unit(Strict):
    """What is scheduled, retried and resumed: one population.

    Attributes:
        arch: the architecture with the options that differ from its defaults.
        keep: what is kept of the trained networks: none, generator, all, or auto.
        film: whether samples are kept on the way.
        again: of a training that is finished: it is measured, and not trained.
    """

    training: Training
    arch: str
    seeds: tuple[int, ...]
    device: str
    backend: str
    keep: Literal["auto", "none", "generator", "all"] = "auto"
    film: bool = False
    again: Again | None = None

    @property
    def unit_id(self) -> str:
        """The name of its checkpoint."""
        without = {"keep", "film"} | (set() if self.again else {"again"})
        return digest(self.model_dump(exclude=without))[:16]

    @property
    def label(self) -> str:
        """A few words for a progress line."""
        seeds = self.seeds
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
        return f"{self.training.variant} · {which}"


class Measurement(Strict):
    """One evaluation of one seed.

    Attributes:
        train_s, train_cpu_s: seconds of training so far, by the clock and of all cores together.
        load: the machine's load average of the last minute.
        flops: floating-point operations of training so far, of matrix products and convolutions.
        unmeasured: why a metric has no value.
    """

    checkpoint: int
    images_seen: int
    g_steps: int
    d_steps: int
    train_s: float
    eval_s: float
    train_cpu_s: float | None = None
    load: float | None = None
    flops: float | None = None
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
        error, traceback: why there is no result, and where in the code.
        floor_sds: the standard deviation of one draw of each floor.
        frequencies: of each class or nearest mode among the last samples (0-1).
        modes: the centres of the known modes in the plane (their first two coordinates).
        history: training curves, thinned.
        fell_back: why another backend than ``backend`` executed the step; mostly empty.
    """

    schema_version: Literal[3] = 3
    run_id: str
    training: Training
    arch: str
    seed: int
    status: Literal["ok", "diverged", "failed", "timeout"]
    error: str = ""
    traceback: str = ""
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
    fell_back: str = ""
    torch_version: str
    ganbench_version: str
    git_sha: str
    git_dirty: bool | None
    started_at: str

    @model_serializer(mode="wrap")
    def _without_nothing(self, dump: Any) -> dict[str, Any]:
        """Leave out of files and hashes what few records have, where there is none."""
        return {key: value for key, value in dump(self).items() if value or key != "traceback"}

    @property
    def quantities(self) -> dict[str, QuantityInfo]:
        """Every quantity that was to be measured, in the order of the metrics."""
        return {
            k: q for protocol in self.protocols.values() for k, q in protocol.quantities.items()
        }
