"""What ``ganbench list``, ``ganbench info`` and ``docs/zoo.md`` say of what is registered."""

from __future__ import annotations

import re
from typing import Any

from ganbench.core import registry
from ganbench.core.citations import papers
from ganbench.core.kinds import (
    Constants,
    Dataset,
    Engine,
    Metric,
    Modifier,
    Paper,
    Pattern,
    Preset,
    Variant,
    distinct_methods,
)
from ganbench.core.kinds.metric import ARROWS, BEST

COLUMNS = ("variant", "penalty", "steps", "paper")
LINE = "  {:<17}{:<30}{:>5}  {}"


def summary(item: Any) -> str:
    """Return one line."""
    if isinstance(item, Variant | Modifier):
        equation = item.equation or "(no equation given)"
        return f"{equation}   [{item.paper.authors} {item.paper.year}]"
    if isinstance(item, Metric):
        return ", ".join(q.key for q in item.quantities)
    return str(item.summary)


def written(item: Any) -> str:
    """Return how the name of ``item`` is written."""
    return str(item.usage if isinstance(item, Pattern) else item.name)


def quantity_keys(metric: Metric) -> set[str]:
    """Return the names of the quantities of ``metric``, on all features."""
    keys = {quantity.key for quantity in metric.quantities}
    renamed = {
        own for f in registry.features.items() for key, own in f.names.items() if key in keys
    }
    return keys | renamed


def parts(variant: Variant) -> list[str]:
    """Return the parts of a variant beside its two losses, in words."""
    keys = [p.key for p in variant.penalties]
    keys += [variant.constraint.key] if variant.constraint else []
    keys += [t.key for t in variant.input_transforms] + [t.key for t in variant.generator_terms]
    named = [key.rpartition(".")[0].replace("_", " ") for key in keys]
    return [*named, *([variant.loss_state.name] if variant.loss_state else [])]


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


def families(built_in: bool = False) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all registered variants, by family, both in order of their names.

    Args:
        built_in: only those that come with ganbench.
    """
    variants = [
        v for v in registry.variants.items() if not built_in or registry.variants.built_in(v.name)
    ]
    rows = [row(v) for v in variants]
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


def zoo_markdown() -> str:
    """Return ``docs/zoo.md``."""
    by_family = families(built_in=True)
    names = [row["variant"] for rows in by_family.values() for row in rows]
    methods = len(distinct_methods([registry.variants.get(name) for name in names]))
    lines = [
        "# The zoo",
        "",
        f"{methods} methods under {len(names)} names. `r` and `f` are the logits of real and "
        "generated samples, `sp` is softplus, `s` the sigmoid; *steps* are updates of D for one of "
        "G. Variants in bold are the group `core`; each family is a group too (`ganbench run "
        "--variants relativistic`). "
        "Made by `ganbench list variants --markdown`.",
    ]
    head = ("variant", "equation", "penalty", "steps", "paper")
    for family, rows in by_family.items():
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


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")


def registry_markdown() -> str:
    """Return ``docs/registry.md``: everything that is registered, but for the variants."""
    lines = [
        "# What can be chosen",
        "",
        "Everything that is registered, beside the variants ([zoo.md](zoo.md)). `ganbench info "
        "NAME` tells more of each. Made by `ganbench list --markdown`.",
    ]
    for kind in registry.KINDS.values():
        if kind in (registry.variants, registry.patterns):
            continue
        lines += ["", f"## {kind.plural}", ""]
        if kind is registry.metrics:
            lines += ["| metric | quantities | group | reads | paper |", "|---|---|---|---|---|"]
            for m in filter(lambda m: kind.built_in(m.name), kind.items()):
                arrows = (f"`{q.key}` {ARROWS[q.target]}" for q in m.quantities)
                cells = (f"`{m.name}`", ", ".join(arrows), m.group, m.needs.name, _short(m.paper))
                lines.append(f"| {' | '.join(map(_cell, cells))} |")
            continue
        lines += [f"| {kind.kind} | |", "|---|---|"]
        for item in [*kind.items(), *kind.patterns()]:
            if isinstance(item, Pattern) or kind.built_in(item.name):
                lines.append(f"| `{written(item)}` | {_cell(summary(item))} |")
    return "\n".join(lines) + "\n"


def _short(paper: Paper) -> str:
    text = f"{paper.authors} {paper.year}"
    return f"[{text}](https://arxiv.org/abs/{paper.arxiv})" if paper.arxiv else text


def _plain(value: Any) -> str:
    if isinstance(value, frozenset):
        value = tuple(sorted(value))
    if isinstance(value, tuple):
        return ", ".join(_plain(v) for v in value)
    return str(getattr(value, "key", value))


HIDDEN = (
    "name", "paper", "network_wraps", "joint", "budgets", "needs", "controls", "constants",
)  # fmt: skip


def details(kind: str, item: Any) -> list[tuple[str, str]]:
    """Return every field that has something to say, a variant's defaults and the source file."""
    from ganbench.reports.literature import said_of

    hidden = (*HIDDEN, "options") if isinstance(item, Engine) else HIDDEN
    lines = [
        (key, _plain(value))
        for key, value in vars(item).items()
        if key not in hidden
        and not callable(value)
        and value not in (None, "", (), {}, frozenset())
    ]
    if isinstance(item, Variant):
        lines.append(("defaults", ", ".join(f"{k} {v:g}" for k, v in item.hyper().items())))
        lines += [(f"schedule {k}", str(schedule)) for k, schedule in item.schedules.items()]
        lines += [(f"on {family}", _constants(c)) for family, c in item.constants.items()]
        lines += [("published", line) for line in said_of(item.name)]
    if isinstance(item, Metric):
        lines.append(("reads", item.needs.name))
        lines += [(q.key, f"{BEST[q.target]}, in {q.unit}") for q in item.quantities]
    if isinstance(item, Engine):
        lines += [(f"--engine-opt {key}", meaning) for key, meaning in item.options.items()]
    if isinstance(item, Dataset):
        lines += [(f"preset {name}", _own(budget)) for name, budget in item.budgets.items()]
    if isinstance(item, Preset):
        lines += [
            (f"on {dataset.name}", _own(dataset.budgets[item.name]))
            for dataset in registry.datasets.items()
            if item.name in dataset.budgets
        ]
    lines += [("paper", str(paper)) for paper in papers(kind, item)]
    sources = [registry.KINDS[kind].source(item.name)]
    if isinstance(item, Variant) and "+" in item.name:
        sources += [registry.modifiers.source(part) for part in item.name.split("+")[1:]]
    return [*lines, *(("source", source) for source in dict.fromkeys(sources))]


def _constants(constants: Constants) -> str:
    """Return what a method's authors used for one family of data."""
    values = ", ".join(f"{key} {value:g}" for key, value in constants.values.items())
    return f"{values} ({constants.source})"


def _own(budget: Any) -> str:
    """Return the numbers that a data set has of its own in a preset."""
    return ", ".join(f"{key} {value}" for key, value in vars(budget).items() if value is not None)
