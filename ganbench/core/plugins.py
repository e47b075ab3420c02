"""Plugins are tried in a process of their own first: one that hangs or exits harms nobody.

That a plugin could be imported is noted in the cache, by its name and its files' times and sizes:
it is tried again when one of them changes.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

from ganbench.core.cache import digest, folder
from ganbench.core.files import write_bytes

LIMIT_S = 60.0  # for the import of one plugin
TRYING = "GANBENCH_TRIES_A_PLUGIN"  # set in the process that tries one
IMPORTED = "imported by ganbench"
MOST_FILES = 2_000


def trying() -> bool:
    """Return whether this process does nothing but try a plugin."""
    return TRYING in os.environ


def refused(entry: EntryPoint, limit_s: float = LIMIT_S) -> str:
    """Return why a plugin cannot be imported, as text whose last line says most; or nothing."""
    note = folder() / "plugins" / digest({"entry": entry.value, "files": _files(entry)})
    if note.exists():
        return ""
    reason = _tried(entry, limit_s)
    if not reason:
        with contextlib.suppress(OSError):
            write_bytes(note, f"{entry.value}\n".encode())
    return reason


def _tried(entry: EntryPoint, limit_s: float) -> str:
    code = f"import sys, {entry.module}; sys.stdout.write({IMPORTED!r})"
    environment = {**os.environ, TRYING: "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, timeout=limit_s, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"its import was not done in {limit_s:g} s"
    except OSError as error:
        return f"it could not be tried: {error}"
    if done.stdout.endswith(IMPORTED) and done.returncode == 0:
        return ""
    return done.stderr.strip() or f"its import ended the process with {done.returncode}"


def _files(entry: EntryPoint) -> list[list[str | int]]:
    """Return path, time and size of the Python files of the package that a plugin is in."""
    try:
        spec = importlib.util.find_spec(entry.module.partition(".")[0])
    except (ImportError, ValueError):
        return []
    if spec is None or not spec.origin:
        return []
    origin = Path(spec.origin)
    paths = origin.parent.rglob("*.py") if origin.name == "__init__.py" else [origin]
    found: list[list[str | int]] = []
    for path in sorted(paths)[:MOST_FILES]:
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append([str(path), stat.st_mtime_ns, stat.st_size])
    return found
