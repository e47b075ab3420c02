"""Errors that speak to the person who runs ganbench."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UsageError(ValueError):
    """Input that the user can put right: printed on one line, exit code 2."""


class Interrupted(BaseException):
    """The run was asked to stop; what was done is on disk and the same command goes on.

    As ``KeyboardInterrupt``, it is no failure of what was being done.
    """


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown ``name``, with the nearest known names."""
    known = sorted(set(known))
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return UsageError(f"unknown {kind} {name!r}: {hint}")
