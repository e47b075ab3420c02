"""CSV files as data: coding and back, what is refused in which words, and a run."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.data import tabular
from ganbench.experiment.sampled_tables import as_table

ROWS = [
    (f"{20 + i}", f"{i * 1.5 - 7:.2f}", ("red", "green", "blue")[i % 3], f"{i % 2}")
    for i in range(60)
]
NAMES = ("age", "income", "colour", "bought")


def write(path, rows=ROWS, names=NAMES):
    path.write_text("\n".join(",".join(row) for row in [names, *rows]) + "\n")
    return path


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "shop.csv")


def refused(path, text):
    with pytest.raises(UsageError) as caught:
        tabular.read(str(path))
    message = str(caught.value)
    assert "\n" not in message and re.search(text, message), message


# ---- what a table becomes ----


def test_numbers_are_standardised_by_training_rows_and_categories_are_one_hot(file):
    data = tabular.read(str(file))
    known = data.known["table"]
    assert known["names"].tolist() == list(NAMES)
    assert known["widths"].tolist() == [1, 1, 3, 2]  # 0 and 1 are categories
    assert known["categories"].tolist() == ["", "", "blue", "green", "red", "0", "1"]
    assert known["target"] == 3 and data.train.shape == (40, 7) and data.test.shape == (20, 7)
    assert data.train.dtype == np.float32
    assert data.train[:, :2].mean(0) == pytest.approx([0, 0], abs=1e-6)
    assert data.train[:, :2].std(0) == pytest.approx([1, 1], abs=1e-6)
    assert set(data.train[:, 2:].ravel()) == {0.0, 1.0}
    assert (data.train[:, 2:5].sum(1) == 1).all() and (data.train[:, 5:].sum(1) == 1).all()


def test_the_way_back_gives_the_file(file):
    data = tabular.read(str(file))
    back = tabular.decode(np.concatenate([data.train, data.test]), data.known["table"])
    whole = pd.read_csv(file, dtype={"bought": str})
    back = back.sort_values("age", ignore_index=True)
    assert back["age"].dtype == np.int64 and back["age"].tolist() == whole["age"].tolist()
    assert back["income"].tolist() == pytest.approx(whole["income"].tolist(), abs=1e-4)
    assert back["colour"].tolist() == whole["colour"].tolist()
    assert back["bought"].tolist() == whole["bought"].tolist()
    with pytest.raises(ValueError, match=r"samples have shape \(2, 3\): \[N, 7\] needed"):
        tabular.decode(np.zeros((2, 3)), data.known["table"])


def test_another_column_may_be_predicted(file):
    assert tabular.read(f"{file}:income").known["table"]["target"] == 1
    refused(f"{file}:wage", "has no column wage: it has age, income, colour, bought")


def test_quotes_blank_lines_bom_and_commas_are_read(tmp_path):
    path = tmp_path / "a.csv"
    lines = [f'{i},"a, ""{"xy"[i % 2]}"""' for i in range(30)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(["n,text", *lines]).encode())
    known = tabular.read(str(path)).known["table"]
    assert known["names"].tolist() == ["n", "text"]
    assert known["categories"].tolist() == ["", 'a, "x"', 'a, "y"']


def test_whole_numbers_of_few_values_are_categories_and_others_are_numbers(tmp_path):
    rows = [(f"{i % 10}", f"{i % 11}", f"{i % 3 / 2}") for i in range(60)]
    known = tabular.read(str(write(tmp_path / "a.csv", rows, ("ten", "eleven", "halves"))))
    assert known.known["table"]["widths"].tolist() == [10, 1, 1]


def test_the_name_is_short_and_makes_the_data_set_again(file):
    dataset = registry.datasets.get(f"tabular:{file}:age")
    assert dataset.name == "tabular:shop.csv-age" and dataset.location == f"{file}:age"
    again = registry.datasets.get(dataset.name)
    assert again.name == dataset.name
    data = dataset.data()
    assert again.data(dataset.location).sha256 == data.sha256  # as a worker does
    assert data.sha256 != registry.datasets.get(f"tabular:{file}").data().sha256
    settled = dataset.settle(dataset, data)
    assert settled.shape == (7,) and settled.arch == "toy:latent=7" and settled.batch == 40


# ---- what is refused ----


def changed(tmp_path, line, text):
    """Write the table with one line (1: the names) replaced."""
    path = write(tmp_path / "bad.csv")
    lines = path.read_text().splitlines()
    lines[line - 1] = text
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (9, "27,3.5,red", "line 9: 3 fields, and 4 names of columns"),
        (9, "27,3.5,red,1,5", "line 9: 5 fields, and 4 names of columns"),
        (9, "27,much,red,1", "line 9: 'much' in column income, which holds numbers"),
        (9, "27,inf,red,1", "line 9: 'inf' in column income, which holds numbers"),
        (9, "27,,red,1", r"line 9: no value in column income \(''\): fill it in, or leave"),
        (9, "27,NaN,red,1", r"line 9: no value in column income \('NaN'\)"),
        (9, "27,3.5,?,1", r"line 9: no value in column colour \('\?'\)"),
        (1, "age,income,age,bought", "two columns are called age"),
        (1, "age,,colour,bought", "column 2 has no name in the first line"),
        (1, "1,2,3,4", "starts with numbers: its first line must name the columns"),
        (9, '27,3.5,"red,1', "is not CSV"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, line, text, message):
    refused(changed(tmp_path, line, text), message)


