"""Where a number comes from: versions, commit, machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import resource
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import ganbench


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _git(*words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(ganbench.__file__).parent), *words],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def commit() -> tuple[str, bool | None]:
    """Return ganbench's own commit and whether its package has changes; ("", None) if installed.

    A git repository that merely contains an installed copy does not count.
    """
    top = _git("rev-parse", "--show-toplevel")
    if not top or Path(top) != Path(ganbench.__file__).parent.parent:
        return "", None
    return _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain", "--", "."))


def processor() -> str:
    """Return the processor's model name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def gpus(device: str) -> int:
    """Return how many GPUs ``device`` means: all that are there, where it names none."""
    import torch

    return max(1, torch.cuda.device_count()) if device == "cuda" else 1


def environment(device: str) -> dict[str, Any]:
    """Return the versions, device and commit of this process, for its results."""
    import torch

    sha, dirty = commit()
    cuda = device.startswith("cuda")
    return {
        "device": "cuda" if cuda else "cpu",
        "hardware": torch.cuda.get_device_name(device) if cuda else processor(),
        "threads": torch.get_num_threads(),
        "torch_version": torch.__version__,
        "ganbench_version": ganbench.__version__,
        "git_sha": sha,
        "git_dirty": dirty,
    }


def peak_memory(device: str) -> int:
    """Return the most memory used so far, in bytes: of the GPU, or of this process."""
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def oom_kills() -> int:
    """Return how many processes the system has killed for want of memory since it started."""
    found = 0
    for path in (Path("/proc/vmstat"), Path("/sys/fs/cgroup/memory.events")):
        with contextlib.suppress(OSError):
            counts = re.findall(r"^oom_kill (\d+)$", path.read_text(), re.MULTILINE)
            found += sum(map(int, counts))
    return found


def load_average() -> float | None:
    """Return the machine's load average of the last minute, where the system tells it."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None
