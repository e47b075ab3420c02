"""The run directory: the plan, every record, checkpoints of unfinished units.

    OUT/plan.json               the configuration and its units
    OUT/records/<run_id>.json   one trained seed: what, how, on what, every measurement
    OUT/records/<training>.jsonl.xz   the same of all its seeds, in a published run
    OUT/checkpoints/<unit_id>/state.safetensors   state and measurements of an unfinished unit
    OUT/samples/<run_id>.npy    samples from a fixed latent
    OUT/models/<run_id>.safetensors   the trained pair of a finished seed
    OUT/films/<run_id>.npz      samples of it on the way
    OUT/measured/<run_id>-<protocol_id>.json   a metric of it, measured later
    OUT/measured/draws/<run_id>-<protocol_id>.json   the same on several sets of samples
    OUT/tasks/<task>/            what came out of a task: see ``task_runs``

Every file is written to a temporary name, synced and renamed: it is whole or absent.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import ValidationError

from ganbench.core.errors import UsageError
from ganbench.core.files import write_array, write_bytes
from ganbench.experiment.packed import ENDING, read_packed, unpack
from ganbench.experiment.records import Protocol, Record, Strict, Training, Unit, read_record

if TYPE_CHECKING:
    from ganbench.experiment.evaluation_draws import EvaluationDraws
    from ganbench.experiment.more_measured import MoreMeasured
    from ganbench.experiment.task_runs import BaselineAnswer

M = TypeVar("M", bound=Strict)


def _measurement(path: Path, kind: type[M]) -> M:
    """Return what ``path`` holds of a training that was measured later."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UsageError(
            f"{path} is not a measurement of this version ({where}); move it away"
        ) from None


def _shared(protocol: Protocol, known: dict[str, Protocol]) -> Protocol:
    """Return the equal protocol of a record that was read before: thousands share one object."""
    first = known.setdefault(protocol.protocol_id, protocol)
    return first if first == protocol else protocol


