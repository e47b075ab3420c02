"""Files that are whole or absent, and sealed arrays; locks between processes."""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.core.notices import notice
from ganbench.core.processes import machine, started
from ganbench.core.seals import LENGTH, MARK, damaged, sealed, unsealed
from ganbench.core.whole_files import file_bytes

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

DAY_S = 86_400


def _ours(pid: int | str) -> str:
    """Return the ending of the temporary files of a process of this machine."""
    here = hashlib.sha256(machine().encode()).hexdigest()[:8]
    return f".{here}-{pid}.tmp"


def files_below(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield the files below ``folder`` with such names; folders may vanish meanwhile."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in fnmatch.filter(names, pattern))


def left_over(folder: Path) -> Iterator[Path]:
    """Yield the temporary files below ``folder`` that nobody writes any more.

    Those of processes of this machine that are gone, and those of other machines after a day.
    """
    for path in files_below(folder, ".*.tmp"):
        with contextlib.suppress(OSError):  # renamed meanwhile
            pid = path.name.removesuffix(".tmp").rpartition("-")[2]
            ours = path.name.endswith(_ours(pid)) and pid.isdigit()
            if not started(int(pid)) if ours else time.time() - path.stat().st_mtime > DAY_S:
                yield path


def check_writable(folder: Path) -> None:
    """Make ``folder``, and a file without a name in it, which others at the same time never meet.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent; see ``write_parts``."""
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file that is whole or absent, whatever happens: temporary name, sync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}{_ours(os.getpid())}")
    try:
        with open(part, "wb") as handle:
            handle.writelines(parts)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(part, path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            error.filename = str(path)  # what was to be written, not where it was on the way
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def as_npy(array: Array) -> bytes:
    """Return an array as the content of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def write_array(path: Path, array: Array) -> None:
    """Write one ``.npy`` file, with a seal, that is whole or absent."""
    write_bytes(path, sealed(as_npy(array)))


def read_array(path: Path) -> Array:
    """Return the array in a file of ``write_array``, or in an older one without a seal.

    Raises:
        UsageError: it cannot be read, is damaged, or is no such file.
    """
    content = read_sealed(path)
    stream = io.BytesIO(content)
    try:
        array: Array = np.load(stream, allow_pickle=False)
    except Exception as error:  # numpy raises many kinds for damaged files
        raise UsageError(f"{path} holds no array: {error}") from None
    if stream.tell() != len(content):
        raise damaged(str(path))
    return array


def whole_array(path: Path) -> Array | None:
    """Return the array in a file; None where it cannot be used, which a notice says."""
    try:
        return read_array(path)
    except UsageError as error:
        notice(f"{error}: left out")
        return None


def read_sealed(path: Path) -> bytes:
    """Return the content of a file without its seal, if it has one.

    Raises:
        UsageError: it cannot be read, or is damaged.
    """
    try:
        content = file_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return unsealed(content, str(path)) if MARK in content[-LENGTH:] else content


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; another process waits.

    Raises:
        OSError: it cannot be written, or its file system has no locks.
    """
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            error.filename = str(path)
            raise
        yield
