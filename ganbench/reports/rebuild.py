"""Making everything that a run directory shows again, from its records alone."""

from __future__ import annotations

from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.experiment.store import Store
from ganbench.reports.build import Built, build


def rebuild(
    out: Path, dataset: str | None = None, page: Path | None = None, pictures: bool = True
) -> Built:
    """Write the CSV files, the plots and the page of the run directory ``out`` again.

    Args:
        dataset: only this one is on the page; if None all are, that of ``plan.json`` first.
        page: where the page goes; ``out/report.html`` if None.
        pictures: draw plots and grids of samples again.

    Raises:
        UsageError: there are no records, or they are not comparable, or the page cannot be written.
    """
    store = Store(out)
    if store.first_record() is None:
        raise UsageError(f"{out} has no records: not a run directory (see ganbench run)")
    target = page or out / "report.html"
    if target.is_dir():
        raise UsageError(f"{target} is a folder: --out names a file, such as report.html")
    try:
        with store.alone():  # and not prepared: packed records stay packed
            return build(store, dataset, None, pictures, target, alone=dataset is not None)
    except OSError as error:
        where = error.filename or target
        raise UsageError(f"cannot write {where}: {error.strerror}") from None
