"""What a person should know beside results: a line on standard error, which cannot fail."""

from __future__ import annotations

import contextlib
import sys


def notice(said: str) -> None:
    """Say something, on one line; where standard error is closed or full, nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"ganbench: {said}\n")
        sys.stderr.flush()
