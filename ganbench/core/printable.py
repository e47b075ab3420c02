"""Text for a terminal: one line of printable characters, whatever a name or a path holds."""

from __future__ import annotations

from ganbench.core.limits import LONGEST, LONGEST_MESSAGE


def printable(text: str) -> str:
    """Return ``text`` with control characters, newlines and undecodable bytes as escapes."""
    text = text.encode("utf-8", "backslashreplace").decode()
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shortened(text: str, longest: int) -> str:
    """Return ``text`` without its middle where it is longer than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[-(longest // 2) :]}"


def shown(name: object) -> str:
    """Return a name or a path for a message: printable, and not too long."""
    return shortened(printable(str(name)), LONGEST)


def one_line(message: object) -> str:
    """Return a message for standard error: one printable line, and not too long."""
    return shortened(printable(str(message)), LONGEST_MESSAGE)
