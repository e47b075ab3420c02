"""Code of somebody else's, which may raise anything: its failure is one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ganbench.core.errors import Interrupted, UsageError

LONGEST = 300  # characters of a message that was not written for one line


def reason(error: BaseException) -> str:
    """Return kind and message of an error of somebody else's code, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return f"{type(error).__name__}: {last}"[:LONGEST] if last else type(error).__name__


@contextmanager
def foreign(what: str) -> Iterator[None]:
    """Turn whatever is raised in this block, ``SystemExit`` too, into a ``UsageError`` of ``what``.

    Being asked to stop is no failure.
    """
    try:
        yield
    except (KeyboardInterrupt, Interrupted):
        raise
    except BaseException as error:
        raise UsageError(f"{what}: {reason(error)}") from error
