"""Errors that speak to the person who runs ganbench."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

from ganbench.core.printable import shown


class UsageError(ValueError):
    """Input that the user can put right: printed on one line, exit code 2."""


class Interrupted(BaseException):
    """The run was asked to stop; what was done is on disk and the same command goes on.

    As ``KeyboardInterrupt``, it is no failure of what was being done.
    """


DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}  # full, or not to be written
NO_THREAD = "can't start new thread"  # the RuntimeError of a machine without any left


def of_the_machine(error: BaseException) -> bool:
    """Return whether the machine is to blame for ``error``, and the same again may do.

    Memory, files, processes and threads are the machine's; an input that cannot be used is not.
    """
    if isinstance(error, UsageError):
        return False
    lacks_memory = type(error).__name__ == "OutOfMemoryError"  # torch's, which is not imported here
    return isinstance(error, MemoryError | OSError) or lacks_memory or NO_THREAD in str(error)


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown ``name``, with the nearest known names."""
    known = sorted(set(known))
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return UsageError(f"unknown {kind} '{shown(name)}': {hint}")
