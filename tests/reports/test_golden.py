"""Hand-made records, and every cell that is made of them: results, leaderboard, terminal table."""

import math

import pandas as pd
import pytest
from rich.console import Console

from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.results import RESULT_COLUMNS
from ganbench.reports.tables import terminal_table
from tests.reports import _golden

INF, NAN = math.inf, math.nan


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("golden"))
    store.prepare()
    for record in _golden.records():
        store.write_record(record)
    leaderboard.write(store, store.records())
    return store.out


@pytest.fixture(scope="module")
def results(written):
    return leaderboard.read(written / "results.csv")


@pytest.fixture(scope="module")
def board(written):
    return leaderboard.read(written / "leaderboard.csv")


def test_results_have_a_row_for_every_run_checkpoint_and_quantity(results):
    found = {
        (row.variant, row.seed, row.checkpoint, row.metric): row.value
        for row in results.itertuples()
    }
    expected = {}
    for key, table in (("fd", _golden.FD), ("precision", _golden.PRECISION)):
        for variant, seeds in table.items():
            for seed, values in enumerate(seeds):
                for checkpoint, value in enumerate(values, 1):
                    expected[variant, seed, checkpoint, key] = NAN if value is None else value
        for seed, value in enumerate(_golden.GAUSSIAN[key]):
            expected["control:gaussian", seed, 2, key] = value
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == value or (math.isnan(found[key]) and math.isnan(value)), key


def test_every_other_cell_of_the_results_is_the_records(results):
    for row in results.itertuples():
        assert (row.protocol_id, row.floor, row.higher_is_better, row.unit) == (
            ("aaaa", 0.5, False, "squared distance") if row.metric == "fd"
            else ("bbbb", 0.9, True, "share")
        )  # fmt: skip
        assert (row.dataset, row.arch, row.suite, row.dtype) == (
            "dots", "net:width=4", "quick", "float32",
        )  # fmt: skip
        assert (row.n_real, row.n_fake, row.params_g, row.params_d) == (50, 40, 11, 7)
        assert (row.engine, row.backend, row.device, row.hardware) == (
            "inline", "loop", "cpu", "abacus",
        )  # fmt: skip
        assert (row.git_sha, row.git_dirty, row.peak_mem_bytes) == ("c0ffee", False, 1000)
        assert row.batch == 10 and math.isnan(row.hyper_id)  # empty: the registry's own
        if row.variant == "control:gaussian":
            assert (row.verdict, row.images_seen, row.d_steps) == ("control", 0, 0)
            continue
        bad = row.variant == "shaky" and row.seed == 1
        assert row.status == ("diverged" if bad else "ok")
        last = 0 if bad else row.checkpoint - 1  # what had been done when it diverged
        assert (row.images_seen, row.g_steps, row.d_steps) == (
            _golden.IMAGES[last], _golden.STEPS[last], 2 * _golden.STEPS[last],
        )  # fmt: skip
        assert (row.train_cpu_s, row.load, row.flops) == (
            2 * _golden.SECONDS[last], 1.5, 7.0 * _golden.STEPS[last],
        )  # fmt: skip
        assert row.train_s == _golden.SECONDS[last] + row.seed
        assert row.images_per_s == pytest.approx(row.images_seen / row.train_s)


VERDICTS = {  # of seeds 0, 1, 2, at checkpoints 1 and 2
    "ns": [("learned", "learned")] * 3,
    "good": [("learned", "learned"), ("learned", "learned"), ("not learned", "learned")],
    "shaky": [("learned", "learned"), ("not learned", "diverged"), ("learned", "learned")],
    "poor": [("not learned", "not learned")] * 3,  # seed 2 beats the Gaussian, with precision .005
}


def test_every_verdict(results):
    """To beat is 8 - 2 sd(7.5, 8.5) = 6.586."""
    for row in results.itertuples():
        if row.variant in VERDICTS:
            expected = VERDICTS[row.variant][row.seed][row.checkpoint - 1]
            assert row.verdict == expected, (row.variant, row.seed, row.checkpoint)


