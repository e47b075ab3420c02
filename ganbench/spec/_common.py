"""Names and citations."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]{0,63}")


def check_name(name: str) -> None:
    """Raise ``ValueError`` unless ``name`` can be a permanent key of results."""
    if not NAME.fullmatch(name):
        raise ValueError(f"name {name!r} does not match {NAME.pattern}")


def check_dataset_name(name: str) -> None:
    """Raise ``ValueError`` unless each part of ``name`` or ``family:member`` is such a key."""
    for part in name.split(":", 1):
        check_name(part)


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
        return f"{self.authors} ({self.year}). {self.title}. {where}".rstrip(". ") + "."
