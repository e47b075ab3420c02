"""Names and citations."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,63}")


def check_name(name: str) -> None:
    """Raise ``ValueError`` unless ``name`` can be a permanent key of results."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"name {name!r} does not match {NAME.pattern}")


@dataclass(frozen=True)
class Paper:
    """A citation."""

    title: str
    authors: str
    year: int
    arxiv: str = ""
    venue: str = ""

    def __str__(self) -> str:
        where = f"arXiv:{self.arxiv}" if self.arxiv else self.venue
        title = self.title if self.title.endswith("?") else f"{self.title}."
        return f"{self.authors} ({self.year}). {title} {where}".rstrip(". ") + "."
