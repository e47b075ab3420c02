"""Everything a run directory shows: CSV files and plots, from its records alone."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ganbench import registry
from ganbench.evaluate import primary
from ganbench.protocols import of_records, refuse_mixed
from ganbench.published import published
from ganbench.reports import grids, leaderboard, plots
from ganbench.reports.tables import ranking
from ganbench.store import Record, Store, write_bytes

STRIPS = (
    "fd",
    "fid",
    "w2",
    "sliced_w2",
    "modes",
    "reverse_kl",
    "hq",
    "precision",
    "recall",
    "coverage",
)


def names(records: list[Record]) -> dict[str, str]:
    """Return what to call each run: its variant, and its arch where there are several."""
    several = len({r.arch for r in records}) > 1
    return {
        r.run_id: f"{r.training.variant} · {r.arch}" if several else r.training.variant
        for r in records
    }


def build(store: Store, dataset: str) -> tuple[pd.DataFrame, pd.DataFrame, list[Path]]:
    """Write the CSV files and the plots of ``dataset``'s records.

    Returns:
        Both tables and the paths written.

    Raises:
        UsageError: the records mix protocols.
    """
    records = [r for r in store.records() if r.training.dataset == dataset]
    refuse_mixed(of_records(records))
    table, board = leaderboard.write(store)
    written = [store.out / "results.csv", store.out / "leaderboard.csv"]
    spec = registry.get("dataset", dataset)
    first = records[0].training
    main = primary(spec, first.features, first.metrics)
    label = names(records)
    shown = table[table["dataset"] == dataset].assign(name=lambda t: t["run_id"].map(label))
    placed = ranking(board[board["dataset"] == dataset], main)
    by_pair = {(r.arch, r.training.variant): label[r.run_id] for r in records}
    order = list(dict.fromkeys(by_pair[row.arch, row.variant] for row in placed.itertuples()))

    papers = published(dataset, sorted({r.training.variant for r in records}))
    if len(papers):
        written.append(store.out / "published.csv")
        write_bytes(written[-1], papers.to_csv(index=False).encode())
    plots.style()
    folder = store.out / "plots"
    present = set(shown["metric"])
    measured = list(dict.fromkeys([main, *(m for m in STRIPS if m in present)]))
    for metric in dict.fromkeys([main, *(m for m in ("modes", "reverse_kl") if m in measured)]):
        written += plots.save(plots.curves(shown, metric, order), folder / f"curves-{metric}")
    written += plots.save(plots.strips(shown, measured, order), folder / "final-values")
    figure = plots.collapse(records, label, order)
    if figure is not None:
        written += plots.save(figure, folder / "collapse")
    mixture = spec.load(None).mixture if spec.shape and len(spec.shape) == 1 else None
    centers = None if mixture is None else mixture.centers
    found = {
        name: grids.finished(store, [r for r in records if label[r.run_id] == name], main)
        for name in order
    }
    if any(found.values()):
        written += plots.save(grids.sheet(found, main, centers), folder / "samples")
    for (arch, variant), name in by_pair.items():
        if found[name]:
            failed = sum(label[r.run_id] == name for r in records) - len(found[name])
            title = name + (f" ({failed} failed)" if failed else "")
            stem = f"{variant}-{arch}".replace(":", "-").replace("=", "").replace(",", "-")
            picture = grids.grid(found[name], main, title, centers)
            written += plots.save(picture, store.out / "samples" / stem, kinds=("png",))
    return table, board, written
