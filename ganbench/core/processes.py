"""Processes of this machine: which one it is, and whether another one still runs."""

from __future__ import annotations

import contextlib
import os
import socket
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """Return what tells where a process id means something: this machine since it was started.

    Containers on it that have process ids of their own are machines of their own.
    """
    names = [socket.gethostname()]
    with contextlib.suppress(OSError):
        names.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with contextlib.suppress(OSError):
        names.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(names)


def started(pid: int) -> str:
    """Return when a process was started, or the empty string if it no longer runs.

    Where the system does not tell when, it is ``unknown``.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        except OSError:  # it is somebody else's
            return "unknown"
        return "unknown"
    return "" if state in "ZX" else fields[18]


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it ended
            found += thread.read_text().split()
    return sorted(map(int, found))


def limit_s(name: str, default: float) -> float:
    """Return the seconds in the environment variable ``name``; the default where there are none."""
    try:
        given = float(os.environ.get(name, ""))
    except ValueError:
        return default
    return given if 0 < given < float("inf") else default
