"""Sides take turns, ratios point the right way, a backend that cannot is left out."""

import re

import numpy as np
import pytest
import torch

from ganbench.bench import measure, tables
from ganbench.bench.cases import FULL, QUICK, Case, Grid, make_cases
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Backend
from ganbench.training.streams import CHUNK


class FakeMachine:
    """A clock that sides move on, by CPU and wall seconds a step."""

    def __init__(self):
        self.time, self.calls = np.zeros(2), []

    def clock(self):
        return tuple(self.time)

    def side(self, name, cpu, wall):
        def run(steps):
            self.calls.append((name, steps))
            self.time += np.array([cpu, wall]) * steps

        return run


def test_every_round_has_all_sides_in_turn():
    machine = FakeMachine()
    sides = {"plain": machine.side("plain", 2.0, 3.0), "ours": machine.side("ours", 0.5, 0.75)}
    found = measure.interleaved(sides, 4, 3, machine.clock)
    assert machine.calls == [("plain", 4), ("ours", 4)] * 3
    assert found["plain"].tolist() == [[2.0, 3.0]] * 3
    assert found["ours"].tolist() == [[0.5, 0.75]] * 3


def test_speed_is_above_one_where_ours_is_faster_and_pairs_rounds():
    theirs = np.array([2.0, 20.0, 2.0])
    assert measure.speed(theirs / 2, theirs) == 2
    assert measure.speed(np.array([1.0, 10.0, 4.0]), theirs) == 2  # a slow moment slowed both
    assert measure.speed(np.array([4.0, 4.0, 4.0]), np.array([1.0, 1.0, 1.0])) == 0.25


@pytest.mark.parametrize(("step", "wanted"), [(1.0, CHUNK), (0.001, 6 * CHUNK), (0.01, CHUNK)])
def test_a_round_draws_random_numbers_as_often_as_any_other(step, wanted):
    assert measure.round_length(step, 0.1) == wanted


def test_the_process_counts_on_a_cpu_and_the_wall_elsewhere():
    assert measure.counted("cpu") == measure.CPU and measure.counted("cuda") == measure.WALL


def case(**changed):
    return Case(**{"variant": "ns", "arch": "toy:width=8", "dataset": "ring2d", "batch": 4,
                   "lanes": 2, **changed})  # fmt: skip


def measured(seconds, lanes=2):
    taken = {side: np.array([cpu_wall] * 7) for side, cpu_wall in seconds.items()}
    return measure.Measured(case(lanes=lanes), 16, taken, {"traced": 0.3}, 1e6, {})


@pytest.mark.parametrize(("device", "own", "ratio"), [("cpu", 1.0, 4.0), ("cuda", 2.0, 3.0)])
def test_rows(device, own, ratio):
    found = measured({"plain": (4e-3, 6e-3), "careful": (2e-3, 6e-3), "traced": (1e-3, 2e-3)})
    plain, careful, ours = tables.rows(found, device, peak=1e10)
    assert (ours["ms"], ours["cpu_ms"], ours["wall_ms"]) == pytest.approx((own, 1.0, 2.0))
    assert ours["speed_over_plain"] == pytest.approx(ratio)
    assert plain["speed_over_plain"] == careful["speed_over_careful"] == 1
    assert ours["share_of_peak"] == pytest.approx(1e6 / (own / 1e3) / 1e10)
    assert (ours["first_step_s"], plain["first_step_s"]) == (0.3, None)
    assert (plain["together"], ours["together"], ours["rounds"]) == (False, True, 7)


def test_table_has_a_line_for_each_backend_beside_both_loops():
    from rich.console import Console

    found = measured({"plain": (4e-3, 6e-3), "careful": (2e-3, 6e-3), "traced": (1e-3, 2e-3)})
    console = Console(width=80)
    with console.capture() as capture:
        console.print(tables.terminal_table(tables.frame([found], "cpu", 1e10)))
    lines = capture.get().splitlines()
    words = re.split(r" +", lines[-1].strip())
    assert words[-9:] == ["2×4", "traced", "4", "2", "1", "4.00", "2.00", "10.0", "0.30"]


def test_flops_are_of_all_lanes_and_loops_of_as_many_trainings():
    one = measure.measure(case(lanes=1), ["reference"], "cpu", 1, 0.0)
    two = measure.measure(case(), ["reference"], "cpu", 1, 0.0)
    assert two.flops == 2 * one.flops > 0
    assert set(two.seconds) == {"plain", "careful", "reference"}
    assert two.steps == CHUNK and two.seconds["reference"].shape == (1, 2)


def test_as_many_loops_as_lanes_do_the_steps(monkeypatch):
    done = []
    monkeypatch.setattr("ganbench.bench.measure.Loop.run", lambda loop, n: done.append((loop, n)))
    measure.loops(case(lanes=3), "plain", "cpu")(5)
    assert len({id(loop) for loop, _ in done}) == 3 and {n for _, n in done} == {5}
    assert {loop.careful for loop, _ in done} == {False}


def refuses(step, together):
    raise UsageError("not on this processor")


class FallsBack:
    fell_back = "it cannot"

    def __init__(self, step, together):
        self.run = registry.backends.get("reference").compile(step, together)

    def __call__(self, *inputs):
        return self.run(*inputs)


def test_a_backend_that_cannot_execute_a_case_is_left_out_with_its_reason():
    mine = Backend("refuses", refuses, ""), Backend("falls-back", FallsBack, "")
    with registry.temporarily(*mine):
        names = ["refuses", "reference", "falls-back"]
        found = measure.measure(case(), names, "cpu", 1, 0.0)
    assert found.unusable == {"refuses": "not on this processor", "falls-back": "it cannot"}
    assert set(found.first_s) == {"reference"}


def test_threads_are_given_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with measure.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_peak_counts_a_product(monkeypatch):
    monkeypatch.setitem(measure.PRODUCT, "cpu", 100)
    monkeypatch.setattr(measure, "timed", lambda run, steps, clock: np.array([1e-3, 1.0]))
    assert measure.peak_flops("cpu", rounds=2) == pytest.approx(2e9)


def test_cases_are_the_product_of_what_is_asked_for():
    asked = make_cases(FULL, ["ns"], ["toy:width=8", "dcgan"], [1, 3], [8])
    assert [(c.arch, c.dataset, c.batch, c.lanes) for c in asked] == [
        ("toy:width=8", "ring2d", 8, 1), ("toy:width=8", "ring2d", 8, 3),
        ("dcgan", "mnist", 8, 1), ("dcgan", "mnist", 8, 3),
    ]  # fmt: skip
    default = make_cases({"toy": Grid("ring2d", 4, (2,))})
    assert [(c.variant, c.batch, c.lanes) for c in default] == [("ns", 4, 2), ("wgan-gp", 4, 2)]


def test_quick_is_a_part_of_the_whole():
    assert QUICK.keys() == FULL.keys()
    assert {c.label for c in make_cases(QUICK)} == {
        "dcgan ns, 1 lane, batch 16", "dcgan wgan-gp, 1 lane, batch 16",
        "mlp-classic ns, 1 lane, batch 64",
        "toy ns, 5 lanes, batch 64", "toy wgan-gp, 5 lanes, batch 64",
    }  # fmt: skip