class Store:
    """The run directory ``out``."""

    def __init__(self, out: Path) -> None:
        self.out = Path(out)

    def prepare(self) -> None:
        """Make the directory.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            (self.out / "records").mkdir(parents=True, exist_ok=True)
            write_bytes(self.out / ".writable", b"")
            (self.out / ".writable").unlink()
        except OSError as error:
            raise UsageError(
                f"cannot write to {self.out}: {error.strerror}; choose another --out"
            ) from None

    def unpack(self) -> None:
        """Write the packed records of a published run as files, to go on with it."""
        unpack(self.out / "records")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the directory against a second run.

        Raises:
            UsageError: another run holds it.
        """
        with open(self.out / ".lock", "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(
                    f"another ganbench run is using {self.out}: wait, or choose another --out"
                ) from None
            yield

    def write_plan(self, plan: dict[str, Any]) -> None:
        """Write ``plan.json``."""
        write_bytes(self.out / "plan.json", (json.dumps(plan, indent=1) + "\n").encode())

    def plan(self) -> dict[str, Any] | None:
        """Return the content of ``plan.json``; None where there is none that can be read."""
        try:
            plan = json.loads((self.out / "plan.json").read_bytes())
        except (OSError, ValueError):
            return None
        return plan if isinstance(plan, dict) else None

    def record_path(self, run_id: str) -> Path:
        """Return where a record lies."""
        return self.out / "records" / f"{run_id}.json"

    def write_record(self, record: Record) -> None:
        """Write one record."""
        text = record.model_dump_json(indent=1) + "\n"
        write_bytes(self.record_path(record.run_id), text.encode())

    def records(
        self, curves: bool = True, visit: Callable[[Record], None] = lambda record: None
    ) -> list[Record]:
        """Return every record of the directory, sorted by file name.

        Args:
            curves: with ``Record.history``, which is half of it.
            visit: is called with each whole record.

        Raises:
            UsageError: a file is not a record.
        """
        folder = self.out / "records"
        known: dict[str, Protocol] = {}
        records = []
        whole = (read_record(path) for path in sorted(folder.glob("*.json")))
        packed = (read_packed(path) for path in sorted(folder.glob(f"*{ENDING}")))
        for record in itertools.chain(whole, *packed):
            visit(record)
            given = {"protocols": {k: _shared(p, known) for k, p in record.protocols.items()}}
            records.append(record.model_copy(update=given | ({} if curves else {"history": {}})))
        return sorted(records, key=lambda record: f"{record.run_id}.json")

    def whole_records(self, run_ids: Collection[str]) -> dict[str, Record]:
        """Return these records with their ``history``, by ``run_id``; without those not there."""
        paths = {run_id: self.record_path(run_id) for run_id in run_ids}
        found = {run_id: read_record(path) for run_id, path in paths.items() if path.exists()}
        folder = self.out / "records"
        packs = {f"{i.rsplit('-s', 1)[0]}{ENDING}" for i in run_ids if i not in found}
        for path in sorted(folder / name for name in packs):
            if path.exists():
                found |= {r.run_id: r for r in read_packed(path) if r.run_id in paths}
        return found

    def first_record(self) -> Record | None:
        """Return one record of the directory; None where there is none."""
        folder = self.out / "records"
        for path in sorted(folder.glob("*.json")):
            return read_record(path)
        for path in sorted(folder.glob(f"*{ENDING}")):
            return next(read_packed(path), None)
        return None

    def samples_path(self, run_id: str) -> Path:
        """Return where the kept samples of a seed lie."""
        return self.out / "samples" / f"{run_id}.npy"

    def write_samples(self, run_id: str, samples: np.ndarray) -> None:
        """Keep samples ``[n, *shape]`` of one seed."""
        write_array(self.samples_path(run_id), samples)

    def model_path(self, run_id: str) -> Path:
        """Return where the kept model of a seed lies."""
        return self.out / "models" / f"{run_id}.safetensors"

    def write_model(self, run_id: str, content: bytes) -> None:
        """Keep the model of one seed."""
        write_bytes(self.model_path(run_id), content)

    def drop_model(self, run_id: str) -> None:
        """Forget the model of one seed."""
        self.model_path(run_id).unlink(missing_ok=True)

    def film_path(self, run_id: str) -> Path:
        """Return where the film of a seed lies."""
        return self.out / "films" / f"{run_id}.npz"

    def write_film(self, run_id: str, content: bytes) -> None:
        """Keep the film of one seed."""
        write_bytes(self.film_path(run_id), content)

    def more_path(self, run_id: str, protocol_id: str) -> Path:
        """Return where a metric that was measured after the training lies."""
        return self.out / "measured" / f"{run_id}-{protocol_id}.json"

    def write_more(self, more: MoreMeasured) -> None:
        """Write a metric that was measured after the training."""
        path = self.more_path(more.run_id, more.protocol.protocol_id)
        write_bytes(path, (more.model_dump_json(indent=1) + "\n").encode())

    def draws_path(self, run_id: str, protocol_id: str) -> Path:
        """Return where a metric of one seed on several sets of samples lies."""
        return self.out / "measured" / "draws" / f"{run_id}-{protocol_id}.json"

    def write_draws(self, draws: EvaluationDraws) -> None:
        """Write a metric of one seed on several sets of samples."""
        content = (draws.model_dump_json(indent=1) + "\n").encode()
        write_bytes(self.draws_path(draws.run_id, draws.protocol_id), content)

    def draws(self) -> list[EvaluationDraws]:
        """Return all metrics of seeds that were measured on several sets of samples.

        Raises:
            UsageError: a file is something else.
        """
        from ganbench.experiment.evaluation_draws import EvaluationDraws

        paths = sorted((self.out / "measured" / "draws").glob("*.json"))
        return [_measurement(path, EvaluationDraws) for path in paths]

    def n_draws(self, run_id: str, protocol_id: str) -> int:
        """Return on how many sets of samples a metric of one seed was measured."""
        from ganbench.experiment.evaluation_draws import EvaluationDraws

        path = self.draws_path(run_id, protocol_id)
        return _measurement(path, EvaluationDraws).n_draws if path.exists() else 0

    def write_task_pictures(self, task: str, name: str, samples: np.ndarray) -> None:
        """Keep samples ``[n, *shape]`` that came out of a task."""
        write_array(self.out / "tasks" / task / f"{name}.npy", samples)

    def baseline_path(self, task: str, name: str) -> Path:
        """Return where the answer of a task's baseline lies."""
        return self.out / "tasks" / task / "baselines" / f"{name}.json"

    def baseline(self, path: Path) -> BaselineAnswer:
        """Return the answer of a baseline in ``path``."""
        from ganbench.experiment.task_runs import BaselineAnswer

        return _measurement(path, BaselineAnswer)

    def write_baseline(self, path: Path, answer: BaselineAnswer) -> None:
        """Write the answer of a baseline."""
        write_bytes(path, (answer.model_dump_json(indent=1) + "\n").encode())

    def more(self) -> list[MoreMeasured]:
        """Return all metrics that were measured after the trainings, the first measured first.

        Raises:
            UsageError: a file is something else.
        """
        from ganbench.experiment.more_measured import MoreMeasured

        paths = sorted((self.out / "measured").glob("*.json"))
        found = [_measurement(path, MoreMeasured) for path in paths]
        return sorted(found, key=lambda more: more.measured_at)

    def done(self, training: Training, seed: int) -> bool:
        """Return whether a seed's training is over, well or badly; a failed one is to be redone."""
        path = self.record_path(training.run_id(seed))
        return path.exists() and read_record(path).status != "failed"

    def checkpoint(self, unit: Unit) -> Path:
        """Return the folder of a unit's checkpoint."""
        return self.out / "checkpoints" / unit.unit_id

    def save_checkpoint(self, unit: Unit, state: dict[str, Any], progress: dict[str, Any]) -> None:
        """Keep the state and the measurements so far, in one file so that they always agree."""
        from safetensors.torch import save

        content = save(state, {"progress": json.dumps(progress)})
        write_bytes(self.checkpoint(unit) / "state.safetensors", content)

    def load_checkpoint(self, unit: Unit) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the state and the measurements of the checkpoint, or None."""
        from safetensors import SafetensorError, safe_open

        path = self.checkpoint(unit) / "state.safetensors"
        if not path.exists():
            return None
        try:
            with safe_open(path, "pt") as file:
                state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
                return state, json.loads(file.metadata()["progress"])
        except SafetensorError:
            return None  # damaged from outside: the unit starts again

    def drop_checkpoint(self, unit: Unit) -> None:
        """Forget a finished unit's checkpoint."""
        shutil.rmtree(self.checkpoint(unit), ignore_errors=True)
        with contextlib.suppress(OSError):
            self.checkpoint(unit).parent.rmdir()
