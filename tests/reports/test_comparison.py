"""Comparisons: the right values, tested together, and said with their sign."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.experiment.store import Store
from ganbench.reports import comparison_words as words
from ganbench.reports.comparison import COLUMNS, compare
from ganbench.stats.compare import holm
from ganbench.stats.noise import pooled_noise
from ganbench.stats.shift import detectable
from tests.reports import _seven
from tests.reports._seven import GOOD, NS, write

INF = math.inf


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Seven seeds of three variants, and the control."""
    return write(tmp_path_factory.mktemp("seven"), _seven.records())


def test_every_cell_of_a_row(out):
    table = compare(out)
    assert list(table) == COLUMNS and list(table["variant"]) == ["good", "close"]
    row = table.iloc[0]
    logs = np.log(np.divide.outer(GOOD, NS))
    assert (row["dataset"], row["metric"], row["at"], row["arch"]) == (
        "dots", "fd", "g_steps", "net:width=4",
    )  # fmt: skip
    assert (row["other"], row["n_seeds"], row["n_other"], row["protocol_id"]) == (
        "ns",
        7,
        7,
        "aaaa",
    )
    assert (row["median"], row["median_other"], row["scale"]) == (1.3, 2.3, "ratio")
    assert row["difference"] == pytest.approx(np.exp(np.median(logs)) - 1)
    ordered = np.sort(logs.ravel())  # U <= 8 has probability 0.019 for 7 and 7, U <= 9 has 0.0265
    assert row["low"] == pytest.approx(np.exp(ordered[8]) - 1)
    assert row["high"] == pytest.approx(np.exp(ordered[49 - 9]) - 1)
    assert (row["p_better"], row["p_better_low"], row["p_better_high"]) == (1, 1, 1)
    raw = 2 / math.comb(14, 7)  # separate groups
    assert row["p"] == pytest.approx(2 * raw) and row["tests"] == 2
    assert row["verdict"] == "better" and table["verdict"].iloc[1] == "no difference shown"
    least = detectable(7, 0.05 / 2) * pooled_noise([np.array(GOOD), np.array(NS)]).sd
    assert row["detectable"] == pytest.approx(np.exp(least) - 1)


def test_higher_is_better_for_a_share_and_differences_keep_their_sign(out):
    table = compare(out, metric="precision").set_index("variant")
    good = table.loc["good"]
    assert good["scale"] == "difference" and good["verdict"] == "better"
    assert good["difference"] == pytest.approx(0.8 - 0.53) and good["low"] < good["high"]
    assert good["low"] > 0.2 and good["p_better"] == 1


def test_another_baseline_and_pairs(out):
    against = compare(out, baseline="good").set_index("variant")
    assert set(against.index) == {"ns", "close"} and set(against["other"]) == {"good"}
    assert (against["verdict"] == "worse").all() and (against["difference"] > 0).all()
    pairs = compare(out, pairs=True)
    found = list(zip(pairs["variant"], pairs["other"], strict=True))
    assert found == [("good", "ns"), ("good", "close"), ("ns", "close")]
    raw = [2 / math.comb(14, 7)] * 2
    assert pairs["p"].tolist()[:2] == pytest.approx(holm([*raw, 1.0])[:2])
    one = compare(out, variants=["close", "good"])
    assert list(one["variant"]) == ["close"] and list(one["other"]) == ["good"]


def test_a_failed_seed_counts_as_the_worst(tmp_path):
    records = [_seven.record("ns", i, v) for i, v in enumerate(NS)]
    records += [_seven.record("good", i, v) for i, v in enumerate(GOOD)]
    records[7] = records[7].model_copy(update={"status": "failed", "measurements": ()})
    row = compare(write(tmp_path, records)).iloc[0]
    assert row["n_seeds"] == 7 and row["p_better"] == pytest.approx(6 / 7)
    assert math.isfinite(row["high"]) and math.isnan(row["detectable"])
    assert 0.05 > row["p"] > 2 / math.comb(14, 7)


def test_few_seeds_say_how_many_it_takes(tmp_path):
    records = [_seven.record(v, i, x[i]) for v, x in (("good", GOOD), ("ns", NS)) for i in range(3)]
    table = compare(write(tmp_path, records))
    assert table["verdict"].tolist() == ["too few seeds"] and math.isnan(table["p"][0])
    assert "1 comparisons take 4 seeds each" in words.sentence(next(table.itertuples()))
    assert "that takes 4 seeds each" in words.summary(table)


def test_directories_of_two_machines_are_one_run(out, tmp_path):
    records = Store(out).records()
    here = write(tmp_path / "a", [r for r in records if r.seed < 4])
    there = write(tmp_path / "b", [r for r in records if r.seed > 2])  # seed 3 lies in both
    pd.testing.assert_frame_equal(compare([here, there]), compare(out))
    assert compare(here)["n_seeds"].tolist() == [4, 4]


def test_other_values_of_one_seed_are_refused_with_the_difference(out, tmp_path):
    other = write(tmp_path / "b", [_seven.record("good", 0, 1.25)])
    with pytest.raises(UsageError, match=r"good-dots.*-s0 is not the same in .*fd at 3000 upd"):
        compare([out, other])


