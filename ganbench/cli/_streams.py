"""Standard output and error that cannot fail: ASCII where the terminal cannot do better."""

from __future__ import annotations

import codecs
import sys
import unicodedata

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


def degrade() -> None:
    """Let both streams write something for every character."""
    codecs.register_error(HANDLER, in_ascii)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=HANDLER)
