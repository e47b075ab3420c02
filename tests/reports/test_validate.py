"""Every planted flaw is found, by records and by rows, and nothing else is."""

import json
import math

import pandas as pd
import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.experiment.manifest import write_manifest
from ganbench.experiment.store import Store
from ganbench.reports import boards
from ganbench.reports.row_checks import flawed_variants
from ganbench.reports.validate import check_run
from tests.reports import _seven
from tests.reports._seven import whole_run


def edit(out, name, change):
    """Change the JSON of the record of ``good``'s seed 3 (or ``name``), without its seal."""
    path = next((out / "records").glob(f"{name}.json"))
    raw = json.loads(path.read_text())
    raw.pop("sha256", None)
    change(raw)
    path.write_text(json.dumps(raw))


def values(**changes):
    return lambda raw: raw["measurements"][1]["values"].update(changes)


def other_protocol(raw):
    raw["protocols"]["frechet"]["fields"]["n_fake"] = 41


def other_data(raw):
    raw["training"]["dataset_sha256"] = "1" * 64


def swapped_sign(raw):
    raw["protocols"]["frechet"]["quantities"]["fd"]["higher_is_better"] = True


def formula(raw):
    raw["training"]["variant"] = "=HYPERLINK(1)"


def duplicated(raw):
    raw["measurements"][0]["values"]["fd"] = 10.5
    raw["measurements"][1]["values"].update(fd=1.5, precision=0.8)
    raw["measurements"][0]["values"]["fd"] = 10 + 5 / 8


FLAWS = {
    "an edited value": (values(fd=1.05), "results.csv is not what the records give: value of row"),
    "a mixed protocol": (other_protocol, "is not its hash"),
    "a wrong hash of the data": (other_data, "its training and seed are those of"),
    "a swapped sign": (swapped_sign, "fd is best higher, and should be lower"),
    "a formula in a name": (formula, "variant '=HYPERLINK(1)' is no name"),
    "a duplicated run": (duplicated, "has the values of another training, digit for digit"),
    "a value below its floor": (values(fd=0.4), "fd is 0.4 at 3000 updates, below its floor 0.5"),
    "a share above 1": (values(precision=1.5), "precision is 1.5 at 3000 updates, no share"),
    "an infinite value": (values(fd=math.inf), "fd is inf at 3000 updates, not finite"),
    "a quantity of no protocol": (values(fid=3.0), "fid belongs to no protocol"),
    "an unfinished training": (
        lambda raw: raw["measurements"].pop(), "is called finished after 1500 of 3000 updates",
    ),
    "another seed's name": (lambda raw: raw.update(seed=9), "its training and seed are those of"),
    "a unit that broke down": (lambda raw: raw.update(status="failed"), "its unit broke down"),
}  # fmt: skip


@pytest.fixture
def out(tmp_path):
    return whole_run(tmp_path / "run")


def reasons(out, level=("error", "table")):
    return [str(flaw) for flaw in check_run(out)[1] if flaw.level in level]


def test_a_whole_run_is_fine(out):
    assert reasons(out, ("error", "table", "warning")) == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_planted_flaws_are_found(out, flaw):
    change, said = FLAWS[flaw]
    edit(out, "good-*-s3", change)
    found = reasons(out)
    assert any(said in reason for reason in found), found


def test_a_dropped_seed_is_found_though_the_tables_agree(out):
    """The first three seeds are the best: a run that shows them alone has chosen."""
    for seed in (0, 6):
        next((out / "records").glob(f"good-*-s{seed}.json")).unlink()
    from ganbench.reports import leaderboard

    leaderboard.write(Store(out), Store(out).records())
    assert [r for r in reasons(out) if "is in plan.json with seeds that have no record: 0, 6" in r]
    (out / "plan.json").unlink()  # nothing declares them: the gap is seen, the end is not
    assert [r for r in reasons(out) if "good: seeds are missing" in r]
    for path in (out / "records").glob("good-*"):
        path.unlink()
    whole = whole_run(out.with_name("other"))
    for path in (whole / "records").glob("good-*"):
        path.unlink()
    said = "error: good: is in plan.json with seeds that have no record: 0, 1, 2, 3, 4 ..."
    assert said in reasons(whole)


