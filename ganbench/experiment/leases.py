"""Leases: several processes or machines share one run directory, and no unit is trained twice.

    OUT/leases/<unit_id>.json   who trains a unit; written anew every few seconds
    OUT/leases/.lock-<xx>       held for the moment in which a lease or a result is written

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
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.files import locked, write_bytes
from ganbench.core.processes import limit_s, started

LEASE_S = limit_s("GANBENCH_LEASE_S", 60.0)
BEATS = 4  # times that a lease is written anew in its time


class LeaseLostError(Exception):
    """Another process has taken over the unit: nothing more of it is written here."""


@cache
def _machine() -> str:
    """Return what tells this machine, since it was started, from all others."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot}"
    return socket.gethostname()


class Lease:
    """The right to train one unit; see ``claim``.

    Args:
        path: of its file.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, path.with_name(f".lock-{path.stem[:2]}")
        self.token = uuid.uuid4().hex
        self._ended = threading.Event()

    def _written(self) -> dict[str, Any] | None:
        try:
            content = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None  # none, or one that a machine did not finish
        return content if isinstance(content, dict) else None

    def _write(self) -> None:
        pid = os.getpid()
        owner = {
            "token": self.token, "machine": _machine(), "pid": pid, "started": started(pid)
        }  # fmt: skip
        write_bytes(self.path, (json.dumps(owner) + "\n").encode())

    def owner(self, now: float) -> dict[str, Any] | None:
        """Return who trains the unit at the time ``now``, in seconds; None for nobody."""
        found = self._written()
        if found is None or now - self.path.stat().st_mtime > LEASE_S:
            return None
        here = found.get("machine") == _machine()
        gone = here and started(int(found.get("pid", 0))) != found.get("started")
        return None if gone else found

    def take(self) -> bool:
        """Take the lease if it is free, and return whether it is this one's."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.lock):
            os.utime(self.lock)  # now, by the clock of the file system
            free = self.owner(self.lock.stat().st_mtime) is None
            if free:
                self._write()
        return free

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


@contextlib.contextmanager
def claim(folder: Path, unit_id: str) -> Iterator[Lease | None]:
    """Hold the lease of a unit for a ``with`` block, or None where another process has it."""
    lease = Lease(folder / f"{unit_id}.json")
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
        handle = open(path, "a")  # noqa: SIM115
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    with handle:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"another ganbench run is using {out}: wait, or choose another --out"
            ) from None
        yield
