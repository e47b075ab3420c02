"""What a person should know beside results: a line on standard error, which cannot fail."""

from __future__ import annotations

import contextlib
import sys

from ganbench.core.printable import one_line


def notice(said: str) -> None:
    """Say something, on one line; where standard error is closed or full, nothing."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"ganbench: {one_line(said)}\n")
        sys.stderr.flush()
