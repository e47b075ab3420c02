"""``ray``: units as tasks of a Ray cluster, which may have many machines.

    --engine ray                                    a cluster of this machine alone, for this run
    --engine ray --engine-opt address=HOST:6379     one that runs already
    --engine ray --engine-opt gpus=0.25             four units share a GPU

Nothing is joined that is not named, ``RAY_ADDRESS`` is not read, there is no dashboard, and no
usage statistics are sent. Results are written by the nodes into the run directory, which they share
(``shared=yes``), or come back to the driver as files. A unit that is lost with its node is tried
again elsewhere, from its last checkpoint where the disk is shared: see ``experiment.outcomes``.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from ganbench.core import stopping
from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.kinds import Engine, Job
from ganbench.core.notices import notice
from ganbench.core.registry import register
from ganbench.experiment.engines._ray_session import (
    CONNECT_S,
    LOCAL,
    OPTIONS,
    check_options,
    connected,
    cpus_of,
    gpus_of,
)
from ganbench.experiment.engines._ray_task import Mailbox, check_files, execute_unit, files_of
from ganbench.experiment.engines.inline import late
from ganbench.experiment.engines.local import GRACE_S, PASSIVE, workers
from ganbench.experiment.leases import LeaseLostError

if TYPE_CHECKING:
    from ganbench.experiment.outcomes import Failure
    from ganbench.experiment.records import Unit

POLL_S = 0.2  # between two looks at progress
RECOVERY_S = 60.0  # in which a result must come, or be made again by Ray
AHEAD = 1  # units that wait at the cluster, beside those that run


def event_of_loss(ray: Any, error: BaseException) -> dict[str, Any]:
    """Return the event of a unit whose task did not return."""
    lost = ray.exceptions
    said = next(iter(str(error).strip().splitlines()), "")
    event = {"failed": f"{type(error).__name__}: {said}"}
    if isinstance(error, lost.OutOfMemoryError):
        return event | {"kind": "infrastructure", "out_of_memory": True}
    own_fault = (lost.RayTaskError, lost.RuntimeEnvSetupError, lost.TaskUnschedulableError)
    return event | {"kind": "unit" if isinstance(error, own_fault) else "infrastructure"}


class Flight(NamedTuple):
    """A unit at the cluster.

    Attributes:
        key: under which it reports.
        own: the store through which its files are written. held: its lease, where this process has
            it.
    """

    key: str
    unit: Unit
    own: Any
    held: ExitStack


class Driver:
    """The units of a run that are at the cluster, and what becomes of them."""

    def __init__(self, ray: Any, job: Job, schedule: Any, device: str) -> None:
        self.ray, self.job, self.schedule = ray, job, schedule
        options = job.where.options
        self.needs = {"CPU": float(cpus_of(options)), "GPU": gpus_of(options, device)}
        self._check_room(options.get("address", LOCAL) == LOCAL)
        self.shared = options.get("shared", "yes") == "yes"
        self.threads = job.where.threads or cpus_of(options)
        threads = str(self.threads)
        names = {k: v for k, v in os.environ.items() if k.startswith("GANBENCH_")}
        env = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, **PASSIVE, **names}
        here = ray.get_runtime_context().get_node_id()
        self.mailbox = ray.remote(Mailbox).options(
            num_cpus=0, max_restarts=-1, scheduling_strategy=_on_node(here)
        ).remote()  # fmt: skip
        self.task = ray.remote(execute_unit).options(
            num_cpus=self.needs["CPU"], num_gpus=self.needs["GPU"], max_retries=0,
            runtime_env={"env_vars": env},
        )  # fmt: skip
        self.flying: dict[Any, Flight] = {}
        self.since: dict[str, float] = {}  # when each unit began, by its key
        self.late: set[Any] = set()
        self.sent = 0

    def _check_room(self, own: bool) -> None:
        """Say that no node has what a unit needs; another one may join, but not one's own cluster.

        Raises:
            UsageError: it is one's own.
        """
        for node in self.ray.nodes():
            has = node["Resources"] if node["Alive"] else {}
            if all(has.get(kind, 0.0) >= need for kind, need in self.needs.items()):
                return
        needs = " and ".join(f"{need:g} {kind}" for kind, need in self.needs.items() if need)
        if own:
            raise UsageError(f"a unit needs {needs}, which this machine does not have")
        notice(f"no node of the cluster has {needs} for a unit: waiting until one joins")

    def room(self) -> int:
        """Return how many more units may be at the cluster."""
        if self.job.where.workers:
            return self.job.where.workers - len(self.flying)
        has = self.ray.cluster_resources()
        fit = min(has.get(kind, 0.0) // need for kind, need in self.needs.items() if need)
        return int(fit) + AHEAD - len(self.flying)

    def send_all(self) -> bool:
        """Send as many units as there is room for, and return whether any is at the cluster."""
        while self.room() > 0 and (unit := self.schedule.next()):
            self._send(unit)
        return bool(self.flying)

    def _send(self, unit: Unit) -> None:
        """Send a unit to the cluster; where its disk is not there, with what is known of it."""
        held, files, own = ExitStack(), None, self.job.store
        if not self.shared:
            own = held.enter_context(self.job.store.claimed(unit))
            if own is None:
                self.schedule.ended(
                    unit, {"elsewhere": f"another process is at work on {unit.label}"}
                )
                return
            note = str(own.unit_path(unit).relative_to(own.out))
            files = files_of(own.out, unit.training.run_ids(unit.seeds), note)
        key, self.sent = str(self.sent), self.sent + 1
        out = str(self.job.store.out.absolute())
        ref = self.task.remote(key, unit.model_dump_json(), out, files, self.threads, self.mailbox)
        self.flying[ref] = Flight(key, unit, own, held)

    def step(self) -> None:
        """Wait a moment for results, and tell of what happened."""
        ready, _ = self.ray.wait(list(self.flying), num_returns=1, timeout=POLL_S)
        self.tell()
        for ref in ready:
            self.land(ref)
        if self.job.timeout:
            self._cancel_late(self.job.timeout)

    def tell(self) -> None:
        """Report the events that the units sent."""
        try:
            events = self.ray.get(self.mailbox.take.remote(), timeout=RECOVERY_S)
        except self.ray.exceptions.RayError:
            return  # its process is gone: the events are lost until Ray has started it again
        units = {flight.key: flight.unit for flight in self.flying.values()}
        for key, event in events:
            self.since.setdefault(key, time.monotonic())
            if "started" not in event and key in units:
                self.job.report(units[key], event)

    def land(self, ref: Any) -> None:
        """Take in the result of a unit, or its loss."""
        from ganbench.experiment.outcomes import event_of

        _, unit, own, held = self.flying.pop(ref)
        with held:
            try:
                event = self.ray.get(ref, timeout=RECOVERY_S)
                self._keep(event.pop("files", {}), unit, own)
            except self.ray.exceptions.RayError as error:
                event = event_of_loss(self.ray, error)
            except (ValueError, OSError, LeaseLostError) as error:  # of what it returned
                event = event_of(error)
        if "done" in event and not self._arrived(unit):
            event = {"failed": "its node wrote no record here: shared=no needed?", "kind": "unit"}
        if ref in self.late and "done" not in event:
            event = {"failed": late(self.job), "kind": "timeout"}
        if "interrupted" not in event:
            self.schedule.ended(unit, event)

    def _arrived(self, unit: Unit) -> bool:
        """Return whether the results of a unit that is done are on the disk of the driver."""
        if unit.again or self.job.done(unit):
            return True
        os.listdir(self.job.store.out / "records")  # else NFS may not have looked for a while
        return self.job.done(unit)

    def _keep(self, files: Mapping[str, bytes], unit: Unit, own: Any) -> None:
        """Write what a node returned, records last: they say that all is there."""
        check_files(files, unit.training.run_ids(unit.seeds))
        for name in sorted(files, key=lambda name: name.startswith("records/")):
            with own.guard():
                write_bytes(own.out / name, files[name])

    def _cancel_late(self, limit: float) -> None:
        now = time.monotonic()
        for ref, flight in self.flying.items():
            if now - self.since.get(flight.key, math.inf) > limit and ref not in self.late:
                self.late.add(ref)
                self.ray.cancel(ref, force=True)

    def finish(self) -> None:
        """Let all units keep what they have, for which they have ``GRACE_S`` seconds."""
        if not self.flying:
            return
        notice("stopping: states are being kept; once more to stop at once")
        with contextlib.suppress(self.ray.exceptions.RayError):
            self.ray.get(self.mailbox.stop.remote(), timeout=CONNECT_S)
        for ref, flight in self.flying.items():
            if flight.key not in self.since:  # it has not begun
                self.ray.cancel(ref)
        self.ray.wait(list(self.flying), num_returns=len(self.flying), timeout=GRACE_S)

    def release(self) -> None:
        """Give back the leases that this process has, whatever ended the run."""
        for flight in self.flying.values():
            flight.held.close()


def _on_node(node: str) -> Any:
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node_id=node, soft=True)


def run(units: list[Unit], job: Job) -> list[tuple[Unit, Failure]]:
    """Execute ``units`` in order as tasks of a cluster.

    Returns:
        The units that failed, with the reason.
    """
    from ganbench.experiment.outcomes import Schedule

    if job.where.options.get("shared") == "no" and any(unit.again for unit in units):
        raise UsageError("--engine-opt shared=no: what measures kept models needs their disk")
    schedule = Schedule(units, job.report, job.done)
    with connected(job.where) as ray, stopping.finishing():  # Ray loses what a signal raises
        driver = Driver(ray, job, schedule, units[0].device)
        try:
            while driver.send_all():
                driver.step()
                if stopping.asked():
                    driver.finish()
                    stopping.stop()
            driver.tell()
        finally:
            driver.release()
    return schedule.failed


register(
    Engine(
        name="ray",
        run=run,
        summary="on a Ray cluster of one or many machines; pip install 'ganbench[ray]'",
        workers=workers,
        options=OPTIONS,
        check_options=check_options,
    )
)