def test_other_budgets_and_protocols_are_refused(out, tmp_path):
    record = _seven.record("good", 9, 1.0)
    longer = record.training.model_copy(update={"steps": 6_000, "budget": 6_000})
    changed = {"training": longer, "run_id": longer.run_id(9)}
    other = write(tmp_path / "b", [record.model_copy(update=changed)])
    with pytest.raises(UsageError, match="other budgets.*3,000 g_steps in .*6,000 g_steps in"):
        compare([out, other])
    fields = {"n_real": 50, "n_fake": 41}
    protocols = record.protocols | {
        "frechet": record.protocols["frechet"].model_copy(update={"fields": fields})
    }
    mixed = write(tmp_path / "c", [record.model_copy(update={"protocols": protocols})])
    with pytest.raises(UsageError, match=r"n_fake \(40, 41\)"):
        compare([out, mixed])


def test_words_that_are_wrong(out, tmp_path):
    for options, said in (
        ({"baseline": "god"}, "unknown variant 'god': did you mean good"),
        ({"variants": ["nss"]}, "unknown variant 'nss'"),
        ({"metric": "fid"}, "unknown metric 'fid': did you mean fd"),
        ({"at": "second"}, "unknown axis 'second': did you mean seconds"),
        ({"dataset": "mnist"}, "unknown data set in"),
    ):
        with pytest.raises(UsageError, match=said):
            compare(out, **options)
    with pytest.raises(UsageError, match="there are no records of a run in"):
        compare(tmp_path / "nothing")


def test_at_equal_seconds_the_curves_are_read_earlier(out):
    """All have 10 at 2 seconds and 4 more at 3,000 updates; a slower one shortens all."""
    at = compare(out, at="seconds")
    assert set(at["at"]) == {"seconds"} and at["median"].tolist() == compare(out)["median"].tolist()


ROW = {
    "dataset": "dots", "protocol_id": "a", "metric": "fd", "at": "g_steps", "arch": "net",
    "variant": "a", "other": "b", "n_seeds": 7, "n_other": 7, "median": 1.0, "median_other": 2.0,
    "scale": "ratio", "difference": -0.5, "low": -0.6, "high": -0.4, "p_better": 1.0,
    "p_better_low": 0.9, "p_better_high": 1.0, "p": 0.0123, "tests": 4, "detectable": 0.25,
    "verdict": "better",
}  # fmt: skip


def said(**changes):
    return words.sentence(next(pd.DataFrame([ROW | changes]).itertuples()))


def test_sentences():
    assert (
        said()
        == "a is better than b: fd -50 % [-60 %, -40 %], p = 0.012 (Holm over 4), 7 seeds each."
    )
    assert "a is worse than b: fd x 12 [" in said(
        verdict="worse", difference=11.0, low=10.0, high=13.0, p=1e-5
    )
    assert ", p < 0.001 (Holm" in said(p=1e-5) and "7 and 9 seeds." in said(n_other=9)
    ends = {"difference": 0.01, "low": -0.02, "high": 0.05}
    unsure = said(verdict="no difference shown", p=0.4, scale="difference", **ends)
    assert unsure == (
        "No significant difference between a and b (fd +0.01 [-0.02, +0.05], 7 seeds each); "
        "they show differences from 0.25 on in 4 of 5 comparisons."
    )
    assert "fd -50 %, p" in said(low=math.nan, high=math.nan)
    assert "a seed without a value" in said(verdict="no difference shown", detectable=math.nan)
    assert words.summary(pd.DataFrame([ROW, ROW | {"verdict": "worse", "variant": "c"}])) == (
        "dots, fd at equal generator updates: of 2 comparisons with b: 1 better, 1 worse "
        "(Holm, 0.05)."
    )
    assert "nothing to compare" in words.summary(pd.DataFrame(columns=COLUMNS))


def test_signs_of_differences():
    shown = [words.signed(v, "ratio") for v in (-0.5, 0.07, 8.99, 9.0, INF, math.nan)]
    assert shown == ["-50 %", "+7 %", "+899 %", "x 10", "x ∞", "–"]
    assert [words.signed(v, "difference") for v in (-0.25, 0.0, 12.0)] == ["-0.25", "+0", "+12"]


def test_files_of_each_kind(out, tmp_path):
    table = compare(out)
    csv, md, tex = words.write(table, [str(tmp_path / f"t.{end}") for end in ("csv", "md", "tex")])
    pd.testing.assert_frame_equal(pd.read_csv(csv), table)
    lines = md.read_text().splitlines()
    assert lines[0].startswith("| variant | against |") and len(lines) == 4
    assert "| good | ns | 1.3 | -43 % |" in lines[2]
    text = tex.read_text()
    assert text.count(r"\\") == 3 and r"-43 \%" in text and r"\toprule" in text
    for target in ("t.xlsx", "no/such\0/t.csv"):
        with pytest.raises((UsageError, ValueError)):
            words.write(table, [str(tmp_path / target)])
    with pytest.raises(UsageError, match="cannot write"):
        words.write(table, [str(csv / "x.csv")])


def test_the_command(out, tmp_path):
    target = tmp_path / "t.csv"
    done = CliRunner().invoke(
        main, ["compare", str(out), "--variants", "good,ns", "--to", str(target), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert "good is better than ns: fd -43 %" in done.output and target.exists()
    told = json.loads(done.output.splitlines()[-1])
    assert told["rows"][0]["variant"] == "good" and "better" in told["said"][0]
    many = CliRunner().invoke(main, ["compare", str(out), "--pairs"])
    assert "of 3 comparisons in pairs: 2 better, 1 no difference shown" in many.output
    wrong = CliRunner().invoke(main, ["compare", str(tmp_path / "none")])
    assert wrong.exit_code == 2 and wrong.stderr.count("\n") == 1
    assert ganbench.compare is compare