def test_edited_tables_are_found(out):
    for name, old, new in (
        ("leaderboard.csv", "\n", "\n"), ("results.csv", "2.1", "2.0"),
        ("leaderboard.csv", "good", "best"),
    ):  # fmt: skip
        path = out / name
        text = path.read_text()
        path.write_text(text.replace(old, new))
        assert bool(reasons(out)) == (old != new), name
        path.write_text(text)
    (out / "leaderboard.csv").write_text("variant\nns\n")
    assert "table: leaderboard.csv is not what the records give: its columns are variant" in (
        reasons(out)
    )


def test_an_edit_after_publishing_is_found_though_all_tables_are_made_again(out):
    write_manifest(Store(out))
    assert reasons(out) == []
    edit(out, "good-*-s3", values(fd=1.29))
    from ganbench.reports import leaderboard

    leaderboard.write(Store(out), Store(out).records())
    found = reasons(out)
    assert len(found) == 1 and "is not the record that was published" in found[0]
    next((out / "records").glob("ns-*-s6.json")).unlink()
    assert any(
        "ns-dots" in r and "is in manifest.json and has no record" in r for r in reasons(out)
    )
    (out / "manifest.json").write_text("{}")
    assert "error: manifest.json is damaged (KeyError)" in reasons(out)


def test_a_run_whose_budget_grew_is_judged_by_the_budget_of_its_tables(out):
    """Records of a smaller one stay in the directory, and are no seeds that were left out."""
    plan = json.loads((out / "plan.json").read_text())
    plan["dataset"] = "dots"
    for training in plan["trainings"]:
        training |= {"budget_unit": "g_steps", "budget": 3_000}
    (out / "plan.json").write_text(json.dumps(plan))
    for record in Store(out).records():
        if record.seed == 0:
            smaller = record.training.model_copy(update={"steps": 1_500, "budget": 1_500})
            first = record.measurements[:1]
            changed = {"training": smaller, "run_id": smaller.run_id(0), "measurements": first}
            Store(out).write_record(record.model_copy(update=changed))
    assert reasons(out, ("error", "table", "warning")) == []


def test_warnings_leave_nothing_out(out):
    edit(out, "good-*-s3", lambda raw: raw.update(git_dirty=True))
    edit(out, "ns-*-s1", values(fd=90.0))
    warned = reasons(out, ("warning",))
    assert any("made by code that was not committed" in reason for reason in warned)
    assert any("its last value 90 is far from its variant's others" in reason for reason in warned)


def test_damaged_files_are_one_line(out):
    (out / "plan.json").write_text("[")
    with pytest.raises(UsageError, match=r"plan.json is damaged"):
        check_run(out)
    next((out / "records").glob("ns-*-s1.json")).write_text("{}")
    with pytest.raises(UsageError, match="is not a record of this version"):
        check_run(out)
    with pytest.raises(UsageError, match="there are no records of a run in"):
        check_run(out / "none")


# ---- rows: what boards are made of ----


def rows(out):
    table, known, spreads = boards.rows_of(out)
    return table, known, spreads


CELLS = {
    "below its floor 0.5": ("value", 0.4),
    "fd is inf at 3000 updates, not finite": ("value", math.inf),
    "is no name": ("variant", "=1+1"),
    "of another direction than the rest": ("higher_is_better", True),
    "of no known quantity": ("metric", "fid"),
    "dataset_sha256 is not that of the others": ("dataset_sha256", "1" * 64),
    "batch is not that of the others": ("batch", 11),
    "hyper_id is not that of the others": ("hyper_id", "abc"),
    "has a protocol of its own": ("protocol_id", "f" * 12),
}


@pytest.mark.parametrize("reason", CELLS)
def test_planted_flaws_are_found_in_rows(out, reason):
    table, known, spreads = rows(out)
    assert flawed_variants(table, known, spreads).empty
    column, value = CELLS[reason]
    place = table.index[(table["variant"] == "good") & (table["metric"] == "fd")][-1]
    if column in ("hyper_id", "value"):
        table[column] = table[column].astype(object if column == "hyper_id" else float)
    if column == "protocol_id":  # a metric that only this variant has so
        place = table["variant"].eq("good") & table["metric"].eq("fd")
    table.loc[place, column] = value
    found = flawed_variants(table, known, spreads)
    assert found["reason"].str.contains(reason).any(), found
    assert set(found["variant"]) == {"=1+1" if column == "variant" else "good"} or (
        column == "variant" and set(found["variant"]) <= {"=1+1", "good"}
    )


