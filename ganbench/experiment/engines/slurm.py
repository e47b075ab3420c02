"""``slurm``: units in batches, as the jobs of an array, through submitit.

    --engine slurm --engine-opt partition=gpu --engine-opt gpus=1 --engine-opt minutes=120

A job has so many units that it takes minutes, not seconds. One that is preempted, or whose time is
nearly over, keeps its states and is put into the queue again; it goes on where it was. One that is
lost with its node is sent again, ``outcomes.RETRIES`` times. The jobs go on if this process ends:
the same command finds what they did.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core import stopping
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Engine, Job, Where
from ganbench.core.notices import notice
from ganbench.core.ranges import Range, whole
from ganbench.core.registry import register
from ganbench.experiment.engines._slurm_batch import Batch
from ganbench.experiment.engines.local import GRACE_S

if TYPE_CHECKING:
    from ganbench.experiment.outcomes import Failure
    from ganbench.experiment.records import Unit

POLL_S = 1.0  # between two looks at the jobs; submitit asks Slurm less often
LEAST_S = 300.0  # that a job should take
MOST_JOBS = 1_000  # of an array
OPTIONS = {
    "cluster": "slurm (default); local: processes of this machine; debug: this process",
    "jobs": "jobs of the array; default: so many that each takes 5 minutes, by timed steps",
    "minutes": "time limit of a job, after which it is put into the queue again; default 60",
    "partition": "of Slurm",
    "account": "of Slurm",
    "qos": "of Slurm",
    "constraint": "of Slurm",
    "cpus": "CPU cores of a job; default 1",
    "gpus": "GPUs of a job; default: 1 on CUDA, else 0",
    "mem": "gigabytes of a job",
    "parallel": "jobs at a time; default 256",
}
CLUSTERS = ("slurm", "local", "debug")
NUMBERS = {
    "jobs": whole(1, MOST_JOBS), "minutes": whole(1, 60 * 24 * 366), "cpus": whole(1, 1_024),
    "gpus": whole(0, 64), "mem": Range(0, 1e5, above=True), "parallel": whole(1, MOST_JOBS),
}  # fmt: skip
DEFAULTS = {"minutes": "60", "cpus": "1", "parallel": "256"}


def check_options(options: Mapping[str, str]) -> None:
    """Raise ``UsageError`` for options that cannot be, or if submitit is not installed."""
    for name in NUMBERS:
        number(options, name)
    if options.get("cluster", "slurm") not in CLUSTERS:
        raise UsageError(
            f"--engine-opt cluster={options['cluster']}: {', '.join(CLUSTERS)} are known"
        )
    _submitit()


def number(options: Mapping[str, str], name: str) -> Any:
    """Return a number among the options, its default, or None where there is neither."""
    text = options.get(name, DEFAULTS.get(name))
    return None if text is None else NUMBERS[name].parse(f"--engine-opt {name}", text)


def _submitit() -> Any:
    """Return the module ``submitit``.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import submitit
    except ImportError:
        raise UsageError("--engine slurm needs submitit: pip install 'ganbench[slurm]'") from None
    return submitit


def batches(units: Sequence[Unit], count: int) -> list[list[Unit]]:
    """Return the units of ``count`` jobs: each has every so-many-th, long and short ones."""
    count = max(1, min(count, len(units)))
    return [list(units[start::count]) for start in range(count)]


def jobs_for(units: Sequence[Unit], options: Mapping[str, str]) -> int:
    """Return how many jobs: those asked for, or as many as take ``LEAST_S`` seconds each.

    Some steps are timed for it, where this machine has the device; else each unit is a job.
    """
    asked: int | None = number(options, "jobs")
    if asked is not None:
        return asked
    if units[0].device != "cpu" or any(unit.again for unit in units):
        return min(len(units), MOST_JOBS)
    from ganbench.experiment.estimate import costs
    from ganbench.experiment.resolve import load_data

    seconds = sum(cost.seconds for cost in costs(list(units), load_data(units[0].training)))
    return max(1, min(math.ceil(seconds / LEAST_S), MOST_JOBS))


def parameters(options: Mapping[str, str], device: str) -> dict[str, Any]:
    """Return what submitit is told, by the names that Slurm has for it."""
    gpus = number(options, "gpus")
    given: dict[str, Any] = {
        "job_name": "ganbench",
        "time": number(options, "minutes"),
        "cpus_per_task": number(options, "cpus"),
        "gpus_per_node": (0 if device == "cpu" else 1) if gpus is None else gpus,
        "array_parallelism": number(options, "parallel"),
        "signal_delay_s": int(GRACE_S) + 60,
        "mem": number(options, "mem") and f"{number(options, 'mem'):g}GB",
    }
    named = {k: options[k] for k in ("partition", "account", "qos", "constraint") if k in options}
    return {k: v for k, v in (given | named).items() if v}


