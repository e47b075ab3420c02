"""Run directories of hand-made records for the page, and the page as its parts."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports.build import build
from tests.reports import _golden

NASTY = "</script><script>alert('1')</script>\"&é漢"
HISTORY = {
    "step": [float(i) for i in range(0, 200, 2)],
    "d_loss": [1.0 / (i + 1) for i in range(100)],
    "g_grad_norm": [None, *(float(i) for i in range(1, 100))],
}


def page_of(out: Path, records: list[Record], dataset: str | None = None) -> str:
    """Write the records and the page, without pictures; return its text."""
    store = Store(out)
    store.prepare()
    for record in records:
        store.write_record(record)
    build(store, dataset, pictures=False)
    return (out / "report.html").read_text(encoding="utf-8")


def changed(record: Record, **training) -> Record:
    """Return a record of a training that differs in these fields."""
    other = record.training.model_copy(update=training)
    run_id = other.run_id(record.seed).encode("ascii", "ignore").decode()
    run_id = "".join(c for c in run_id if c.isalnum() or c in "-_.")
    return record.model_copy(update={"training": other, "run_id": run_id})


def full() -> list[Record]:
    """Return the golden records with histories, shares of modes and a variant of each name."""
    drawn = {"good": [0.3, 0.3, 0.4], "ns": [0.5, 0.5, 0.0], "poor": [1.0, 0.0, 0.0]}
    return [
        r.model_copy(update={
            "history": {} if r.training.control else HISTORY,
            "frequencies": drawn.get(r.training.variant),
        })
        for r in _golden.records()
    ]  # fmt: skip


class Page(HTMLParser):
    """The elements of a page: ``(tag, attributes, text)``, in their order."""

    VOID = {"meta", "link", "img", "input", "br"}

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict, list[str]]] = []
        self._open: list[tuple[str, dict, list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = (tag, dict(attrs), [])
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open and self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1][0]}"
        self._open.pop()

    def handle_data(self, data):
        for _, _, text in self._open:
            text.append(data)

    def all(self, tag, **attributes):
        """Return ``(attributes, text)`` of every such element; ``cls`` is one of its classes."""
        cls = attributes.pop("cls", None)
        return [
            (own, "".join(text))
            for name, own, text in self.elements
            if name == tag
            and (cls is None or cls in own.get("class", "").split())
            and all(own.get(key) == value for key, value in attributes.items())
        ]

    def data(self):
        """Return what the scripts read."""
        return json.loads(self.all("script", type="application/json")[0][1])


def rows_of(text: str) -> dict[str, list[tuple[dict, str]]]:
    """Return ``{key of a row: its cells}`` of every main table."""
    rows: dict[str, list[tuple[dict, str]]] = {}
    inside = ""
    for tag, own, content in Page(text).elements:
        if tag == "tr":
            inside = own.get("data-key", "")
        elif inside and tag in ("td", "th"):
            rows.setdefault(inside, []).append((own, "".join(content).strip()))
        elif tag == "section":
            inside = ""
    return rows


def heads_of(text: str) -> list[str]:
    """Return the names of the columns of the first main table."""
    heads = [t.strip() for own, t in Page(text).all("th", scope="col") if "aria-sort" in own]
    return heads[: heads.index("params D/G") + 1]


def board_of(out: Path) -> list[dict[str, str]]:
    """Return the rows of leaderboard.csv as texts."""
    return list(csv.DictReader((out / "leaderboard.csv").open()))
