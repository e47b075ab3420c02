"""Standard output and error that cannot fail: ASCII where the terminal cannot do better.

Where nobody reads on (``| head -1``), the rest goes nowhere. Where the output cannot be written
(a full disk), ``unwritten`` says why, and a command whose result it is ends with an error.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import unicodedata
from typing import Any

HANDLER = "ganbench-ascii"
IN_ASCII = {
    "↓": "v", "↑": "^", "×": "x", "·": "-", "…": "...", "–": "-", "—": "-", "≥": ">=", "≤": "<=",
    "→": "->", "±": "+-", "λ": "lambda", "ψ": "psi", "θ": "theta", "σ": "sigma", "μ": "mu",
    "‖": "|", "∇": "grad ", "²": "^2", "³": "^3", "½": "1/2", "−": "-", "ü": "u",
    "’": "'", "“": '"', "”": '"',
}  # fmt: skip


def in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for the characters that an encoding has not, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(c if c.isascii() else IN_ASCII.get(c) or _plain(c) for c in text), error.end


def _plain(character: str) -> str:
    """Return a letter without its accents, or a question mark."""
    base = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return base or "?"


class _Forgiving(io.RawIOBase):
    """A file that takes everything; ``error`` is the first that the one behind it had."""

    def __init__(self, behind: io.RawIOBase) -> None:
        self.behind, self.error = behind, ""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.behind.fileno()

    def isatty(self) -> bool:
        return self.behind.isatty()

    def write(self, content: Any) -> int:
        view = memoryview(content)
        if not self.error:
            try:
                return self.behind.write(view) or 0
            except OSError as error:
                gone = error.errno in (errno.EPIPE, errno.EIO)  # the reader, or the terminal
                self.error = NOBODY if gone else error.strerror or str(error)
        return view.nbytes


NOBODY = "nobody reads it"


def degrade() -> None:
    """Let both streams write something for every character, or nothing."""
    codecs.register_error(HANDLER, in_ascii)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # without a buffer where PYTHONUNBUFFERED is set
        if stream is None:  # closed by who started this process
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(raw, io.FileIO):
            stream.flush()
            forgiving = io.TextIOWrapper(
                io.BufferedWriter(_Forgiving(raw)),
                encoding=stream.encoding,
                errors=HANDLER,
                line_buffering=stream.line_buffering or stream.write_through,
            )
            _kept.append(stream)
            setattr(sys, name, forgiving)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=HANDLER)


_kept: list[Any] = []  # the first streams: collected, they would close the files


def unwritten() -> str:
    """Return why a part of standard output was not written; empty if all was, or nobody reads."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    if not isinstance(raw, _Forgiving):
        return ""
    sys.stdout.flush()
    return "" if raw.error == NOBODY else raw.error
