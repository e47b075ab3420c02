"""Papers of what is registered, and their BibTeX entries."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ganbench.core import registry
from ganbench.core.kinds import Paper


def papers(kind: str, item: Any) -> list[Paper]:
    """Return the papers of something registered; of a composition, those of its parts."""
    parts = [item]
    if kind == "variant" and (whole := item.composition or item.name) and "+" in whole:
        base, *added = whole.split("+")
        parts += [registry.variants.get(base), *(registry.modifiers.get(part) for part in added)]
        parts = parts if item.composition else parts[1:]
    return list(dict.fromkeys(paper for x in parts if (paper := getattr(x, "paper", None))))


def bibtex(paper: Paper) -> str:
    """Return the BibTeX entry of ``paper``."""
    authors = paper.authors.replace(" et al.", " and others").replace(" & ", " and ")
    words = [w for w in re.findall(r"[a-z0-9]+", paper.title.lower()) if len(w) > 3]
    plain = unicodedata.normalize("NFKD", authors.lower()).encode("ascii", "ignore").decode()
    surname = re.findall(r"[a-z]+", plain)[0]
    fields = {"author": authors, "title": f"{{{paper.title}}}", "year": str(paper.year)}
    if paper.arxiv:
        fields |= {"eprint": paper.arxiv, "archivePrefix": "arXiv"}
    if paper.venue:
        fields["howpublished"] = paper.venue
    body = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{{surname}{paper.year}{words[0] if words else ''},\n{body}\n}}"
