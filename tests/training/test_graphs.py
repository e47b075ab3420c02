"""Graphs of a GPU: with a stand-in for the capture on a CPU, and all backends on a GPU itself."""

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_leaves

from ganbench.training import advance, last_finite
from ganbench.training.backends import cudagraph, traced
from tests.games._helpers import GAMES
from tests.training._helpers import (
    SMALL,
    assert_equal_one_step_at_a_time,
    assert_same_bits,
    grows_without_bound,
    in_general_position,
    make,
    pairs,
    relative,
)


def captured_on_a_cpu(function):
    """Stand in for ``cudagraph.capture``: a replay does the same in the same memory."""
    result = function()

    def replay():
        for kept, new in zip(tree_leaves(result), tree_leaves(function()), strict=True):
            kept.copy_(new)

    return replay, result


@pytest.fixture
def graphs_on_a_cpu(monkeypatch):
    monkeypatch.setattr(cudagraph, "capture", captured_on_a_cpu)
    monkeypatch.setattr(cudagraph, "check_device", lambda device: None)


@pytest.mark.parametrize(
    ("subject", "game"),
    [("wgan-gp", "alternating"), ("lecam", "alternating"), ("ns", "lookahead-5")]
    + [pytest.param("ns", game, marks=pytest.mark.slow) for game in GAMES],
)
def test_a_replayed_graph_equals_the_traced_step(subject, game, graphs_on_a_cpu):
    given = {"game": game, "steps": 100}
    ours = make(subject, "toy", [0, 1], backend="cudagraph", **given)
    theirs = make(subject, "toy", [0, 1], backend="traced", **given)
    for steps in (1, 1, 3):  # the second reads what the first left in the graph's memory
        ours.run(steps)
        theirs.run(steps)
        assert ours.fell_back == theirs.fell_back == "" and ours.overwrites
        assert_same_bits(ours, theirs)
    ours.load_state_dict(saved := theirs.state_dict())
    theirs.load_state_dict(saved)
    ours.run(2)
    theirs.run(2)
    assert_same_bits(ours, theirs)


@pytest.mark.parametrize("ahead", [False, True])
def test_a_lane_that_diverges_in_a_graph_keeps_its_last_state(graphs_on_a_cpu, monkeypatch, ahead):
    monkeypatch.setattr(last_finite, "EVERY", 8)
    monkeypatch.setattr(advance, "runs_ahead", lambda p: ahead and p.overwrites)
    ours, theirs = (grows_without_bound(b, True) for b in ("cudagraph", "reference"))
    theirs.run(70)
    for steps in (1, 5, 64):
        ours.run(steps)
    assert ours.diverged_at.tolist() == theirs.diverged_at.tolist()
    assert 8 < theirs.diverged_at[1] < theirs.diverged_at[2] < 70 and ours.overwrites
    assert len(ours.logs) == ours.step == 70
    for a, b in zip(tree_leaves(ours.state), tree_leaves(theirs.state), strict=True):
        assert torch.equal(a, b)
    for seed in ours.seeds:
        for key, values in theirs.history(seed).items():
            assert np.array_equal(ours.history(seed)[key], values, equal_nan=True)


def test_a_state_that_holds_the_one_before_survives_its_graph(graphs_on_a_cpu):
    def step(state, x):
        return {"now": state["now"] + x, "before": state["now"]}, {"sum": state["now"].sum()}

    state = {"now": torch.zeros(2), "before": torch.ones(2)}
    run = cudagraph.replayed(step, (state, torch.ones(2)))
    for now in (0.0, 1.0, 3.0):
        state, log = run(state, torch.full((2,), 1 + now))
        assert state["before"].tolist() == [now, now] and float(log["sum"]) == 2 * now
        assert state["now"].tolist() == [2 * now + 1] * 2


def test_a_cpu_has_no_graphs_and_traces():
    population = make("ns", "toy", [0, 1], backend="cudagraph")
    population.run(2)
    assert population.fell_back == "RuntimeError: there are no CUDA graphs on cpu"
    assert isinstance(population.run_step.run, traced.TracedStep)


ON_A_GPU = [
    *((backend, *p.values) for backend in ("traced", "cudagraph")
      for p in pairs(lambda v, arch: True, ("toy", "dcgan"), ("toy", "dcgan"))),
    *(("compiled", variant, arch) for variant in ("ns", "wgan-gp") for arch in ("toy", "dcgan")),
]  # fmt: skip


@pytest.mark.gpu
@pytest.mark.parametrize(("backend", "subject", "arch"), ON_A_GPU)
def test_backends_equal_the_reference_on_a_gpu_one_step_at_a_time(backend, subject, arch):
    given = {"dtype": "float64", "device": "cuda", "options": SMALL.get(arch)}
    theirs = in_general_position(make(subject, arch, [0, 1], **given))
    ours = make(subject, arch, [0, 1], backend=backend, **given)
    assert_equal_one_step_at_a_time(ours, theirs)


@pytest.mark.gpu
def test_a_lane_that_diverges_on_a_gpu_keeps_its_last_state():
    given = {"device": "cuda", "hyper": {"g.lr": [5e-5, 1e30, 5e-5]}, "steps": 100}
    ours, theirs = (
        make("wgan", "toy", [0, 1, 2], backend=backend, **given)
        for backend in ("cudagraph", "reference")
    )
    for population in (ours, theirs):
        population.run(50)
    assert ours.diverged_at.tolist() == theirs.diverged_at.tolist() and ours.diverged(1) < 50
    assert len(ours.logs) == ours.step == 50
    for seed in (0, 1, 2):
        for key, value in theirs.params(seed)["g"].items():
            assert relative(ours.params(seed)["g"][key], value) < 2e-3