def test_tables_that_cannot_be_learned(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("")
    refused(path, "is empty: a line of names and at least 20 rows needed")
    path.write_text("a,b\n")
    refused(path, "has 0 rows: at least 20 needed")
    refused(write(path, ROWS[:19]), "has 19 rows: at least 20 needed")
    assert len(tabular.read(str(write(path, ROWS[:20]))).train) == 10
    refused(write(path, [row[:1] for row in ROWS], ("age",)), "has one column: at least 2 needed")
    many = [(f"{i % 7}", f"user-{i}") for i in range(10_000)]
    refused(write(path, many, ("n", "who")), "who has 10000 different texts: at most 100 categ")
    same = [(a, "x", c, d) for a, _, c, d in ROWS]
    refused(write(path, same), "column income is x in every row: leave it out")
    same = [(a, "1.0" if i % 2 else "1", c, d) for i, (a, _, c, d) in enumerate(ROWS)]
    refused(write(path, same), "column income is 1 in every row: leave it out")
    huge = [(a, f"{i}e200", c, d) for i, (a, _, c, d) in enumerate(ROWS)]
    refused(write(path, huge), "column income holds numbers beyond 1e\\+100")
    wide = [tuple(f"c{(i + j) % 100}" for j in range(11)) for i in range(200)]
    refused(write(path, wide, [f"n{j}" for j in range(11)]), "has 1100 numbers a row, with one")


def test_files_that_cannot_be_read(tmp_path):
    refused(tmp_path / "none.csv", "cannot read .*none.csv: No such file")
    refused(tmp_path, "is a folder: a CSV file needed")
    path = tmp_path / "latin.csv"
    path.write_bytes("a,b\n1,x\n2,é\n".encode("latin-1"))
    refused(path, r"is not UTF-8 \(line 3\): save it as CSV UTF-8")
    with pytest.raises(UsageError, match="tabular: needs a file, as in tabular:adult.csv"):
        registry.datasets.get("tabular:")


# ---- a run ----


def test_the_table_of_the_published_run_is_made_again(tmp_path):
    results = Path(__file__).parents[2] / "results"
    table = runpy.run_path(str(results / "shop_table.py"))["table"]()
    table.to_csv(tmp_path / "shop.csv", index=False)
    plan = json.loads((results / "shop" / "plan.json").read_text())
    published = {training["dataset_sha256"] for training in plan["trainings"]}
    assert published == {tabular.read(str(tmp_path / "shop.csv")).sha256}


def test_a_run_on_a_table(file, tmp_path, tiny, no_plots):
    result = ganbench.run(
        "ns", f"tabular:{file}", out=tmp_path / "out", preset="tiny", engine="inline"
    )
    values = result.results.set_index("metric")["value"]
    assert {"column_distance", "correlation_distance", "tstr"} <= set(values.index)
    assert set(result.results["dataset"]) == {"tabular:shop.csv"}


def test_the_command_line_says_one_line(tmp_path):
    from click.testing import CliRunner

    from ganbench.cli import main

    path = write(tmp_path / "bad.csv", ROWS[:5])
    done = CliRunner().invoke(main, ["plan", "--dataset", f"tabular:{path}", "--variants", "ns"])
    assert done.exit_code == 2
    assert "has 5 rows: at least 20 needed" in done.output


def test_generated_rows_are_written_with_the_columns_of_the_file(file, tmp_path, tiny):
    out, target = tmp_path / "out", tmp_path / "made.csv"
    ganbench.run("ns", f"tabular:{file}", preset="tiny", seeds=1, out=out, engine="inline",
                 no_controls=True)  # fmt: skip
    words = ["sample", out, "--variant", "ns", "-n", 30, "--to", target, "--data-dir"]
    done = CliRunner().invoke(main, [str(word) for word in (*words, file)])
    assert done.exit_code == 0, done.output
    made = pd.read_csv(target)
    assert list(made) == list(NAMES) and len(made) == 30
    assert set(made["colour"]) <= {"red", "green", "blue"} and made["age"].dtype == np.int64
    samples = ganbench.load(out, "ns", 0).sample(30)
    table = tabular.read(str(file)).known["table"]
    assert made["income"].tolist() == pytest.approx(tabular.decode(samples, table)["income"])
    write(file, ROWS[:50])
    changed = CliRunner().invoke(main, [str(word) for word in (*words, file)])
    assert changed.exit_code == 2 and "has changed since" in changed.stderr


def test_other_rows_have_numbered_columns_and_images_are_refused(tmp_path, tiny):
    out, target = tmp_path / "out", tmp_path / "made.csv"
    ganbench.run("ns", "ring2d", preset="tiny", seeds=1, out=out, engine="inline",
                 no_controls=True)  # fmt: skip
    words = ["sample", out, "--variant", "ns", "-n", 5, "--to", target]
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0 and list(pd.read_csv(target)) == ["x1", "x2"]
    samples = ganbench.load(out, "ns", 0).sample(5)
    assert pd.read_csv(target).to_numpy(np.float32) == pytest.approx(samples)
    with pytest.raises(UsageError, match="FILE.csv takes rows of numbers"):
        as_table({}, None, np.zeros((5, 1, 8, 8), np.uint8))


def test_minus_zero_is_zero(tmp_path):
    rows = [(f"{i}", ("-0", "0", "1")[i % 3], "x" if i % 2 else "y") for i in range(40)]
    known = tabular.read(str(write(tmp_path / "z.csv", rows, ("a", "b", "c")))).known["table"]
    assert known["categories"].tolist() == ["", "0", "1", "x", "y"]


def test_an_extreme_sample_of_a_whole_number_has_its_sign(file):
    known = tabular.read(str(file)).known["table"]
    samples = np.zeros((2, 7))
    samples[:, 0] = 1e30, -1e30
    assert tabular.decode(samples, known)["age"].tolist() == [2**53, -(2**53)]