def executor(out: Path, options: Mapping[str, str], device: str) -> Any:
    """Return what takes the jobs.

    Raises:
        UsageError: there is no Slurm here.
    """
    submitit = _submitit()
    cluster, given = options.get("cluster", "slurm"), parameters(options, device)
    folder = out.absolute() / "slurm"
    if cluster != "slurm":
        made = submitit.AutoExecutor(folder=folder, cluster=cluster)
        made.update_parameters(
            timeout_min=given["time"], gpus_per_node=given.get("gpus_per_node", 0)
        )
        return made
    try:
        made = submitit.SlurmExecutor(folder=folder)
    except RuntimeError as error:
        raise UsageError(f"--engine slurm: {error}; see --engine-opt cluster=local") from None
    made.update_parameters(**given)
    return made


def script(units: list[Unit], where: Where, out: Path) -> str:
    """Return the script that would be submitted for ``units``; nothing is started."""
    _submitit()
    from submitit.slurm.slurm import SlurmExecutor, _make_sbatch_string

    class Here(SlurmExecutor):  # type: ignore[misc]
        """Slurm, wherever it is."""

        @classmethod
        def affinity(cls) -> int:
            return 2

    folder = out.absolute() / "slurm"
    count = len(batches(units, jobs_for(units, where.options)))
    command = Here(folder=folder)._submitit_command_str
    given = parameters(where.options, units[0].device)
    return str(_make_sbatch_string(command, folder, map_count=count, **given))


class Sent:
    """A batch of units and its job.

    Args:
        at_once: the job is executed by this process when its result is asked for, and not before.
    """

    def __init__(self, units: list[Unit], job: Any, at_once: bool) -> None:
        self.units, self.job, self.at_once = units, job, at_once

    def over(self) -> bool:
        """Return whether the job ended; one that was preempted is in the queue again."""
        return self.at_once or self.job.done()

    def failed(self) -> list[tuple[Unit, Failure]] | str:
        """Return the units that failed, or why the job was lost."""
        from ganbench.experiment.outcomes import Failure
        from ganbench.experiment.records import Unit

        error = self.job.exception()
        if error is not None:
            said = next(reversed(str(error).strip().splitlines()), "")
            return f"its job {self.job.job_id} ended: {said}; see {self.job.paths.stderr}"
        return [(Unit.model_validate_json(text), Failure(*why)) for text, why in self.job.result()]


def run(units: list[Unit], job: Job) -> list[tuple[Unit, Failure]]:
    """Execute ``units`` in jobs of a cluster, and wait for these.

    Returns:
        The units that failed, with the reason.
    """
    from ganbench.experiment.outcomes import RETRIES, Failure

    failed: list[tuple[Unit, Failure]] = []
    left, why = units, ""
    with stopping.finishing():
        for attempt in range(1 + RETRIES):
            for unit in left if attempt else ():
                job.report(unit, {"retried": why})
            lost, why = _round(left, job, failed)
            left = [unit for unit in lost if not job.done(unit)]
            if not left:
                break
    for unit in left:
        failed.append((unit, Failure(why, "infrastructure")))
    for unit, failure in failed:
        job.report(
            unit,
            {"failed": failure.reason, "kind": failure.kind, "traceback": failure.traceback},
        )
    return failed


def _round(
    units: list[Unit], job: Job, failed: list[tuple[Unit, Failure]]
) -> tuple[list[Unit], str]:
    """Send ``units`` and wait for their jobs; return those of lost jobs, and why they were."""
    where = job.where
    at_once = where.options.get("cluster") == "debug"
    made = executor(job.store.out, where.options, units[0].device)
    parts = batches(units, jobs_for(units, where.options))
    out = str(job.store.out.absolute())
    work = [
        Batch(out, [u.model_dump_json() for u in own], where.workers, where.threads, job.timeout)
        for own in parts
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about options that a cluster does not read
        with made.batch():
            jobs = [made.submit(batch) for batch in work]
    waiting = [Sent(own, one, at_once) for own, one in zip(parts, jobs, strict=True)]
    lost: list[Unit] = []
    why = ""
    while waiting:
        for sent in [sent for sent in waiting if sent.over()]:
            waiting.remove(sent)
            found = sent.failed()
            if isinstance(found, str):
                lost, why = lost + sent.units, found
                continue
            failed += found
            broken = {run_id for unit, _ in found for run_id in unit.training.run_ids(unit.seeds)}
            for unit in sent.units:
                if broken.isdisjoint(unit.training.run_ids(unit.seeds)):
                    job.report(unit, {"done": True})
        if waiting:
            time.sleep(POLL_S)
        if stopping.asked():
            names = " ".join(str(sent.job.job_id) for sent in waiting)
            notice(f"the jobs go on: {names}; scancel ends them")
            stopping.stop()
    return lost, why


def workers(asked: int | None, device: str) -> int:
    """Return how many units at a time a job has."""
    return asked or 1


register(
    Engine(
        name="slurm",
        run=run,
        summary="in array jobs of a Slurm cluster; pip install 'ganbench[slurm]'",
        workers=workers,
        options=OPTIONS,
        check_options=check_options,
        script=script,
    )
)