# Three values are resampled to their least or greatest mean with a chance of 1/27 = 3.7 % each,
# more than the 2.5 % outside a 95 % interval: its ends are the least and the greatest value. Three
# against three values have p = 2 / 20 at best, three times: no p-value is given.
LEADERBOARD = {
    # fd: seeds' last values ns 4 6 2, good 1 3 2, shaky 1 inf 4
    ("fd", "good"): {
        "n_seeds": 3, "n_learned": 3, "n_diverged": 0,
        "median": 2, "iqm": 2, "mean": 2, "sd": 1, "ci_low": 1,
        "ci_high": 3, "best": 2, "last_over_best": 1, "rank": 1, "train_s": 5,
    },
    ("fd", "ns"): {
        "n_seeds": 3, "n_learned": 3, "n_diverged": 0,
        "median": 4, "iqm": 4, "mean": 4, "sd": 2, "ci_low": 2,
        "ci_high": 6, "best": 4, "last_over_best": 1, "rank": 2.5, "train_s": 5,
    },
    ("fd", "shaky"): {  # a diverged seed is infinite, and is in the interval
        "n_seeds": 3, "n_learned": 2, "n_diverged": 1,
        "median": 4, "iqm": INF, "mean": 2.5,
        "sd": math.sqrt(4.5), "ci_low": 1, "ci_high": INF, "best": 4, "last_over_best": 1,
        "rank": 2.5, "train_s": 4,
    },
    ("fd", "poor"): {  # has not learned: not ranked
        "n_seeds": 3, "n_learned": 0, "n_not_learned": 3, "n_diverged": 0, "median": 8, "rank": NAN,
    },
    ("fd", "control:gaussian"): {
        "n_seeds": 2, "n_learned": 0, "n_not_learned": 0, "median": 8, "rank": NAN, "band": NAN,
    },
    # precision: ns .2 .4 .6, good .5 .7 .9, shaky .8 0 0 (diverged, not measured)
    ("precision", "good"): {
        "n_seeds": 3, "n_learned": 3, "n_diverged": 0,
        "median": 0.7, "iqm": 0.7, "mean": 0.7, "sd": 0.2,
        "ci_low": 0.5, "ci_high": 0.9, "best": 0.7, "last_over_best": 1, "rank": 1, "train_s": 5,
    },
    ("precision", "ns"): {
        "n_seeds": 3, "n_learned": 3, "n_diverged": 0,
        "median": 0.4, "iqm": 0.4, "mean": 0.4, "sd": 0.2,
        "ci_low": 0.2, "ci_high": 0.6, "best": 0.4, "last_over_best": 1, "rank": 2, "train_s": 5,
    },
    ("precision", "shaky"): {
        "n_seeds": 3, "n_learned": 2, "n_diverged": 1,
        "median": 0, "iqm": 0.8 / 3, "mean": 0.8, "sd": NAN,
        "ci_low": 0, "ci_high": 0.8, "best": 0, "last_over_best": 1, "rank": 3, "train_s": 4,
    },
    ("precision", "poor"): {"n_not_learned": 3, "median": 0.1, "rank": NAN},
    ("precision", "control:gaussian"): {"n_seeds": 2, "median": 0.01, "rank": NAN},
}  # fmt: skip


def test_every_cell_of_the_leaderboard(board):
    assert len(board) == len(LEADERBOARD)
    for row in board.to_dict("records"):
        assert row["protocol_id"] == ("aaaa" if row["metric"] == "fd" else "bbbb")
        assert (row["dataset"], row["arch"]) == ("dots", "net:width=4")
        assert row["batch"] == 10 and math.isnan(row["hyper_id"]) and math.isnan(row["band"])
        assert math.isnan(row["p_vs_baseline"])
        for column, value in LEADERBOARD[row["metric"], row["variant"]].items():
            where = f"{row['metric']} {row['variant']} {column}"
            assert row[column] == pytest.approx(value, nan_ok=True), where


def test_last_over_best_looks_at_all_checkpoints():
    """ns, seed 0: 5 then 4; were its last value 5, it would be 5/4 of its best."""
    table = leaderboard.results([_golden.record("ns", 0)])
    table.loc[table["checkpoint"] == 1, "value"] = 2.0
    row = leaderboard.leaderboard(table, KNOWN).set_index("metric")
    assert row.loc["fd", "last_over_best"] == 2.0 and row.loc["fd", "best"] == 2.0
    assert row.loc["precision", "last_over_best"] == 0.1 and row.loc["precision", "best"] == 2.0


def test_the_learned_come_first_with_controls_where_they_belong_then_the_others(board):
    """No variant stands above a control that beats it."""
    order = {m: list(board[board["metric"] == m]["variant"]) for m in ("fd", "precision")}
    assert order["fd"] == ["good", "ns", "shaky", "control:gaussian", "poor"]
    assert order["precision"] == ["good", "ns", "control:gaussian", "shaky", "poor"]
    ranked = board[board["rank"].notna()]
    assert ((ranked["rank_low"] <= ranked["rank"]) & (ranked["rank"] <= ranked["rank_high"])).all()
    assert (ranked["rank_low"] >= 1).all() and (ranked["rank_high"] <= 3).all()


KNOWN = leaderboard.quantities(_golden.records())


