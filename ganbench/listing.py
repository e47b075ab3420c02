"""What ``ganbench list``, ``ganbench info`` and ``docs/zoo.md`` say of what is registered."""

from __future__ import annotations

import re
from typing import Any

from ganbench import registry
from ganbench.spec import Paper, Variant

COLUMNS = ("variant", "penalty", "steps", "paper")
EMPTY: tuple[object, ...] = (None, False, "", (), {}, frozenset())
LINE = "  {:<17}{:<30}{:>5}  {}"


def summary(kind: str, item: Any) -> str:
    """Return one line."""
    if kind in ("variant", "modifier"):
        return f"{item.equation}   [{item.paper.authors} {item.paper.year}]"
    if kind == "metric":
        return ", ".join(q.key for q in item.quantities)
    return str(item.summary)


def name(kind: str, item: Any) -> str:
    """Return how it is written."""
    return str(item.usage if kind == "family" else item.name)


def parts(variant: Variant) -> list[str]:
    """Return what a variant has beside two losses: penalties, constraint, views, terms, extra."""
    keys = [p.key for p in variant.penalties]
    keys += [variant.constraint.key] if variant.constraint else []
    keys += [view.key for view in variant.views] + [term.key for term in variant.terms]
    named = [key.rpartition(".")[0].replace("_", " ") for key in keys]
    return [*named, *([variant.extra.name] if variant.extra else [])]


def row(variant: Variant) -> dict[str, Any]:
    """Return a variant's line of the zoo's table: family, equation, penalty, steps, paper."""
    paper = variant.paper
    return {
        "variant": variant.name,
        "family": variant.family,
        "core": variant.core,
        "equation": variant.equation,
        "penalty": ", ".join(parts(variant)),
        "steps": variant.d_steps,
        "paper": f"{paper.authors} {paper.year}",
        "arxiv": paper.arxiv,
    }


def families() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all registered variants, by family, both in order of their names."""
    rows = sorted((row(v) for v in registry.items("variant")), key=lambda r: r["variant"])
    return {f: [r for r in rows if r["family"] == f] for f in sorted({r["family"] for r in rows})}


def zoo() -> str:
    """Return the zoo for the terminal, 80 columns wide but for the longest equations."""
    lines = [LINE.format(*COLUMNS), "  equation"]
    for family, rows in families().items():
        lines += ["", family]
        for r in rows:
            lines.append(LINE.format(*(r[column] for column in COLUMNS)).rstrip())
            lines += [f"    {part}" for part in re.split(" {3,}", r["equation"])]
    return "\n".join(lines)


def markdown() -> str:
    """Return ``docs/zoo.md``."""
    count = len(registry.names("variant"))
    lines = [
        "# The zoo",
        "",
        f"{count} variants. `r` and `f` are the logits of real and generated samples, `sp` is "
        "softplus, `s` the sigmoid; *steps* are updates of D for one of G. Variants in bold are "
        "the group `core`; each family is a group too (`ganbench run --variants relativistic`). "
        "Made by `ganbench list variants --markdown`.",
    ]
    head = ("variant", "equation", "penalty", "steps", "paper")
    for family, rows in families().items():
        lines += ["", f"## {family}", "", f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
        for r in rows:
            cells = {column: str(r[column]) for column in head}
            cells["variant"] = f"**`{r['variant']}`**" if r["core"] else f"`{r['variant']}`"
            equation = re.sub(" {3,}", "`<br>`", r["equation"].replace("|", "\\|"))
            cells["equation"] = f"`{equation}`"
            if r["arxiv"]:
                cells["paper"] = f"[{r['paper']}](https://arxiv.org/abs/{r['arxiv']})"
            lines.append(f"| {' | '.join(cells[column] for column in head)} |")
    return "\n".join(lines) + "\n"


def papers(kind: str, item: Any) -> list[Paper]:
    """Return the papers of something registered; of a composition, those of its parts."""
    base, *added = item.name.split("+") if kind == "variant" else [item.name]
    found = [registry.get(kind, base), *(registry.get("modifier", part) for part in added)]
    return list(dict.fromkeys(paper for x in found if (paper := getattr(x, "paper", None))))


def bibtex(paper: Paper) -> str:
    """Return the BibTeX entry of ``paper``."""
    authors = paper.authors.replace(" et al.", " and others").replace(" & ", " and ")
    words = [w for w in re.findall(r"[a-z0-9]+", paper.title.lower()) if len(w) > 3]
    surname = re.findall(r"[a-z]+", authors.lower())[0]
    fields = {"author": authors, "title": f"{{{paper.title}}}", "year": str(paper.year)}
    if paper.arxiv:
        fields |= {"eprint": paper.arxiv, "archivePrefix": "arXiv"}
    if paper.venue:
        fields["howpublished"] = paper.venue
    body = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{{surname}{paper.year}{words[0] if words else ''},\n{body}\n}}"


def _plain(value: Any) -> str:
    if isinstance(value, frozenset | tuple):
        return ", ".join(_plain(v) for v in sorted(value, key=str))
    return str(getattr(value, "key", value))


def details(kind: str, item: Any) -> list[tuple[str, str]]:
    """Return every field that has something to say, a variant's defaults and the source file."""
    hidden = {"name", "paper"} | (
        {"networks", "joint"} if kind in ("variant", "modifier") else set()
    )
    lines = [
        (key, _plain(value))
        for key, value in vars(item).items()
        if key not in hidden
        and not callable(value)
        and value not in (None, "", (), {}, frozenset())
    ]
    if kind == "variant":
        lines.append(("defaults", ", ".join(f"{k} {v:g}" for k, v in item.hyper().items())))
    lines += [("paper", str(paper)) for paper in papers(kind, item)]
    return [*lines, ("source", registry.source(kind, item.name))]
