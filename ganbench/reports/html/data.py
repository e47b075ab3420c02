"""What the page shows, as plain values: text, numbers, lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.colours import CONTROL_FAMILY, colour
from ganbench.reports.html import curves, origin, rows
from ganbench.reports.html.pictures import all_embedded
from ganbench.reports.literature import literature_values
from ganbench.reports.said import near_the_best, sentences
from ganbench.reports.samples import picture_stem
from ganbench.reports.tables import number
from ganbench.reports.verdicts import REAL, VERDICTS


def page_data(
    store: Store,
    records: Sequence[Record],
    more: Sequence[MoreMeasured],
    table: pd.DataFrame,
    board: pd.DataFrame,
    datasets: Sequence[str],
) -> dict[str, Any]:
    """Return what the page shows of these data sets, the first one open.

    Args:
        records: of one budget for each data set. more: what was measured of them later.
        table, board: ``results.csv`` and ``leaderboard.csv`` of them all.
    """
    plan = store.plan()
    shown = []
    for place, name in enumerate(datasets):
        own = [r for r in records if r.training.dataset == name]
        runs = {r.run_id for r in own}
        later = [m for m in more if m.run_id in runs]
        own_table, own_board = (
            leaderboard.first_protocols(t[t["dataset"] == name]) for t in (table, board)
        )
        one = _dataset(store, own, later, own_table, own_board, plan)
        shown.append({"id": f"d{place}", **one})
    families = {row["family"] for one in shown for row in one["main"]["rows"]}
    return {
        "datasets": shown,
        "verdicts": VERDICTS,
        "colours": {f: (colour(f), colour(f, dark=True)) for f in sorted(families)},
    }


def _dataset(
    store: Store,
    records: list[Record],
    more: list[MoreMeasured],
    table: pd.DataFrame,
    board: pd.DataFrame,
    plan: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return what the page shows of one data set."""
    primary, known = records[0].primary, leaderboard.quantities(records, more)
    main = rows.main_table(board, table, primary, known)
    groups: dict[str, list[Record]] = {}  # in the order of the table
    for row in main["rows"]:
        of_row = [
            r for r in records if r.training.variant == row["variant"] and r.arch == row["arch"]
        ]
        groups[row["name"]] = of_row
    said = sentences(board, table, primary, known)
    papers = literature_values(
        records[0].training.dataset, sorted({r.training.variant for r in records})
    )
    families = dict.fromkeys(row["family"] for row in main["rows"] if not row["control"])
    counted = curves.shares(groups, primary)
    return {
        "name": records[0].training.dataset,
        "primary": primary,
        "baseline": leaderboard.BASELINE,
        "budget": _budget(records),
        "main": main,
        "tiles": rows.tiles(main, primary, near_the_best(board, table, primary, known)),
        "lead": said[0],
        "said": said[1:],
        "families": sorted(families),
        "curves": curves.learning_curves(groups, known, primary),
        "histories": curves.histories(store, groups, primary),
        "shares": counted,
        "kind": "class" if records[0].modes is None else "mode",
        "count": max((len(s["permille"]) for m in counted for s in m["seeds"]), default=0),
        "samples": _samples(store, groups, main["rows"], primary),
        "published": _published(papers),
        "protocols": origin.protocols(records, more),
        "provenance": origin.provenance(records),
        "commands": origin.commands(records, plan),
        "bibtex": origin.citations(records),
    }


def _budget(records: Sequence[Record]) -> str:
    """Return the budget in words: arch, updates or images, seeds, weights."""
    trained = [r for r in records if not r.training.control] or list(records)
    first = trained[0].training
    unit = "generator updates" if first.budget_unit == "g_steps" else "real images"
    archs = ", ".join(dict.fromkeys(r.arch for r in trained))
    weights = "last weights" if first.ema is None else f"averaged weights ({first.ema:g})"
    return f"{archs} · {first.budget:,} {unit} · batch {first.batch} · {weights}"


def _samples(
    store: Store, groups: Mapping[str, list[Record]], table: list[dict[str, Any]], primary: str
) -> list[dict[str, Any]]:
    """Return the kept pictures of samples, real ones first."""
    stems = [picture_stem(groups[row["name"]][0]) for row in table]
    pictures = all_embedded([store.out / "samples" / f"{stem}.png" for stem in stems])
    found = [
        picture
        | {
            "row": row,
            "value": f"{primary} {row['value']['text']}",
            "real": row["variant"] == REAL,
        }
        for row, picture in zip(table, pictures, strict=True)
        if picture is not None
    ]
    return sorted(found, key=lambda picture: not picture["real"])


def _published(papers: pd.DataFrame) -> list[dict[str, str]]:
    """Return the numbers of papers on this data set, with their set-ups."""
    lines = []
    for row in papers.astype(object).where(papers.notna(), "").to_dict("records"):
        spread = f" ± {row['spread']:g} ({row['spread_kind']})" if row["spread"] != "" else ""
        kept = ("study", "variant", "metric", "setup", "where")
        line = {key: str(row[key]) for key in kept}
        runs = row["runs"]
        line["runs"] = f"{runs:g}" if isinstance(runs, float) else str(runs)
        lines.append(line | {"value": number(float(row["value"])) + spread})
    return lines


def of_family(name: str) -> str:
    """Return a family as the page says it."""
    return "controls" if name == CONTROL_FAMILY else name.replace("-", " ")