def test_one_seed_is_a_screening_in_bands():
    alone = leaderboard.results(
        [r for r in _golden.records() if r.seed == 0 or r.training.variant.startswith("control")]
    )
    one = leaderboard.leaderboard(alone, KNOWN)
    nothing = ["rank", "rank_low", "rank_high", "ci_low", "ci_high", "sd", "p_vs_baseline"]
    trained = one[~one["variant"].str.startswith("control")]
    assert trained[nothing].isna().all().all()
    bands = trained[trained["metric"] == "fd"].set_index("variant")["band"]
    assert bands.to_dict() == {"good": 2, "shaky": 2, "ns": 2, "poor": 3}  # no noise was measured


def test_too_few_updates_are_a_screening_too_with_the_noise_of_its_seeds():
    """log fd: good 1 3 2, ns 4 6 2 (shaky diverged): pooled over those that have all seeds."""
    records = [r for r in _golden.records() if r.training.variant in ("good", "ns")]
    table = leaderboard.results(records).assign(g_steps=2_999)
    bands = leaderboard.leaderboard(table, KNOWN).set_index(["metric", "variant"])["band"]
    assert set(bands) <= {1, 2} and bands["fd", "good"] == 1 and bands["fd", "ns"] == 1
    table.loc[(table["variant"] == "ns") & (table["metric"] == "fd"), "value"] *= 100
    bands = leaderboard.leaderboard(table, KNOWN).set_index(["metric", "variant"])["band"]
    assert bands["fd", "good"] == 1 and bands["fd", "ns"] == 2


def test_what_is_best_at_its_floor_is_placed_by_its_distance():
    """fd with floor 0.5 as such a quantity, moved to 3: ns 4 6 2, good 1 3 2, shaky 1 inf 4."""
    table = leaderboard.results(_golden.records())
    table.loc[table["metric"] == "fd", "floor"] = 3.0
    closest = KNOWN | {"fd": KNOWN["fd"].model_copy(update={"closest_to_floor": True})}
    fd = leaderboard.leaderboard(table, closest).query("metric == 'fd'").set_index("variant")
    assert fd.loc[["ns", "good", "shaky"], "rank"].tolist() == [
        1.5,
        1.5,
        3,
    ]
    assert fd.loc["good", "median"] == 2 and fd.loc["shaky", "mean"] == 2.5  # as they are


def cells(table) -> list[list[str]]:
    """Return the text of every cell, by rows; the columns' names first."""
    columns = [list(column.cells) for column in table.columns]
    return [[str(c.header) for c in table.columns], *map(list, zip(*columns, strict=True))]


def test_every_cell_of_the_terminal_table(board):
    quantities = leaderboard.quantities(_golden.records())
    found = terminal_table(board, "fd", quantities)
    assert cells(found) == [
        [
            "rank", "variant", "fd ↓", "95% interval", "verdict", "precision ↑", "params D/G",
            "D norm", "CPU s",
        ],
        ["1", "good", "2", "1 – 3", "3 learned", "0.7", "7/11", "none", "8"],
        ["2.5", "ns", "4", "2 – 6", "3 learned", "0.4", "7/11", "none", "8"],
        ["2.5", "shaky", "4", "1 – ∞", "2 learned, 1 diverged", "0", "7/11", "none", "8"],
        ["", "control:gaussian", "8", "7.5 – 8.5", "", "0.01", "", "", ""],
    ]  # fmt: skip
    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(found)
    said = "dots: ranked by median fd over 3 seeds, 3,000 generator updates"
    assert said in console.export_text()


def test_quantities_that_are_no_headlines_have_no_column(board):
    quantities = leaderboard.quantities(_golden.records())
    quantities["precision"] = quantities["precision"].model_copy(update={"headline": False})
    header = cells(terminal_table(board, "fd", quantities))[0]
    assert not any("precision" in name for name in header)


def test_a_higher_primary_is_ranked_from_the_top(board):
    quantities = leaderboard.quantities(_golden.records())
    rows = cells(terminal_table(board, "precision", quantities))
    assert rows[0][2] == "precision ↑"
    assert [row[1] for row in rows[1:]] == ["good", "ns", "control:gaussian", "shaky"]


def test_csv_files_read_back_to_the_same_numbers(written):
    table = leaderboard.results(_golden.records())
    again = leaderboard.read(written / "results.csv")
    assert list(again.columns) == RESULT_COLUMNS
    ordered = again.sort_values(["run_id", "checkpoint", "metric"]).reset_index(drop=True)
    table = table.sort_values(["run_id", "checkpoint", "metric"]).reset_index(drop=True)
    for column in ("value", "floor", "train_s"):
        pd.testing.assert_series_equal(ordered[column], table[column].astype(float))
