"""What a run returns: its tables, and ways to look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.experiment.records import QuantityInfo
from ganbench.experiment.store import Store

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ganbench.experiment.run import Failed
    from ganbench.reports.build import Built

NOTEBOOK_ROWS = 20  # of variants in a notebook's table


@dataclass(frozen=True)
class Result:
    """The results of a run.

    In a notebook it shows its findings and a short table.

    Attributes:
        out: the run directory.
        results: one row per run, checkpoint and metric (``results.csv``).
        leaderboard: one row per variant and metric, ranked (``leaderboard.csv``).
        quantities: unit, direction and label of every quantity.
        written: every file of tables and plots, and the page.
        failed: ``(unit, reason)`` of the units that broke down.
        skipped: ``{variant: reason}`` of the variants that do not fit the arch.
        trained: seeds trained by this call; 0 if all was done before.
        amount: the budget with its unit, ``Training.amount``.
        primary: the quantity by which variants are ranked first.
        said: what the run shows in sentences, the first says the most.
    """

    out: Path
    results: pd.DataFrame
    leaderboard: pd.DataFrame
    quantities: dict[str, QuantityInfo]
    written: list[Path]
    failed: list[tuple[str, str]]
    skipped: dict[str, str]
    trained: int
    dataset: str
    amount: tuple[str, int] | None = None
    primary: str = ""
    said: list[str] = field(default_factory=list)

    def report(self, page: str | Path) -> Path:
        """Write the page of this run, one HTML file that makes no request, and return its path."""
        from ganbench.reports.build import build

        target = Path(page)
        build(Store(self.out), self.dataset, self.amount, pictures=False, page=target)
        return target

    def figure(self, name: str = "final-values") -> Figure:
        """Return a figure of ``plots/`` by the name of its file, such as ``curves-fd`` or ``cost``.

        Raises:
            UsageError: there is no such figure, or this run has not what it shows.
        """
        from ganbench.experiment.protocols import of_one_budget
        from ganbench.reports import plots
        from ganbench.reports.build import run_names

        board, table = self._own()
        every = Store(self.out).records(curves=False)
        chosen = of_one_budget(every, self.dataset, self.amount)
        records = [r for r in chosen if r.training.dataset == self.dataset]
        names = run_names(records)
        plots.style()
        return plots.figure(plots.shown_of(records, table, board, self.quantities, names), name)

    def _repr_html_(self) -> str:
        from ganbench.reports.said import sentences
        from ganbench.reports.tables import number, place, ranking, verdict_words

        (board, table), primary = self._own(), self._ranked_by()
        first, *more = sentences(board, table, primary, self.quantities)
        rows = ranking(board, primary)
        lines = [
            [place(row), row.variant, number(row.median), verdict_words(row)]
            for row in rows.head(NOTEBOOK_ROWS).itertuples()
        ]
        cells = ["".join(f"<td>{escape(str(text))}</td>" for text in line) for line in lines]
        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in more)
        head = "".join(f"<th>{escape(name)}</th>" for name in ("", "variant", primary, "verdict"))
        left = len(rows) - len(lines)
        rest = f"<p>{left} more rows: see <code>leaderboard.csv</code></p>" if left else ""
        body = "".join(f"<tr>{line}</tr>" for line in cells)
        return (
            f"<p><b>{escape(first)}</b></p><ul>{said}</ul>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
        )

    def _ranked_by(self) -> str:
        metrics = list(self.leaderboard["metric"])
        return self.primary if self.primary in metrics else str(metrics[0])

    def _own(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the leaderboard and the results of this data set, of one protocol each."""
        from ganbench.reports.leaderboard import first_protocols

        board, table = (t[t["dataset"] == self.dataset] for t in (self.leaderboard, self.results))
        return first_protocols(board), first_protocols(table)


def make_result(
    store: Store,
    dataset: str,
    built: Built,
    failed: list[Failed],
    trained: int,
    skipped: dict[str, str],
) -> Result:
    """Return the result of what was built of a run."""
    return Result(
        **built._asdict(),
        out=store.out,
        failed=[(unit.label, reason) for unit, reason in failed],
        skipped=skipped,
        trained=trained,
        dataset=dataset,
    )
