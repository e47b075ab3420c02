"""report.html: what it says, that it escapes everything, and that it asks nobody for anything."""

import math
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.packed import pack
from ganbench.experiment.store import Store
from ganbench.reports import colours
from ganbench.reports.build import build
from ganbench.reports.html import origin
from ganbench.reports.html import page as html_page
from ganbench.reports.html.curves import MOST, learning_curves, spread
from ganbench.reports.verdicts import VERDICTS
from tests.reports import _golden
from tests.reports._pages import (
    HISTORY,
    NASTY,
    Page,
    board_of,
    changed,
    full,
    heads_of,
    page_of,
    rows_of,
)  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    page_of(folder, full())
    return folder


@pytest.fixture(scope="module")
def text(out):
    return (out / "report.html").read_text(encoding="utf-8")


def test_every_number_of_the_table_is_that_of_the_leaderboard(out, text):
    heads, rows = heads_of(text), rows_of(text)
    board = {(row["variant"], row["metric"]): row for row in board_of(out)}
    assert len(rows) == len({variant for variant, _ in board}) == 5
    for key, cells in rows.items():
        row = dict(zip(heads, cells, strict=True))
        variant = key.partition(" · ")[0]
        fd, precision = board[variant, "fd"], board[variant, "precision"]
        expected = {
            "fd ↓": fd["median"], "95 % interval": fd["ci_low"], "precision ↑": precision["median"],
            "CPU s": fd["train_cpu_s"], "× floor": float(fd["median"]) / 0.5,
        }  # fmt: skip
        for name, value in expected.items():
            own, shown = row[name]
            if variant.startswith("control:") and name == "CPU s":
                assert own["data-sort"] == "" and shown == ""
                continue
            assert float(own["data-sort"]) == float(value), (key, name)
            if name != "95 % interval":
                assert math.isclose(float(shown.replace("∞", "inf")), float(value), rel_tol=5e-3)
        assert float(row["95 % interval"][0]["data-high"]) == float(fd["ci_high"])
        assert row["rank"][1] == (f"{float(fd['rank']):g}" if fd["rank"] else "")
        counts = {v: int(fd[f"n_{v.replace(' ', '_')}"]) for v in VERDICTS}
        said = {w.split(" ", 1)[1]: int(w[0]) for w in row["verdicts"][1].split(", ") if w}
        assert said == {v: n for v, n in counts.items() if n}


def test_rows_have_the_order_of_the_leaderboard_and_controls_are_marked(out, text):
    order = [row["variant"] for row in board_of(out) if row["metric"] == "fd"]
    assert [key.partition(" · ")[0] for key in rows_of(text)] == order
    marked = {own["data-name"] for own, _ in Page(text).all("tr", cls="control")}
    assert marked == {"control:gaussian"}


def test_findings_come_first_and_one_sentence_before_all(text):
    page = Page(text)
    (_, lead), *_ = page.all("p", cls="lead")
    assert lead.startswith("On dots, good has the best fd (2)")
    assert "1 of 4 variants did not learn" in lead
    assert text.index('class="lead"') < text.index('class="said"') < text.index("<table")
    assert page.all("div", cls="bar")


def test_the_page_makes_no_request(text):
    assert "default-src 'none'" in text
    asked = re.findall(r"""(?:src|href|action|poster|data|srcset)\s*=\s*["']([^"']*)""", text)
    assert asked and all(a.startswith(("#", "data:")) for a in asked), asked
    text = text.replace('"http://www.w3.org/2000/svg"', "")  # a name, not an address
    for word in ("@import", "url(", "fetch(", "XMLHttpRequest", "import(", "sendBeacon", "http:"):
        assert word not in text, word


