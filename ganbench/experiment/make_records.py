"""The record of one seed, from what was measured of it on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ganbench.core import registry
from ganbench.core.plane import plane
from ganbench.evaluation.evaluator import Evaluator
from ganbench.experiment import provenance
from ganbench.experiment.protocols import describe_protocols
from ganbench.experiment.records import Measurement, Record, Training, Unit, jsonable
from ganbench.experiment.resolve import evaluator_of, load_data

if TYPE_CHECKING:
    from ganbench.experiment.outcomes import Failure

HISTORY = 200  # points kept of each training curve


@dataclass
class Progress:
    """The measurements of a unit so far, beside the population's own state."""

    train_s: float = 0.0
    train_cpu_s: float = 0.0
    flops_per_step: float = 0.0
    fell_back: str = ""
    done: int = 0
    started_at: str = field(default_factory=provenance.now)
    measurements: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    frequencies: dict[int, list[float] | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it (whose keys are strings)."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> Progress:
        """Return the object that ``to_json`` was called on."""
        by_seed = {
            key: {int(seed): value for seed, value in saved[key].items()}
            for key in ("measurements", "frequencies")
        }
        return cls(**{**saved, **by_seed})


def thin(history: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Return curves of at most ``HISTORY`` points, means of consecutive steps."""
    length = len(next(iter(history.values())))
    edges = np.unique(np.linspace(0, length, min(HISTORY, length) + 1).astype(int))
    if length == 0:
        return {}
    counts = np.diff(edges)
    curves = {k: np.add.reduceat(v.astype(float), edges[:-1]) / counts for k, v in history.items()}
    return {"step": jsonable(edges[1:]), **{k: jsonable(v) for k, v in curves.items()}}


def make_record(
    unit: Unit,
    seed: int,
    evaluator: Evaluator,
    engine: str,
    lane: Any = None,
    progress: Progress | None = None,
    failure: Failure | None = None,
    ended: bool = False,
) -> Record:
    """Return the record of one seed, finished or failed: a failure is counted, never dropped.

    Args:
        lane: the seed's ``training.population.Lane``; None if there is none.
        failure: why its unit broke down.
        ended: a control, which has no lane, was measured.
    """
    training, progress = unit.training, progress or Progress()
    diverged_at = lane.diverged_at if lane else None
    status = "ok" if ended or lane else "failed"
    status = status if diverged_at is None else "diverged"
    if failure and failure.kind == "timeout":
        status = "timeout"
    error = failure.reason if failure else ""
    mixture = evaluator.data.mixture
    floors, floor_sds = _floors(evaluator, failure)
    return Record(
        run_id=training.run_id(seed),
        training=training.recorded(seed),
        arch=unit.arch,
        seed=seed,
        status=status,  # type: ignore[arg-type]
        error=error or (f"not finite at step {diverged_at}" if status == "diverged" else ""),
        traceback=failure.traceback if failure else "",
        diverged_at=diverged_at,
        measurements=tuple(Measurement(**m) for m in progress.measurements.get(seed, [])),
        floors=floors,
        floor_sds=floor_sds,
        protocols=describe_protocols(evaluator),
        primary=evaluator.primary,
        frequencies=progress.frequencies.get(seed),
        modes=None if mixture is None else plane(mixture.centers),
        history=thin(lane.history) if lane else {},
        hyper=lane.hyper if lane else _hyper(training),
        params_g=lane.params_g if lane else 0,
        params_d=lane.params_d if lane else 0,
        lanes=len(unit.seeds),
        peak_mem_bytes=provenance.peak_memory(unit.device) if status == "ok" else 0,
        engine=engine,
        backend=unit.backend,
        fell_back=progress.fell_back,
        started_at=progress.started_at,
        **provenance.environment(unit.device),
    )


def _floors(
    evaluator: Evaluator, failure: Failure | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the floors; of a failure none, where what failed is what they are computed by."""
    try:
        return evaluator.floors, evaluator.floor_sds
    except Exception:
        if failure is None:
            raise
        return {}, {}


def _hyper(training: Training) -> dict[str, float]:
    """Return the hyper-parameters of a training without a lane; a control has none."""
    return {} if training.control else registry.variants.get(training.variant).hyper()


def failed_records(unit: Unit, seeds: list[int], failure: Failure, engine: str) -> list[Record]:
    """Return the records of seeds whose unit broke down."""
    evaluator = evaluator_of(unit.training, load_data(unit.training))
    return [make_record(unit, seed, evaluator, engine, failure=failure) for seed in seeds]
