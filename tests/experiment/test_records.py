"""Records: older versions are read, and what they say is what was published."""

import io
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.record_files import read_record
from ganbench.experiment.records import Record
from ganbench.experiment.screening import same_gradients
from ganbench.experiment.store import Store
from ganbench.reports import boards, comparison, leaderboard
from ganbench.reports.validate import check_run

RESULTS = Path(__file__).parents[2] / "results"
VERSION_1 = Path(__file__).with_name("record_version_1.json")  # of ring2d


@pytest.mark.parametrize(
    "name",
    [
        "mnist-quick",
        pytest.param("mnist-quick-paper", marks=pytest.mark.slow),
        "mnist-quick-mlp-classic",
        pytest.param("ring2d-quick", marks=pytest.mark.slow),
        pytest.param("ring2d-quick-paper", marks=pytest.mark.slow),
    ],
)
def test_published_leaderboards_are_made_again_from_their_records(name):
    """To the last bit, in the same order."""
    records = Store(RESULTS / name).records()
    table = leaderboard.results(records)
    made = leaderboard.leaderboard(table, leaderboard.quantities(records))
    published = pd.read_csv(RESULTS / name / "leaderboard.csv")
    made = pd.read_csv(io.StringIO(made.to_csv(index=False)))  # as a file has it
    pd.testing.assert_frame_equal(made, published, check_dtype=False, rtol=0, atol=0)
    rows = pd.read_csv(RESULTS / name / "results.csv.xz")
    both = table.sort_values(["run_id", "checkpoint", "metric"])["value"].to_numpy()
    assert (both == rows.sort_values(["run_id", "checkpoint", "metric"])["value"].to_numpy()).all()


def test_published_runs_have_no_flaw_and_the_boards_are_made_from_them(tmp_path):
    """Names, hashes, seeds, ranges and the tables of each; every cell of the boards."""
    for folder in boards.run_folders(RESULTS):
        flaws = [str(flaw) for flaw in check_run(folder)[1] if flaw.level != "warning"]
        assert flaws == [], folder.name
    boards.build(RESULTS, tmp_path)
    published = RESULTS / "leaderboards"
    assert sorted(p.name for p in published.iterdir()) == sorted(p.name for p in tmp_path.iterdir())
    for path in published.glob("*.csv"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
    one, two = (pd.read_csv(at / "trainings.csv.xz") for at in (published, tmp_path))
    pd.testing.assert_frame_equal(one, two, rtol=0, atol=0)


def test_published_boards_rank_no_control_and_tell_no_pair_with_equal_gradients_apart():
    for path in (RESULTS / "leaderboards").glob("*.csv"):
        board = pd.read_csv(path)
        if "rank" not in board:
            continue
        assert board[board["variant"].str.startswith("control:")]["rank"].isna().all()
        assert (board[board["rank"].notna()]["n_seeds"] >= boards.LEAST_SEEDS).all()
    for folder in boards.run_folders(RESULTS):
        names = {r.training.variant for r in Store(folder).records(curves=False)}
        for one, other in same_gradients([v for v in registry.variants.items() if v.name in names]):
            told = comparison.compare(folder, baseline=other, variants=[one])
            assert set(told["verdict"]) <= {"no difference shown", "too few seeds"}, folder.name


def test_records_without_curves_are_the_records_otherwise_and_share_equal_protocols():
    store = Store(RESULTS / "mnist-quick-mlp-classic")
    whole, light = store.records(), store.records(curves=False)
    assert any(record.history for record in whole)
    assert light == [record.model_copy(update={"history": {}}) for record in whole]
    assert len({id(record.protocols["frechet"]) for record in light}) == 1


def version_1(path, **changes):
    """Write a published record of version 1 with changes, and return its path."""
    raw = json.loads(VERSION_1.read_text()) | changes
    path.write_text(json.dumps(raw))
    return path


def test_a_record_of_version_1_gets_what_it_did_not_hold(tmp_path):
    record = read_record(version_1(tmp_path / "r.json"))
    assert record.schema_version == 3 and record.primary == "w1"
    assert (record.training.budget_unit, record.training.budget) == ("images_seen", 48_000)
    assert len(record.modes) == 8 and record.modes[0] == (1.0, 0.0)
    assert record.quantities["w2"].worst == math.inf and record.quantities["hq"].role == "fidelity"
    assert len(record.frequencies) == 8
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_a_record_of_version_1_is_read_when_its_metric_and_data_set_are_gone(tmp_path):
    raw = json.loads(VERSION_1.read_text())
    raw["protocols"] = {"gone": raw["protocols"]["frechet"]}
    raw["training"] |= {"dataset": "lost", "features": "vanished"}
    record = read_record(version_1(tmp_path / "r.json", **raw))
    assert record.primary == "fd" and record.modes is None
    assert record.quantities["fd"].worst == math.inf and record.quantities["fd"].label == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 4}, "schema_version"),
        ({"schema_version": 1, "training": {}}, "KeyError"),
        ({"surprise": 1}, "surprise"),
        ({"status": "fine"}, "status"),
    ],
)
def test_what_is_no_record_is_named_with_what_is_wrong(change, message, tmp_path):
    with pytest.raises(UsageError, match=f"r.json is not a record of this version.*{message}"):
        read_record(version_1(tmp_path / "r.json", **change))


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '"text"', "{}"])
def test_other_files_among_the_records_are_named(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(UsageError, match="x.json is not a record of this version"):
        read_record(tmp_path / "x.json")


def test_only_equal_protocols_are_shared(tmp_path):
    raw = json.loads(VERSION_1.read_text())
    (tmp_path / "records").mkdir()
    for name, unit in (("a", "metre"), ("b", "mile")):
        fd = raw["protocols"]["frechet"]["quantities"]["fd"]
        fd["unit"] = unit
        (tmp_path / "records" / f"{name}.json").write_text(json.dumps(raw))
    units = [record.quantities["fd"].unit for record in Store(tmp_path).records()]
    assert units == ["metre", "mile"]
