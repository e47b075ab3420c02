"""Rounds of growing budgets: how large they are, when they end, what a stopped one leaves."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import ganbench
from ganbench import api
from ganbench.cli import main
from ganbench.core import stopping
from ganbench.core.duration import parse_duration
from ganbench.core.errors import Interrupted, UsageError
from ganbench.experiment import rounds
from ganbench.experiment.rounds import FIRST, Round, Rounds
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")


class Machine:
    """Trains in simulated time: so many seconds for each update of all, and for each round."""

    def __init__(self, rate, overhead, anew=0.0):
        self.now, self.steps, self.rounds = 100.0, 0, []
        self.rate, self.overhead, self.anew = rate, overhead, anew

    def run_to(self, steps):
        self.now += self.overhead + self.rate * (steps - self.steps + self.anew * self.steps)
        self.steps = steps
        self.rounds.append(steps)
        return steps, self.overhead


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1])
@pytest.mark.parametrize("overhead", [0.0, 5.0, 20.0])
def test_rounds_grow_and_fill_the_time(rate, overhead):
    machine = Machine(rate, overhead)
    planned = Rounds(300.0, clock=lambda: machine.now)
    assert planned.run(machine.run_to) == machine.rounds[-1]
    assert 0.9 * 300 <= planned.spent <= 1.02 * 300
    assert machine.rounds[0] == FIRST and machine.rounds == sorted(machine.rounds)
    growth = [b / a for a, b in zip(machine.rounds[:-2], machine.rounds[1:-1], strict=True)]
    assert all(g <= rounds.MOST_GROWTH or i for i, g in enumerate(growth))
    assert len(machine.rounds) < 12


def test_variants_that_are_trained_anew_cost_time_and_break_nothing():
    machine = Machine(0.02, 4.0, anew=0.1)
    planned = Rounds(300.0, clock=lambda: machine.now)
    planned.run(machine.run_to)
    assert 0.85 * 300 <= planned.spent <= 1.1 * 300


def test_a_round_is_a_multiple_of_the_one_before_unless_it_fills_the_time():
    machine = Machine(0.01, 1.0)
    Rounds(300.0, clock=lambda: machine.now).run(machine.run_to)
    multiples = [b % a == 0 for a, b in zip(machine.rounds, machine.rounds[1:], strict=False)]
    assert multiples[:2] == [True, True] and len(multiples) > 2


@pytest.mark.parametrize("late_from", [FIRST, FIRST + 1])
def test_a_late_round_is_stopped_unless_it_is_the_first(late_from):
    """Then there would be no table; else the last complete one is returned."""
    machine = Machine(0.01, 1.0)
    planned = Rounds(100.0, clock=lambda: machine.now)

    def run_to(steps):
        if steps >= late_from:
            machine.now += 200
            planned.check()
            stopping.stop()
        return machine.run_to(steps)

    assert planned.run(run_to) == FIRST
    assert machine.rounds == [FIRST]


def test_what_was_done_before_is_gone_on_with():
    machine = Machine(0.01, 1.0)
    machine.steps = 400
    planned = Rounds(20.0, clock=lambda: machine.now)
    planned.done = [Round(400, 400, 5.0, 1.0)]
    planned.run(machine.run_to)
    assert min(machine.rounds) > 400
    machine.steps = 400
    nothing_fits = Rounds(0.1, clock=lambda: machine.now)
    nothing_fits.done = [Round(400, 400, 5.0, 1.0)]
    assert nothing_fits.run(machine.run_to) == 400


def test_time_that_no_whole_round_fits_into_is_used_for_one_that_another_call_goes_on_with():
    machine, stopped = Machine(0.1, 60.0), []
    planned = Rounds(100.0, clock=lambda: machine.now)

    def run_to(steps):
        if machine.rounds:
            stopped.append(steps)
            while True:
                machine.now += 1.0
                planned.check()
                stopping.stop()
        return machine.run_to(steps)

    assert planned.run(run_to) == FIRST and stopped == [2 * FIRST]
    assert 100 <= planned.spent <= 1.1 * 100
    nearly_over = Machine(0.1, 86.0)
    planned = Rounds(100.0, clock=lambda: nearly_over.now)
    assert planned.run(nearly_over.run_to) == FIRST
    assert nearly_over.rounds == [FIRST]


def test_durations():
    given = {"90s": 90, "5m": 300, "2h": 7200, "1h30m": 5400, "1.5h": 5400, "1d": 86_400}
    assert {text: parse_duration(text) for text in given} == given
    for text in ("", "5", "m", "0s", "-5m", "5 m", "5x", "1h,2m", "nan"):
        with pytest.raises(UsageError, match="--for is"):
            parse_duration(text)


WORDS = ["run", "--variants", "ns,hinge", "--dataset", "ring2d", "--preset", "tiny", "--engine",
         "inline", "--batch-size", "8", "--no-controls", "--json"]  # fmt: skip


def test_the_command_ends_with_a_complete_leaderboard(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "FIRST", 3)
    monkeypatch.setattr(api, "FIRST", 3)
    sizes = (3, 12, 24, None)  # whatever this machine has time for
    monkeypatch.setattr(Rounds, "next_steps", lambda self: sizes[len(self.done)])
    done = CliRunner().invoke(main, [*WORDS, "--for", "1h", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "results.csv")
    steps = table["g_steps"].max()
    assert steps == 24
    last = table[(table["g_steps"] == steps) & (table["metric"] == "w1")]
    assert sorted(zip(last["variant"], last["seed"], strict=True)) == [
        (v, s) for v in ("hinge", "ns") for s in (0, 1)
    ]
    plans = json.loads((tmp_path / "plan.json").read_text())
    assert plans["trainings"][0]["steps"] == steps
    assert json.loads(done.output.splitlines()[-1])["failed"] == []
    assert "goes on with it" not in done.output


def test_the_command_says_which_round_was_not_finished(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(api, "FIRST", 3)
    monkeypatch.setattr(rounds, "FIRST", 3)
    monkeypatch.setattr(Rounds, "next_steps", lambda self: 6 if self.done else 3)
    monkeypatch.setattr(rounds, "LATE", 0.0)
    words = [word for word in WORDS if word != "--json"]
    done = CliRunner().invoke(main, [*words, "--for", "1s", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "in the round of 6 generator updates: the same command goes on with it" in " ".join(
        done.output.split()
    )
    assert set(pd.read_csv(tmp_path / "results.csv")["g_steps"]) == {3}


def test_a_stopped_round_leaves_the_models_and_tables_of_the_last_complete_one(
    tiny, tmp_path, monkeypatch
):
    """And the same command goes on with what the stopped one had trained."""
    small = run(tmp_path, variants=["ns", "hinge"], steps=3, no_controls=True)
    tables = (tmp_path / "leaderboard.csv").read_bytes()
    seen = []

    def stop(unit, event):
        seen.append(unit)
        if len({u.unit_id for u in seen}) > 1:
            stopping.ask()

    with stopping.asked_by_others(), pytest.raises(Interrupted):
        run(tmp_path, variants=["ns", "hinge"], steps=6, no_controls=True, progress=stop)
    assert (tmp_path / "leaderboard.csv").read_bytes() == tables
    names = {path.stem for path in (tmp_path / "models").iterdir()}
    assert set(small.results["run_id"]) < names
    assert set(ganbench.measure(tmp_path, "w1", engine="inline").results["g_steps"]) == {1, 2, 3}
    again = run(tmp_path, variants=["ns", "hinge"], steps=6, no_controls=True)
    assert again.trained == 2
    names = {path.stem for path in (tmp_path / "models").iterdir()}
    assert names == set(again.results["run_id"])


def test_a_round_that_is_cut_leaves_its_state_to_go_on_with(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("ganbench.experiment.execute.REPORT_S", 0.0)
    monkeypatch.setattr(Rounds, "next_steps", lambda self: 2 * self.done[-1].steps)
    now = Rounds(1.0, clock=lambda: 0.0)
    now.done = [Round(250, 250, 1.0, 0.0)]

    def run_to(steps):
        if steps == 500:
            return "complete", 0.0
        now.start = -100.0  # the time is over
        return run(tmp_path, variants=["ns"], seeds=1, steps=steps, checkpoints=1,
                   no_controls=True, progress=lambda unit, event: now.check())  # fmt: skip

    assert now.run(run_to) == "complete" and not stopping.asked()
    (kept,) = tmp_path.glob("checkpoints/*/state.safetensors")
    assert kept.stat().st_size > 0 and not list((tmp_path / "records").iterdir())


def test_the_budget_is_its_own(tiny, tmp_path):
    for words in (["--steps", "5"], ["--budget", "64"]):
        done = CliRunner().invoke(
            main, [*WORDS, "--for", "2s", "--out", str(tmp_path / "x"), *words]
        )
        assert done.exit_code == 2 and "leave out --steps and --budget" in done.stderr
    done = CliRunner().invoke(main, [*WORDS, "--for", "2"])
    assert done.exit_code == 2 and "--for is '2'" in done.stderr