def test_a_page_holds_curves_losses_and_shares(text):
    (data,) = Page(text).data()
    curves = {m["name"]: m for m in data["curves"]["methods"]}
    assert set(curves) == set(_golden.FD)
    seed = {s["seed"]: s for s in curves["good"]["seeds"]}[1]
    assert seed["x"] == {"g_steps": [1500, 3000], "images_seen": [100, 200], "seconds": [4, 8]}
    assert seed["y"]["fd"] == [3.0, 3.0] and seed["y"]["precision"] == [0.7, 0.7]
    assert curves["ns"]["median"]["y"]["fd"] == [5.0, 4.0]
    assert data["curves"]["quantities"]["fd"]["floor"] == 0.5
    assert data["curves"]["quantities"]["fd"]["gaussian"] == 8.0
    losses = {m["name"]: m for m in data["histories"]}["ns"]["seeds"][0]
    points = losses["x"]["g_steps"]
    assert points[0] == 0 and points[-1] == 198 and len(points) == 60
    for x, y in zip(points, losses["y"]["d_loss"], strict=True):
        assert y == pytest.approx(HISTORY["d_loss"][int(x) // 2], rel=1e-4)
    assert losses["y"]["g_grad_norm"][0] is None
    shares = {m["name"]: m["seeds"][0] for m in data["shares"]}
    assert shares["ns"]["permille"] == [500, 500, 0] and shares["ns"]["present"] == 2
    assert data["count"] == 3 and data["kind"] == "class"


def test_verdicts_protocol_provenance_and_citations(out, text):
    page = Page(text)
    bars = [own["aria-label"] for own, _ in page.all("span", cls="track")]
    assert "shaky: 2 learned, 1 diverged" in bars and "good: 3 learned" in bars
    for said in ("aaaa", "bbbb", "c0ffee", "abacus", "2026-01-01T00:00:00+00:00", "0" * 64):
        assert said in text, said
    (bib,) = [t for _, t in page.all("pre", cls="bib")]
    assert bib.startswith("@software{ganbench,") and "commit c0ffee" in bib
    assert "eprint = {1406.2661}" in bib  # ns
    assert "% good is not registered here: its paper is not known" in bib
    assert str(out) not in text and str(Path.home()) not in text


def test_names_are_escaped_everywhere(tmp_path):
    names = {"good": NASTY, "ns": "ns"}
    records = [
        changed(r, variant=names[r.training.variant], dataset=f"dots {NASTY}")
        for r in full()
        if r.training.variant in names
    ]
    text = page_of(tmp_path, [r.model_copy(update={"hardware": NASTY}) for r in records])
    assert "<script>alert" not in text
    page = Page(text)  # closes every element that it opens
    assert len(page.all("script")) == 2
    assert any(key.startswith(NASTY) for key in rows_of(text))
    (data,) = page.data()
    assert NASTY in [m["name"] for m in data["curves"]["methods"]]
    assert NASTY in [said for _, said in page.all("dd")]  # the hardware
    (command,) = [t for own, t in page.all("code") if t.startswith("ganbench run")]
    assert f"dots {NASTY}" in shlex.split(command)


def test_json_in_a_script_closes_no_script():
    assert "<" not in html_page.script_json({"</script>": ["<!--", "&lt;"]})
    with pytest.raises(ValueError):
        html_page.script_json([math.inf])


def _failed(record):
    return record.model_copy(update={
        "status": "failed", "measurements": (), "error": "/home/me/secret", "diverged_at": None,
    })  # fmt: skip


def _infinite(record):
    last = record.measurements[-1]
    values = {"fd": math.inf, "precision": 0.5}
    measured = (*record.measurements[:-1], last.model_copy(update={"values": values}))
    return record.model_copy(update={"measurements": measured})


def other_data(records):
    """Return the records as if they were of another data set, and so of other protocols."""
    return [
        changed(r, dataset="dashes").model_copy(update={"protocols": {
            name: p.model_copy(update={"protocol_id": f"{p.protocol_id}-2"})
            for name, p in r.protocols.items()
        }})
        for r in records
    ]  # fmt: skip


def _cases():
    every = full()
    trained = [r for r in every if not r.training.control]
    return {
        "all failed": [_failed(r) for r in trained],
        "all failed beside controls": [_failed(r) for r in trained] + every[len(trained) :],
        "only controls": every[len(trained) :],
        "one training": trained[:1],
        "one seed": [r for r in every if r.seed == 0],
        "no floors": [r.model_copy(update={"floors": {}}) for r in every],
        "infinite": [_infinite(r) if r.training.variant == "poor" else r for r in every],
        "two archs": every
        + [changed(r, arch="other").model_copy(update={"arch": "other"}) for r in trained],
        "two data sets": every + other_data(every),
        "images": [
            changed(r, budget_unit="images_seen", ema=0.5, hyper={"lr": 0.1}) for r in every
        ],
    }


@pytest.mark.parametrize("case", list(_cases()))
def test_a_page_of(case, tmp_path):
    records = _cases()[case]
    text = page_of(tmp_path, records)
    page = Page(text)
    datasets = {r.training.dataset for r in records}
    assert len(page.all("article")) == len(datasets) == len(page.data())
    runs = {(r.training.dataset, r.training.variant, r.arch) for r in records}
    assert len(page.all("tr")) - len([1 for _, t in page.all("thead")]) >= len(runs)
    assert "secret" not in text and ">nan<" not in text and ">None<" not in text
    if case == "only controls":
        assert "no variant was trained" in text
        assert not page.all("section", cls="panel") and not page.all("div", cls="copy")[1:]
    if case == "infinite":
        cells = rows_of(text)["poor · net:width=4"]
        assert ("inf", "∞") in [(own.get("data-sort"), shown) for own, shown in cells]
    if case == "no floors":
        ratio = dict(zip(heads_of(text), rows_of(text)["good · net:width=4"], strict=True))
        assert ratio["× floor"][0]["data-sort"] == ""
    if case == "two data sets":
        assert len(page.all("option", value="d0") + page.all("option", value="d1")) == 2


def test_one_of_two_data_sets(tmp_path):
    page_of(tmp_path, full() + other_data(full()))
    target = tmp_path / "p" / "x.html"
    words = ["report", tmp_path, "--dataset", "dashes", "--out", target, "--no-plots"]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == str(target)
    page = Page(target.read_text(encoding="utf-8"))
    assert [t for _, t in page.all("h1")] == ["dashes"]


@pytest.mark.parametrize(
    "kind", ["nowhere", "empty", "no such data set", "a folder", "torn", "not writable"]
)
def test_errors_are_one_line(kind, tmp_path):
    words = []
    if kind != "nowhere":
        (tmp_path / "o" / "records").mkdir(parents=True)
    if kind in ("no such data set", "a folder", "not writable"):
        page_of(tmp_path / "o", full())
        words = {
            "no such data set": ["--dataset", "mnist"],
            "a folder": ["--out", str(tmp_path)],
            "not writable": ["--out", "/proc/report.html", "--no-plots"],
        }[kind]
    if kind == "torn":
        (tmp_path / "o" / "records" / "a.json").write_text("{")
    done = CliRunner().invoke(main, ["report", str(tmp_path / "o"), *words])
    assert done.exit_code == 2
    said = {
        "nowhere": "has no records", "empty": "has no records", "a folder": "is a folder",
        "no such data set": "has no records of mnist: only of dots", "torn": "is not a record",
        "not writable": "cannot write /proc/",
    }  # fmt: skip
    assert len(done.output.splitlines()) == 1 and said[kind] in done.output
    assert kind != "nowhere" or not (tmp_path / "o").exists()


def test_a_published_run_with_packed_records_has_the_same_page(out, text, tmp_path):
    packed = pack(out / "records", tmp_path / "records")
    done = CliRunner().invoke(main, ["report", str(tmp_path), "--no-plots"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
    assert sorted((tmp_path / "records").iterdir()) == sorted(packed)


def test_many_seeds_are_thinned_and_medians_are_of_all():
    base = full()[0]
    measured = base.measurements
    records = []
    for seed in range(200):
        last = measured[-1].model_copy(
            update={"values": {"fd": float((seed + 1) ** 2), "precision": 0.5}}
        )
        records.append(base.model_copy(update={"seed": seed, "measurements": (measured[0], last)}))
    (method,) = learning_curves({"ns": records}, base.quantities, "fd")["methods"]
    seeds = [curve["seed"] for curve in method["seeds"]]
    assert len(seeds) == MOST and {0, 199} <= set(seeds)
    assert method["n"] == 200 and method["median"]["y"]["fd"][-1] == 10100  # of 100² and 101²
    assert [r.seed for r in spread(records, 3)] == [0, 100, 199]


def test_every_family_has_a_colour_of_its_own_that_can_be_seen():
    families = {variant.family for variant in registry.variants.items()}
    assert families <= set(colours.FAMILIES)
    assert len(set(colours.FAMILIES.values())) == len(colours.FAMILIES)
    assert colours.colour("wasserstein") == "#e69f00"  # for ever
    assert colours.colour("a plugin's") == colours.OTHER
    assert colours.family_of("control:real") == "control"
    assert colours.family_of("ns+r1") == registry.variants.get("ns").family
    assert colours.family_of("no such variant") == "other"
    for family in (*colours.FAMILIES, "other", "control"):
        assert colours.contrast(colours.colour(family, dark=True), colours.DARK_PAGE) >= 3.5
        assert colours.contrast(colours.colour(family), "#ffffff") >= 2


@pytest.mark.parametrize(
    "options",
    [
        "--variants ns,wgan-gp --seeds 2 --hyper lr=0.0003 --batch-size 32",
        "--variants ns --seeds 1 --base-seed 3 --ema 0.9 --budget 3000 --game simultaneous "
        "--dtype float64 --same-networks --validation --recipe paper --metrics wasserstein "
        "--checkpoints 2",
    ],
)
def test_the_command_trains_the_same_again(options, tmp_path, monkeypatch, no_plots):
    monkeypatch.chdir(tmp_path)
    words = [*options.split(), "--dataset", "ring2d", "--preset", "smoke", "--no-controls"]
    where = ["--out", "o", "--engine", "inline"]
    done = CliRunner().invoke(main, ["run", *words, "--arch", "toy:width=16", *where])
    assert done.exit_code == 0, done.output
    assert "report.html" in done.output
    page = Page((tmp_path / "o" / "report.html").read_text(encoding="utf-8"))
    (command,) = [t for _, t in page.all("code") if t.startswith("ganbench run")]
    done = CliRunner().invoke(main, [*shlex.split(command)[1:], *where])
    assert done.exit_code == 0, done.output
    assert "done, 0 to train" in done.output


def test_commands_of_variants_with_other_numbers_of_seeds():
    every = [r for r in full() if r.training.variant in ("ns", "good", "shaky")]
    screening = [
        changed(r, variant="fgan-js") if r.training.variant == "good" else r
        for r in every
        if r.training.variant != "shaky" or r.seed == 0
    ]
    (command,) = origin.commands(screening, None)  # the A/A pair has more seeds by itself
    assert "--seeds" not in command and "--variants ns,fgan-js,shaky" in command
    one, other = origin.commands(
        [r for r in every if r.seed == 0 or "n" in r.training.variant], None
    )
    assert "--variants good,shaky" in one and "--seeds 1" in one
    assert "--variants ns" in other and "--seeds 3" in other


def test_a_result_shows_itself(out, tmp_path):
    from ganbench.reports.result import make_result

    store = Store(out)
    result = make_result(store, "dots", build(store, "dots", pictures=False), [], 0, {})
    shown = result._repr_html_()
    Page(shown)
    assert "On dots, good has the best fd" in shown and "<td>good</td><td>2</td>" in shown
    assert result.report(tmp_path / "mine.html") == tmp_path / "mine.html"
    assert "On dots, good has" in (tmp_path / "mine.html").read_text(encoding="utf-8")
    texts = {text.get_text() for axis in result.figure("curves-fd").axes for text in axis.texts}
    assert {"good", "ns", "shaky", "poor"} <= texts
    with pytest.raises(UsageError, match="unknown figure 'curves-fid': did you mean curves-fd"):
        result.figure("curves-fid")
    with pytest.raises(UsageError, match="has not what the figure"):
        result.figure("same-gradients")