def test_missing_and_repeated_seeds_are_found_in_rows(out):
    table, known, spreads = rows(out)
    gap = table[~((table["variant"] == "close") & (table["seed"] == 2))]
    found = flawed_variants(gap, known, spreads)
    assert found["variant"].tolist() == ["close"] and "seeds are missing" in found["reason"].iloc[0]
    twin = table.copy()
    one, two = (table["variant"].eq("ns") & table["seed"].eq(s) for s in (4, 5))
    twin.loc[two, "value"] = twin.loc[one, "value"].to_numpy()
    found = flawed_variants(twin, known, spreads)
    assert found["variant"].tolist() == ["ns"] * 2 and found["run_id"].nunique() == 2
    assert found["reason"].str.contains("digit for digit").all()


def test_boards_rank_who_has_seven_seeds_and_leave_out_what_is_wrong(out, tmp_path):
    edit(out, "ns-*-s1", values(fd=0.3))
    from ganbench.reports import leaderboard

    leaderboard.write(Store(out), Store(out).records())
    few = [r for r in _seven.records() if r.seed < 6]
    whole_run(tmp_path / "few", few)
    made = boards.build(tmp_path, tmp_path / "boards")
    board = pd.read_csv(tmp_path / "boards" / "dots.csv")
    first = board[board["metric"] == "fd"].set_index(["run", "variant"])
    assert first.loc[("run", "good"), "rank"] == 1 and first.loc[("run", "close"), "rank"] == 2
    assert ("run", "ns") not in first.index and ("few", "ns") in first.index
    assert first.loc["few", "rank"].isna().all() and first.loc["few", "n_seeds"].max() == 6
    assert math.isnan(first.loc[("run", "control:gaussian"), "rank"])
    quarantine = pd.read_csv(tmp_path / "boards" / "quarantine.csv")
    assert quarantine["variant"].tolist() == ["ns"] and "below its floor" in quarantine["reason"][0]
    trainings = pd.read_csv(tmp_path / "boards" / "trainings.csv.xz")
    assert len(trainings) == 14 * 2 + 2 + 18 * 2 + 2
    row = trainings[(trainings["run"] == "run") & (trainings["variant"] == "good")].iloc[7]
    assert (row["seed"], row["g_steps"], row["fd"], row["precision"]) == (3, 3_000, 1.3, 0.8)
    whole = made.boards["dots"].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, board, check_dtype=False)


def test_the_commands(out, tmp_path):
    run = CliRunner().invoke
    fine = run(main, ["leaderboard", "validate", str(out)])
    assert fine.exit_code == 0 and "23 records, fine" in fine.output
    edit(out, "good-*-s3", values(fd=0.4))
    wrong = run(main, ["leaderboard", "validate", str(tmp_path)])
    assert wrong.exit_code == 1 and "below its floor" in wrong.output
    refused = run(main, ["leaderboard", "publish", str(out), str(tmp_path / "p")])
    assert refused.exit_code == 2 and "cannot be published" in refused.stderr
    assert not (tmp_path / "p").exists()
    none = run(main, ["leaderboard", "build", str(tmp_path / "records")])
    assert none.exit_code == 2 and "there is no run directory in" in none.stderr
    edit(out, "good-*-s3", values(fd=1.3))
    done = run(main, ["leaderboard", "publish", str(out), str(tmp_path / "p")])
    assert done.exit_code == 0, done.output
    again = run(main, ["leaderboard", "publish", str(out), str(tmp_path / "p")])
    assert again.exit_code == 2 and "exists: move it away" in again.stderr
    built = run(main, ["leaderboard", "build", str(tmp_path / "p"), "--to", str(tmp_path / "b")])
    assert built.exit_code == 0 and "dots: 1 runs, 4 names, 3 ranked" in built.output
