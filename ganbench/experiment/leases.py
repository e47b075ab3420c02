"""Leases: several processes or machines share one run directory, and no unit is trained twice.

    OUT/leases/<unit_id>.json   who trains a unit; written anew every few seconds
    OUT/leases/.lock-<xx>       held for the moment in which a lease or a result is written
    OUT/leases/.taking          held while a lease is taken: no two for one training are given

A lease ends when it is given back, when its owner no longer runs (on this machine), or when it was
not written anew for ``LEASE_S`` seconds by the clock of the file system. Who takes it over writes
another token. The former owner, if it wakes up, finds it before it writes anything
(``Lease.held``), and is fenced off.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ganbench.core.errors import DISK, UsageError
from ganbench.core.files import locked, write_bytes
from ganbench.core.processes import limit_s, machine, started

LEASE_S = limit_s("GANBENCH_LEASE_S", 60.0)
BEATS = 4  # times that a lease is written anew in its time


class LeaseLostError(Exception):
    """Another process has taken over the unit: nothing more of it is written here."""


class Lease:
    """The right to train one unit; see ``claim``.

    Args:
        path: of its file.
        run_ids: what the unit trains: nobody else does in another unit (other lanes, or another
            device).
    """

    def __init__(self, path: Path, run_ids: Collection[str] = ()) -> None:
        self.path, self.lock = path, path.with_name(f".lock-{path.stem[:2]}")
        self.run_ids = sorted(run_ids)
        self.token = uuid.uuid4().hex
        self._ended = threading.Event()

    def _written(self) -> dict[str, Any] | None:
        try:
            content = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None  # none, or one that a machine did not finish
        return content if isinstance(content, dict) else None

    def _write(self) -> None:
        owner = _this_process() | {"token": self.token, "run_ids": self.run_ids}
        write_bytes(self.path, (json.dumps(owner) + "\n").encode())

    def owner(self, now: float) -> dict[str, Any] | None:
        """Return who trains the unit at the time ``now``, in seconds; None for nobody."""
        found = self._written()
        if found is None or now - self.path.stat().st_mtime > LEASE_S:
            return None
        here = found.get("machine") == machine()
        gone = here and started(int(found.get("pid", 0))) != found.get("started")
        return None if gone else found

    def take(self) -> bool:
        """Take the lease if it is free, and return whether it is this one's."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.path.with_name(".taking")), locked(self.lock):
            os.utime(self.lock)  # now, by the clock of the file system
            now = self.lock.stat().st_mtime
            free = self.owner(now) is None and not self._trained_elsewhere(now)
            if free:
                self._write()
        return free

    def _trained_elsewhere(self, now: float) -> bool:
        """Return whether another process trains some of it in another unit."""
        here, own = _this_process(), {*self.run_ids}
        for path in self.path.parent.glob("*.json") if own else ():
            with contextlib.suppress(OSError):  # given back meanwhile
                other = Lease(path).owner(now) or {}
                half = here.items() <= other.items()  # of what this process trains
                if not half and not own.isdisjoint(other.get("run_ids", ())):
                    return True
        return False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lease for a moment in which nobody can take it over.

        Raises:
            LeaseLostError: somebody has taken it over.
        """
        with locked(self.lock):
            owner = self._written()
            if owner is None or owner.get("token") != self.token:
                raise LeaseLostError(f"another process has taken over {self.path.stem}")
            yield

    def _beat(self) -> None:
        while not self._ended.wait(LEASE_S / BEATS):
            try:
                with self.held():
                    self._write()
            except LeaseLostError:
                return
            except OSError:  # a full disk, say: the next beat may do
                continue

    def give_back(self) -> None:
        """End the lease, unless somebody has taken it over."""
        self._ended.set()
        with contextlib.suppress(LeaseLostError, OSError), self.held():
            self.path.unlink()


def _this_process() -> dict[str, Any]:
    pid = os.getpid()
    return {"machine": machine(), "pid": pid, "started": started(pid)}


@contextlib.contextmanager
def claim(folder: Path, unit_id: str, run_ids: Collection[str] = ()) -> Iterator[Lease | None]:
    """Hold the lease of a unit for a ``with`` block, or None where another process has it.

    Args:
        run_ids: what it trains.
    """
    lease = Lease(folder / f"{unit_id}.json", run_ids)
    if not lease.take():
        yield None
        return
    threading.Thread(target=lease._beat, daemon=True).start()
    try:
        yield lease
    finally:
        lease.give_back()


def owned(folder: Path) -> set[str]:
    """Return the units that somebody trains now, by this machine's clock."""
    found = set()
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):  # given back meanwhile
            if Lease(path).owner(time.time()):
                found.add(path.stem)
    return found


def _unlockable(out: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot lock files in {out}: {error.strerror}; choose another --out, on a disk with locks"
    )


@contextlib.contextmanager
def opening(out: Path) -> Iterator[None]:
    """Hold the run directory ``out`` while it is put in order; another process waits.

    Raises:
        UsageError: it cannot be locked.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(out / ".opening"))
        except OSError as error:
            if error.errno in DISK:
                raise
            raise _unlockable(out, error) from None
        yield


@contextlib.contextmanager
def directory_lock(out: Path, how: int) -> Iterator[None]:
    """Hold the run directory ``out``, alone or together with others, for a ``with`` block.

    Args:
        how: ``fcntl.LOCK_EX`` or ``fcntl.LOCK_SH``.

    Raises:
        UsageError: it is held otherwise, or cannot be written.
    """
    path = out / ".lock"
    try:
        handle = open(path, "a+")  # noqa: SIM115 (NFS: a shared lock needs a file to read)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another ganbench run is using {out}: wait, or choose another --out"
            ) from None
        except OSError as error:
            raise _unlockable(out, error) from None
        yield
