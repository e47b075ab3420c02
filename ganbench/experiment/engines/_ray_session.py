"""Joining a Ray cluster, or starting one, and the options that say which."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Where
from ganbench.core.ranges import Range, whole
from ganbench.experiment.provenance import usable_cores

LOCAL = "local"
CONNECT_S = 2.0  # in which something must answer at the address
ANSWER_S = 12.0  # in which it must be a cluster; Ray itself would try for minutes
JOIN = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False, configure_logging=False, logging_level=50)
"""
PLACE = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):([0-9]{1,5})")
OPTIONS = {
    "address": "of a cluster: HOST:PORT, or auto (one of this machine); default: one of its own",
    "cpus": "CPU cores that a unit takes; default 1",
    "gpus": "GPUs that a unit takes, such as 0.25; default: 1 on CUDA, else 0",
    "shared": "yes (default): the nodes share the disk of the run directory; no: they do not",
}


def check_options(options: Mapping[str, str]) -> None:
    """Raise ``UsageError`` for options that cannot be, or if Ray is not installed."""
    cpus_of(options)
    gpus_of(options, "cpu")
    if options.get("shared", "yes") not in ("yes", "no"):
        raise UsageError(f"--engine-opt shared={options['shared']}: yes or no needed")
    _ray()
    address = options.get("address", LOCAL)
    if address not in (LOCAL, "auto"):
        _check_reachable(address)


def _ray() -> Any:
    """Return the module ``ray``.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told
    try:
        import ray
    except ImportError:
        raise UsageError("--engine ray needs Ray: pip install 'ganbench[ray]'") from None
    return ray


def cpus_of(options: Mapping[str, str]) -> int:
    """Return the cores that a unit takes."""
    found: int = whole(1, 1_024).parse("--engine-opt cpus", options.get("cpus", "1"))
    return found


def gpus_of(options: Mapping[str, str], device: str) -> float:
    """Return the GPUs that a unit takes: at most one, as it uses no more."""
    usual = "0" if device == "cpu" else "1"
    found = float(Range(0, 1).parse("--engine-opt gpus", options.get("gpus", usual)))
    return found


def _check_reachable(address: str) -> None:
    """Raise ``UsageError`` unless something answers at ``address`` in a few seconds."""
    match = PLACE.fullmatch(address)
    if match is None:
        raise UsageError(f"--engine-opt address={address}: HOST:PORT, auto or local needed")
    try:
        socket.create_connection((match[1].strip("[]"), int(match[2])), CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"no Ray cluster answers at {address}: {error}") from None


def _check_cluster(address: str) -> None:
    """Raise ``UsageError`` unless a process can join the cluster at ``address`` in time."""
    words = [sys.executable, "-P", "-c", JOIN, address]
    try:
        tried = subprocess.run(words, capture_output=True, text=True, timeout=ANSWER_S)
    except subprocess.TimeoutExpired:
        said = f"no answer in {ANSWER_S:g} s"
    else:
        if tried.returncode == 0:
            return
        said = next(reversed(tried.stderr.strip().splitlines()), "it ended without a word")
    raise UsageError(f"no Ray cluster can be used at {address}: {said}")


@contextlib.contextmanager
def connected(where: Where) -> Iterator[Any]:
    """Connect to the cluster that is named, or start one of this machine, for a ``with`` block.

    Yields:
        The module ``ray``.

    Raises:
        UsageError: there is none.
    """
    ray = _ray()
    if ray.is_initialized():  # by the caller of ``ganbench.run``
        yield ray
        return
    address = where.options.get("address", LOCAL)
    own: dict[str, Any] = {}
    if address == LOCAL:
        cores = where.workers * cpus_of(where.options) if where.workers else usable_cores()
        own = {"num_cpus": cores, "include_dashboard": False}
    else:
        _check_cluster(address)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address, log_to_driver=False, logging_level=logging.ERROR,
            configure_logging=False, **own,
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise UsageError(f"no Ray cluster can be used at {address}: {said}") from None
    finally:
        if threading.current_thread() is threading.main_thread():  # Ray has put its own there
            signal.signal(signal.SIGTERM, handler)
    try:
        yield ray
    finally:
        ray.shutdown()
