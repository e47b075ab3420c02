"""The memory that this machine has for a process, and what is said of what needs more."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from ganbench.core.errors import UsageError

CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_bytes() -> int:
    """Return the bytes that this process may use: of the machine, its container or its limits."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in CGROUPS:
        try:
            found.append(int(Path(path).read_text()))
        except (OSError, ValueError):  # absent, or "max"
            continue
    found += [limit for limit in resource.getrlimit(resource.RLIMIT_AS)[:1] if limit > 0]
    return min(found)


def free_bytes() -> int | None:
    """Return the bytes that no process uses now; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    told = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    return told[0] if told else None


def gigabytes(number: int) -> str:
    """Return a number of bytes in words."""
    return f"{number / 1e9:,.1f} GB"


def check_memory(what: str, needed: int, remedy: str) -> None:
    """Raise ``UsageError`` where ``what`` needs more bytes than the machine has.

    Args:
        remedy: what to do, the end of the message.
    """
    has = machine_bytes()
    if needed > has:
        raise UsageError(
            f"{what} needs about {gigabytes(needed)} of memory, and this machine has "
            f"{gigabytes(has)}: {remedy}"
        )
