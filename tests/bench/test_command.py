"""``ganbench bench``: bad input is one line and exit code 2; a small one is a CSV and pictures."""

import json
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner

from ganbench.bench import measure, plots
from ganbench.bench import run as bench_run
from ganbench.bench.cases import backends_for
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.kinds import Backend


def call(*words):
    return CliRunner().invoke(main, ["bench", *map(str, words)])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--variants", "wgan-pg"], "unknown variant 'wgan-pg': did you mean"),
        (["--variants", "hinge"], "variant hinge has no plain loop to compare with; known: ns"),
        (["--archs", "dcgn"], "unknown arch 'dcgn': did you mean dcgan"),
        (["--archs", "dirac"], "arch dirac has no data set and batch here; known: dcgan"),
        (["--archs", "toy:depht=3"], "arch toy has no option 'depht'"),
        (["--backends", "tracd"], "unknown backend 'tracd': did you mean traced"),
        (["--lanes", "0"], "--lanes is 0: at least 1 needed"),
        (["--lanes", "two"], "--lanes is 'two': a whole number needed"),
        (["--batch-size", "-1"], "--batch-size is -1: at least 1 needed"),
        (["--archs", "toy", "--batch-size", "10000000"], "batch is 10000000: between 1 and the"),
        (["--rounds", "3"], "--rounds is 3: at least 7 needed"),
        (["--device", "cuda"], "finds no usable CUDA device"),
        (["--out", "/proc/ganbench"], "cannot write to /proc/ganbench"),
    ],
)
def test_bad_input(words, message, monkeypatch, tmp_path):
    import torch

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(measure, "interleaved", lambda *a: pytest.fail("measured"))
    done = call("--quick", *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.csv"))


def test_no_backend_at_all_is_an_error(tmp_path):
    def refuses(step, together):
        from ganbench.core.errors import UsageError

        raise UsageError("not here")

    with registry.temporarily(Backend("refuses", refuses, "")):
        done = call("--archs", "toy:width=8", "--backends", "refuses", "--out", tmp_path)
    assert done.exit_code == 2
    assert "no backend can execute toy:width=8 ns, 1 lane, batch 64: refuses: not here" in (
        done.stderr
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("bench")
    done = call(
        "--quick", "--archs", "toy:width=8", "--variants", "ns", "--lanes", "1,2",
        "--batch-size", 4, "--backends", "reference", "--device", "cpu", "--out", out, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return out, done


def test_files_and_json(made):
    out, done = made
    names = {
        "bench.csv",
        *(f"{p}.{k}" for p in ("lane-cost", "peak-share") for k in ("png", "svg")),
    }
    assert {path.name for path in out.iterdir()} == names
    table = pd.read_csv(out / "bench.csv")
    assert list(table["side"]) == ["plain", "careful", "reference"] * 2
    assert list(table["lanes"]) == [1] * 3 + [2] * 3
    assert set(table["rounds"]) == {7} and set(table["threads"]) == {1}
    assert (table["steps_per_round"] % 16 == 0).all()
    assert {"hardware", "torch_version", "git_sha", "device", "load"} <= set(table.columns)
    assert (table["share_of_peak"].between(0, 1)).all()
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["out"] == str(out) and len(said["data"]) == len(table)
    assert said["columns"] == list(table.columns)


def test_a_bench_that_is_stopped_keeps_the_cases_that_were_done(monkeypatch, tmp_path):
    once = bench_run.measure

    def measure(case, *args):
        if case.lanes > 1:
            raise KeyboardInterrupt
        return once(case, *args)

    monkeypatch.setattr(bench_run, "measure", measure)
    done = call(
        "--quick", "--archs", "toy:width=8", "--variants", "ns", "--lanes", "1,2",
        "--batch-size", 4, "--backends", "reference", "--device", "cpu", "--out", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 130 and done.stderr == "ganbench: interrupted\n"
    assert list(pd.read_csv(tmp_path / "bench.csv")["lanes"]) == [1] * 3


def test_pictures_show_every_side_and_the_cost_of_one_lane(made):
    table = pd.read_csv(made[0] / "bench.csv")
    (axis,) = plots.lane_cost(table).axes
    lines = {line.get_label(): line.get_ydata() for line in axis.lines}
    assert set(lines) == {"plain", "careful", "reference"}
    two = table[(table["side"] == "plain") & (table["lanes"] == 2)]["ms"].item()
    assert lines["plain"][1] == pytest.approx(two / 2)
    (axis,) = plots.peak_share(table).axes
    assert len(axis.get_yticklabels()) == 2
    shares = table[table["side"] == "plain"]["share_of_peak"]
    assert list(axis.collections[0].get_offsets()[:, 0]) == pytest.approx(list(100 * shares))


def test_help_imports_no_torch():
    code = (
        "import sys\nfrom ganbench.cli import main\n"
        "main(['bench', '--help'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_quick_bench_leaves_out_what_takes_a_minute_to_prepare():
    assert backends_for("cpu", quick=True) == ["reference", "traced"]
    assert set(backends_for("cpu", quick=False)) == set(registry.backends.names())
