"""The run directory: the plan, every record, checkpoints of unfinished units.

    OUT/plan.json               the configuration and its units
    OUT/records/<run_id>.json   one trained seed: what, how, on what, every measurement
    OUT/records/<training>.jsonl.xz   the same of all its seeds, in a published run
    OUT/index.json              how every training ended: see ``record_index``
    OUT/units/<unit_id>.json    which seeds are trained together
    OUT/checkpoints/<unit_id>/  states and measurements of an unfinished unit: see ``checkpoints``
    OUT/leases/<unit_id>.json   who trains a unit now: see ``leases``
    OUT/set-aside/              what did not belong among the results, with the reason
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
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.files import check_writable, write_array, write_bytes
from ganbench.core.seals import sealed_json, unsealed_json
from ganbench.experiment import checkpoints, record_index, stored_records
from ganbench.experiment.leases import claim, directory_lock, opening, owned
from ganbench.experiment.packed import unpack
from ganbench.experiment.record_files import as_file, read_measurement, read_record
from ganbench.experiment.records import Record, Training, Unit

if TYPE_CHECKING:
    from ganbench.experiment.evaluation_draws import EvaluationDraws
    from ganbench.experiment.more_measured import MoreMeasured


BROKEN = ("failed", "timeout")  # statuses of trainings that are to be done again


class Store:
    """The run directory ``out``.

    Args:
        guard: is held while a file is written; it raises where nothing may be written any more.
    """

    def __init__(
        self, out: Path, guard: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    ) -> None:
        self.out, self.guard = Path(out), guard

    def _write(self, path: Path, content: bytes) -> None:
        with self.guard():
            write_bytes(path, content)

    def prepare(self) -> None:
        """Make the directory.

        Raises:
            UsageError: it cannot be written.
        """
        try:
            check_writable(self.out)
            (self.out / "records").mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot write to {self.out}: {error.strerror}; choose another --out"
            ) from None

    def open(self) -> list[str]:
        """Write the packed records of a published run as files, to go on with it.

        What does not belong among the results is set aside.

        Returns:
            What was set aside, and why.

        Raises:
            UsageError: it cannot be locked.
        """
        with opening(self.out):
            unpack(self.out / "records")
            return stored_records.set_aside(self.out)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the directory against all other commands that write to it.

        Raises:
            UsageError: another one holds it.
        """
        return directory_lock(self.out, fcntl.LOCK_EX)

    def shared(self) -> AbstractContextManager[None]:
        """Hold the directory together with other runs, whose units leases keep apart.

        Raises:
            UsageError: a command holds it alone.
        """
        return directory_lock(self.out, fcntl.LOCK_SH)

    def write_plan(self, plan: dict[str, Any]) -> None:
        """Write ``plan.json``."""
        self._write(self.out / "plan.json", sealed_json(json.dumps(plan, indent=1)))

    def plan(self) -> dict[str, Any] | None:
        """Return the content of ``plan.json``; None where there is none that can be read."""
        try:
            path = self.out / "plan.json"
            plan = json.loads(unsealed_json(path.read_bytes(), str(path)))
        except (OSError, ValueError):
            return None
        return plan if isinstance(plan, dict) else None

    def record_path(self, run_id: str) -> Path:
        """Return where a record lies."""
        return self.out / "records" / f"{run_id}.json"

    def write_record(self, record: Record) -> None:
        """Write one record."""
        self._write(self.record_path(record.run_id), as_file(record))

    def records(
        self, curves: bool = True, visit: Callable[[Record], None] = lambda record: None
    ) -> list[Record]:
        """Return every record of the directory; see ``stored_records.every``."""
        return stored_records.every(self.out / "records", curves, visit)

    def whole_records(self, run_ids: Collection[str]) -> dict[str, Record]:
        """Return these records with their ``history``, by ``run_id``; without those not there."""
        return stored_records.some(self.out / "records", run_ids)

    def first_record(self) -> Record | None:
        """Return one record of the directory; None where there is none."""
        return stored_records.first(self.out / "records")

    def samples_path(self, run_id: str) -> Path:
        """Return where the kept samples of a seed lie."""
        return self.out / "samples" / f"{run_id}.npy"

    def write_samples(self, run_id: str, samples: np.ndarray) -> None:
        """Keep samples ``[n, *shape]`` of one seed."""
        with self.guard():
            write_array(self.samples_path(run_id), samples)

    def model_path(self, run_id: str) -> Path:
        """Return where the kept model of a seed lies."""
        return self.out / "models" / f"{run_id}.safetensors"

    def write_model(self, run_id: str, content: bytes) -> None:
        """Keep the model of one seed."""
        self._write(self.model_path(run_id), content)

    def drop_model(self, run_id: str) -> None:
        """Forget the model of one seed."""
        self.model_path(run_id).unlink(missing_ok=True)

    def film_path(self, run_id: str) -> Path:
        """Return where the film of a seed lies."""
        return self.out / "films" / f"{run_id}.npz"

    def write_film(self, run_id: str, content: bytes) -> None:
        """Keep the film of one seed."""
        self._write(self.film_path(run_id), content)

    def more_path(self, run_id: str, protocol_id: str) -> Path:
        """Return where a metric that was measured after the training lies."""
        return self.out / "measured" / f"{run_id}-{protocol_id}.json"

    def write_more(self, more: MoreMeasured) -> None:
        """Write a metric that was measured after the training."""
        path = self.more_path(more.run_id, more.protocol.protocol_id)
        self._write(path, as_file(more))

    def draws_path(self, run_id: str, protocol_id: str) -> Path:
        """Return where a metric of one seed on several sets of samples lies."""
        return self.out / "measured" / "draws" / f"{run_id}-{protocol_id}.json"

    def write_draws(self, draws: EvaluationDraws) -> None:
        """Write a metric of one seed on several sets of samples."""
        self._write(self.draws_path(draws.run_id, draws.protocol_id), as_file(draws))

    def draws(self) -> list[EvaluationDraws]:
        """Return all metrics of seeds that were measured on several sets of samples.

        Raises:
            UsageError: a file is something else.
        """
        from ganbench.experiment.evaluation_draws import EvaluationDraws

        paths = sorted((self.out / "measured" / "draws").glob("*.json"))
        return [read_measurement(path, EvaluationDraws) for path in paths]

    def n_draws(self, run_id: str, protocol_id: str) -> int:
        """Return on how many sets of samples a metric of one seed was measured."""
        from ganbench.experiment.evaluation_draws import EvaluationDraws

        path = self.draws_path(run_id, protocol_id)
        return read_measurement(path, EvaluationDraws).n_draws if path.exists() else 0

    def write_task_pictures(self, task: str, name: str, samples: np.ndarray) -> None:
        """Keep samples ``[n, *shape]`` that came out of a task."""
        with self.guard():
            write_array(self.out / "tasks" / task / f"{name}.npy", samples)

    def more(self) -> list[MoreMeasured]:
        """Return all metrics that were measured after the trainings, the first measured first.

        Raises:
            UsageError: a file is something else.
        """
        from ganbench.experiment.more_measured import MoreMeasured

        paths = sorted((self.out / "measured").glob("*.json"))
        found = [read_measurement(path, MoreMeasured) for path in paths]
        return sorted(found, key=lambda more: more.measured_at)

    def ends(self) -> dict[str, str]:
        """Return ``{run_id: status}`` of every record; see ``record_index``."""
        return record_index.ends(self.out)

    def ended(self) -> set[str]:
        """Return the run ids of the trainings that are over; see ``done``."""
        return {run_id for run_id, status in self.ends().items() if status not in BROKEN}

    def done(self, training: Training, seed: int) -> bool:
        """Return whether a seed's training is over; one that broke down is to be done again."""
        path = self.record_path(training.run_id(seed))
        return path.exists() and read_record(path).status not in BROKEN

    def all_done(self, unit: Unit) -> bool:
        """Return whether the training of every seed of a unit is over."""
        return not unit.again and all(self.done(unit.training, seed) for seed in unit.seeds)

    def settled(self, unit: Unit) -> bool:
        """Return whether every seed of a unit has a record, be it one of a failure."""
        run_ids = (unit.training.run_id(seed) for seed in unit.seeds)
        return not unit.again and all(self.record_path(run_id).exists() for run_id in run_ids)

    def checkpoint(self, unit: Unit) -> Path:
        """Return the folder of a unit at work."""
        return self.out / "checkpoints" / unit.unit_id

    def unit_path(self, unit: Unit) -> Path:
        """Return where it is noted which seeds a unit trains together."""
        return self.out / "units" / f"{unit.unit_id}.json"

    def begin(self, unit: Unit) -> None:
        """Note a unit with all its lanes, whose numbers depend on how many there are."""
        if not self.unit_path(unit).exists():
            self._write(self.unit_path(unit), as_file(unit))

    def split_up(self, unit: Unit) -> None:
        """Forget a unit whose seeds are not trained together after all."""
        self.unit_path(unit).unlink(missing_ok=True)
        self.drop_checkpoint(unit)

    def begun(self) -> list[Unit]:
        """Return the units that were ever begun; without those whose note is damaged."""
        found = []
        for path in sorted((self.out / "units").glob("*.json")):
            with contextlib.suppress(OSError, UsageError):
                found.append(read_measurement(path, Unit))
        return found

    def save_checkpoint(self, unit: Unit, state: dict[str, Any], progress: dict[str, Any]) -> None:
        """Keep the state and the measurements so far, beside those of the checkpoint before."""
        path = self.checkpoint(unit) / checkpoints.LAST
        content = checkpoints.pack_state(state, progress)
        with self.guard():
            if path.exists():
                path.replace(path.with_name(checkpoints.BEFORE))
            write_bytes(path, content)

    def load_checkpoint(
        self, unit: Unit, say: Callable[[str], None] = lambda said: None
    ) -> checkpoints.Saved | None:
        """Return the state and the measurements of the last whole checkpoint, or None.

        Args:
            say: is told of damage.
        """
        return checkpoints.load_state(self.checkpoint(unit), say)

    def drop_checkpoint(self, unit: Unit) -> None:
        """Forget a finished unit's checkpoints, and the note of a single seed."""
        with self.guard():
            shutil.rmtree(self.checkpoint(unit), ignore_errors=True)
            if len(unit.seeds) == 1:
                self.unit_path(unit).unlink(missing_ok=True)

    @contextlib.contextmanager
    def claimed(self, unit: Unit) -> Iterator[Store | None]:
        """Hold the right to train ``unit`` for a ``with`` block, by a lease.

        Yields:
            The store through which it is written, as long as the lease lasts; None where another
            process trains it.
        """
        trained = () if unit.again else unit.training.run_ids(unit.seeds)
        with claim(self.out / "leases", unit.unit_id, trained) as lease:
            yield None if lease is None else Store(self.out, lease.held)

    def at_work(self) -> set[str]:
        """Return the ids of the units that some process trains now."""
        return owned(self.out / "leases")
