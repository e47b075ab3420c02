"""The run directory: what is planned, every record, checkpoints of unfinished units.

    OUT/plan.json               the configuration and its units
    OUT/records/<run_id>.json   one trained seed: what, how, on what, every measurement
    OUT/checkpoints/<unit_id>/  state.safetensors and progress.json of an unfinished unit
    OUT/samples/<run_id>.npy    samples from a fixed latent

Every file is written to a temporary name, synced and renamed: it is whole or absent.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ganbench.cache import digest
from ganbench.errors import UsageError

SCHEMA_VERSION = 1


def file_name(name: str) -> str:
    """Return a data set's name as part of a file's: without the colon of ``family:member``."""
    return name.replace(":", "-")


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

    @property
    def label(self) -> str:
        """The architecture with the options that differ from its defaults."""
        from ganbench import registry

        defaults = registry.get("arch", self.arch).options
        changed = {k: v for k, v in sorted(self.arch_options.items()) if v != defaults[k]}
        options = ",".join(f"{k}={v}" for k, v in changed.items())
        return f"{self.arch}:{options}" if options else self.arch


class Unit(Strict):
    """What is scheduled, retried and resumed: one population."""

    training: Training
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


class Protocol(Strict):
    """One metric's protocol: its id and all that was hashed, and its quantities' description."""

    protocol_id: str
    fields: dict[str, Any]
    quantities: dict[str, dict[str, Any]]


class Record(Strict):
    """Everything about one trained seed."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    training: Training
    arch: str
    seed: int
    status: Literal["ok", "diverged", "failed", "timeout"]
    error: str = ""
    diverged_at: int | None = None
    measurements: tuple[Measurement, ...]
    floors: dict[str, float]
    protocols: dict[str, Protocol]
    shares: list[float] | None = None
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


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(part, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_array(path: Path, array: np.ndarray) -> None:
    """Write one ``.npy`` file atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def read_record(path: Path) -> Record:
    """Return the record in ``path``.

    Raises:
        UsageError: the file is not a record.
    """
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path} is not a record of this version ({where}: {first['msg']}); "
            "move it away, and its seed is trained again"
        ) from None


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

    def record_path(self, run_id: str) -> Path:
        """Return where a record lies."""
        return self.out / "records" / f"{run_id}.json"

    def write_record(self, record: Record) -> None:
        """Write one record."""
        text = record.model_dump_json(indent=1) + "\n"
        write_bytes(self.record_path(record.run_id), text.encode())

    def records(self) -> list[Record]:
        """Return every record of the directory, sorted by file name.

        Raises:
            UsageError: a file is not a record.
        """
        return [read_record(path) for path in sorted((self.out / "records").glob("*.json"))]

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
        """Return what ``save_checkpoint`` was given, or None."""
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


def jsonable(values: np.ndarray) -> list[float | None]:
    """Return floats for JSON, with None for what is not finite."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in values.tolist()]
