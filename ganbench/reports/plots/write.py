"""Which figures a run directory has, and their files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from ganbench.core.errors import UsageError, unknown
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports.plots._style import save
from ganbench.reports.plots.collapse import collapse
from ganbench.reports.plots.cost import cost
from ganbench.reports.plots.curves import curves, top_curves
from ganbench.reports.plots.final_values import final_values, headline_values
from ganbench.reports.plots.heat_map import heat_map
from ganbench.reports.plots.losses import KINDS, History, losses
from ganbench.reports.plots.profiles import profiles
from ganbench.reports.plots.ranks import bands, ranks
from ganbench.reports.plots.same_gradients import same_gradient_pairs
from ganbench.reports.plots.shown import Shown
from ganbench.reports.plots.verdict_rates import verdict_rates

LOSS_SEEDS = 5  # of each method, whose losses are drawn
FIGURES: dict[str, Callable[[Shown], Figure | None]] = {
    "ranks": ranks,
    "bands": bands,
    "final-values": final_values,
    "final-values-headlines": headline_values,
    "profiles": profiles,
    "verdict-rates": verdict_rates,
    "heat-map": heat_map,
    "cost": cost,
    "curves-top": top_curves,
    "same-gradients": same_gradient_pairs,
}


def figure(shown: Shown, name: str) -> Figure:
    """Return the figure whose file has this name; those of single steps are not among them.

    Raises:
        UsageError: there is none, or the run has not what it shows.
    """
    metric = name.removeprefix("curves-")
    if name in FIGURES:
        made = FIGURES[name](shown)
    elif metric != name and metric in shown.known:
        made = curves(shown, metric)
    else:
        raise unknown("figure", name, [*FIGURES, *(f"curves-{key}" for key in shown.known)])
    if made is None:
        raise UsageError(f"this run has not what the figure {name} shows")
    return made


def histories(
    store: Store, records: Sequence[Record], names: Mapping[str, str]
) -> dict[str, list[History]]:
    """Return the training curves of the first seeds of each name, read from their records."""
    chosen: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda r: r.seed):
        own = chosen.setdefault(names[record.run_id], [])
        if not record.training.control and len(own) < LOSS_SEEDS:
            own.append(record)
    light = [r.run_id for own in chosen.values() for r in own if not r.history]
    whole = store.whole_records(light)
    return {
        name: [whole.get(record.run_id, record).history for record in own]
        for name, own in chosen.items()
    }


def write_all(
    store: Store, shown: Shown, records: Sequence[Record], names: Mapping[str, str]
) -> list[Path]:
    """Write every figure that the records allow, and delete those that they no longer do.

    Args:
        records: of one data set and budget. names: of each run in figures.

    Returns:
        The files.
    """
    folder, written = store.out / "plots", []

    def keep(name: str, figure: Figure | None) -> None:
        if figure is not None:
            written.extend(save(figure, folder / name))
            return
        for kind in ("png", "svg"):
            (folder / f"{name}.{kind}").unlink(missing_ok=True)

    for name, made in FIGURES.items():
        keep(name, made(shown))
    of_modes = [k for k, q in shown.known.items() if q.role in ("modes", "mode_divergence")]
    for metric in dict.fromkeys([shown.primary, *of_modes]):
        keep(f"curves-{metric}", curves(shown, metric))
    keep("collapse", collapse(shown, records, names))
    curves_of_seeds = histories(store, records, names)
    for kind in KINDS:
        keep(kind, losses(shown, curves_of_seeds, kind))
    return written
