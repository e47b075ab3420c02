"""Backends equal the reference, one step at a time."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch._inductor
from torch.utils._pytree import tree_leaves

from ganbench.core import registry
from ganbench.core.kinds import Arch
from ganbench.training import last_finite
from ganbench.training.backends._graph import record, trace
from ganbench.training.state import flatten
from tests.games._helpers import GAMES
from tests.training._helpers import (
    DATA,
    SMALL,
    assert_equal_one_step_at_a_time,
    assert_same_bits,
    grows_without_bound,
    in_general_position,
    make,
    noise_of,
    pairs,
    relative,
)


@pytest.mark.parametrize(("subject", "arch"), pairs(lambda v, arch: arch == "toy"))
def test_lanes_in_turn_agree_with_lanes_together_one_step_at_a_time(subject, arch):
    """On data in general position: flat patches put a LeakyReLU exactly on its kink."""
    shape = registry.datasets.get(DATA[arch]).shape
    data = np.random.default_rng(0).standard_normal((64, *shape)).astype(np.float32)
    given = {"dtype": "float64", "data": data, "options": SMALL.get(arch)}
    reference = in_general_position(make(subject, arch, [0, 1], **given))
    noise = noise_of(registry.variants.get(subject))
    for _ in range(2):
        other = make(subject, arch, [0, 1], together=False, **given)
        other.load_state_dict(reference.state_dict())
        reference.run(1)
        other.run(1)
        for seed in (0, 1):
            ours, theirs = other.params(seed), reference.params(seed)
            for part, tree in theirs.items():
                told = {k: v for k, v in tree.items() if k not in noise}
                assert max(relative(ours[part][k], v) for k, v in told.items()) <= 1e-7


OTHERS = [("ns", False), ("wgan-gp", True), ("wgan-gp", False)]


@pytest.mark.parametrize(
    ("subject", "arch"),
    pairs(lambda v, arch: v.name in ("ns", "wgan-gp", "sn-hinge") and arch in ("toy", "dcgan")),
)
def test_traced_equals_the_reference_bit_for_bit(subject, arch):
    together = registry.archs.get(arch).vectorise
    given = {"options": SMALL.get(arch), "together": together, "ema": 0.9}
    ours = make(subject, arch, [0, 1], backend="traced", **given)
    theirs = make(subject, arch, [0, 1], **given)
    ours.run(3)
    theirs.run(3)
    assert_same_bits(ours, theirs)


@pytest.mark.parametrize(
    "game",
    [
        *(pytest.param(g, marks=pytest.mark.slow) if "unrolled" in g else g for g in GAMES),
        "lookahead-2",
    ],
)
@pytest.mark.parametrize(
    ("subject", "together"),
    [("ns", True), *(pytest.param(*p, marks=pytest.mark.slow) for p in OTHERS)],
)
def test_traced_equals_the_reference_in_every_game(game, subject, together):
    given = {"game": game, "together": together}
    ours = make(subject, "toy", [0, 1, 2], backend="traced", **given)
    theirs = make(subject, "toy", [0, 1, 2], **given)
    ours.run(5)
    theirs.run(5)
    assert_same_bits(ours, theirs)


def test_no_two_results_of_a_trace_share_memory():
    """They are parts of a state that later steps overwrite."""

    def function(x):
        y = x + 1
        return [y, y, y[0], x, x.flatten()]

    given = torch.zeros(2, 3)
    run, _ = trace(function, [given], lane=False)
    found = run(given)
    for result, like in zip(found, function(given), strict=True):
        assert torch.equal(result, like)
    places = [x.untyped_storage().data_ptr() for x in found]
    assert len(set(places)) == len(places) and places[3] == given.untyped_storage().data_ptr()


def with_loss(loss):
    """Return ``ns`` with another loss of G."""
    return replace(registry.variants.get("ns"), name="odd", g_loss=loss)


def odd(loss, backend):
    variant = with_loss(loss)
    with registry.temporarily(variant):
        population = make("odd", "toy", [0, 1], backend=backend, together=False)
        population.run(4)
    return population


def looks_at_values(r, f):
    return f.mean() if f.sum() > 0 else -f.mean()


def test_what_looks_at_values_falls_back_and_says_so():
    ours, theirs = odd(looks_at_values, "traced"), odd(looks_at_values, "reference")
    assert "data-dependent" in ours.fell_back.lower() or "trac" in ours.fell_back.lower()
    for a, b in zip(tree_leaves(ours.state), tree_leaves(theirs.state), strict=True):
        assert torch.equal(a, b)


COMPILED = [("ns", "toy"), ("wgan-gp", "dcgan"), ("ns", "mlp-classic")]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
@pytest.mark.parametrize(("subject", "arch"), COMPILED)
def test_compiled_equals_the_reference_one_step_at_a_time(subject, arch):
    shape = registry.datasets.get(DATA[arch]).shape
    data = np.random.default_rng(0).standard_normal((64, *shape)).astype(np.float32)
    together = registry.archs.get(arch).vectorise
    given = {"dtype": "float64", "data": data, "options": SMALL.get(arch), "together": together}
    theirs = in_general_position(make(subject, arch, [0, 1], **given))
    ours = make(subject, arch, [0, 1], backend="compiled", **given)
    assert_equal_one_step_at_a_time(ours, theirs)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_a_compiled_lane_equals_its_solo_run():
    given = {"backend": "compiled", "dtype": "float64", "batch": 32}
    lanes, solo = make("ns", "toy", [0, 1, 2], **given), make("ns", "toy", [1], **given)
    lanes.run(20)
    solo.run(20)
    assert lanes.fell_back == solo.fell_back == ""
    for part, tree in solo.params(1).items():
        assert max(relative(lanes.params(1)[part][k], v) for k, v in tree.items()) <= 1e-9


def test_what_cannot_be_compiled_is_traced_and_says_so(monkeypatch):
    def no_compiler(*args):
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(torch._inductor, "compile", no_compiler)
    ours = make("ns", "toy", [0, 1], backend="compiled")
    theirs = make("ns", "toy", [0, 1])
    ours.run(3)
    theirs.run(3)
    assert ours.fell_back == "RuntimeError: no C++ compiler"
    for a, b in zip(tree_leaves(ours.state), tree_leaves(theirs.state), strict=True):
        assert torch.equal(a, b)


def test_a_trace_that_differs_from_the_reference_is_not_used():
    """Such as that of a loss that counts its calls."""
    calls = []

    def loss(r, f):
        calls.append(1)
        return f.mean() * len(calls)

    assert "other values" in odd(loss, "traced").fell_back


@pytest.mark.parametrize("together", [True, False])
def test_a_lane_that_diverges_keeps_its_last_state_though_steps_overwrite_it(together, monkeypatch):
    monkeypatch.setattr(last_finite, "EVERY", 8)
    ours, theirs = (grows_without_bound(b, together) for b in ("traced", "reference"))
    ours.run(30)
    resumed = grows_without_bound("traced", together)
    resumed.run(3)
    resumed.load_state_dict(ours.state_dict())
    for population in (ours, resumed):
        population.run(40)
    theirs.run(70)
    assert ours.overwrites and not theirs.overwrites
    died = theirs.diverged_at.tolist()
    assert died[0] == -1 and 8 < died[1] < 30 < died[2] < 70
    for population in (ours, resumed):
        assert population.diverged_at.tolist() == died
        assert_same_bits(population, theirs)


def test_a_population_goes_back_to_what_it_has_loaded():
    ours, theirs = (grows_without_bound(b, True) for b in ("traced", "reference"))
    ours.run(2)
    saved = ours.state_dict()
    saved["state.g['theta']"] *= 3  # another trajectory, in which lanes diverge soon
    for population in (ours, theirs):
        population.load_state_dict(saved)
        population.run(4)
    assert theirs.diverged_at.tolist()[0] == -1 and 2 < theirs.diverged_at[1] < 6
    assert_same_bits(ours, theirs)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("subject", ["ns", "wgan-gp", "sn-ns"])
def test_weights_and_moments_stay_in_their_place(subject, together):
    population = make(subject, "toy", [0], backend="traced", together=together)
    population.run(1)
    before = {k: v.data_ptr() for k, v in flatten(population.state).items()}
    population.run(1)
    after = {k: v.data_ptr() for k, v in flatten(population.state).items()}
    stayed = {k for k in before if before[k] == after[k]}
    assert {k for k in before if "_opt['m']" in k or "_opt['v']" in k or ".g[" in k} <= stayed


def test_what_a_population_hands_out_is_not_overwritten():
    population = make("ns", "toy", [0, 1], backend="traced")
    population.run(2)
    params, saved = population.params(0), population.state_dict()
    kept = [x.clone() for x in (*params["g"].values(), *saved.values())]
    population.run(2)
    assert all(torch.equal(a, b) for a, b in
               zip((*params["g"].values(), *saved.values()), kept, strict=True))  # fmt: skip
    again = make("ns", "toy", [0, 1], backend="traced")
    again.load_state_dict(saved)
    again.run(1)
    assert all(torch.equal(a, b) for a, b in zip(saved.values(), kept[-len(saved) :], strict=True))


def test_networks_with_constants_of_their_own_are_traced():
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(2, 2)
            self.register_buffer("scale", torch.tensor([2.0, 3.0]), persistent=False)

        def forward(self, x):
            return self.linear(x) * self.scale + torch.tensor([1.0, 0.0])

    toy = registry.archs.get("toy")

    def build(shape, outputs=1, **options):
        return replace(toy.build(shape, outputs), generator=Scaled())

    with registry.temporarily(Arch("scaled", build, "", vectorise=True)):
        DATA["scaled"] = "ring2d"
        try:
            ours, theirs = (
                make("ns", "scaled", [0, 1], backend=b) for b in ("traced", "reference")
            )
        finally:
            del DATA["scaled"]
    ours.run(4)
    theirs.run(4)
    assert_same_bits(ours, theirs)


def calls_of(function, *inputs):
    graph = record(function, inputs, lane=False)[0].graph
    return [node.target for node in graph.nodes if node.op == "call_function"]


def test_what_a_step_calculates_twice_is_calculated_once():
    x, y = torch.rand(3), torch.rand(3)
    found = calls_of(lambda x, y: (x.sin() * y, [x.sin() + y.sin()]), x, y)
    assert found.count(torch.ops.aten.sin.default) == 2
    whole = torch.arange(3)  # by 2 it stays whole, by 2.0 it does not
    run, _ = trace(lambda x: (x * 2, x * 2.0), (whole,), lane=False)
    assert [result.dtype for result in run(whole)] == [torch.int64, torch.float32]


def test_random_numbers_and_what_is_changed_in_place_are_calculated_again():
    half = torch.full((100,), 0.5)
    run, _ = trace(lambda x: x.bernoulli() - x.bernoulli(), (half,), lane=False)
    assert run(half).any()

    def moved(x):
        whole = x * 1
        first = whole[0]  # shares memory with what is changed
        before = first + 1
        whole.add_(10)
        return before, first + 1

    run, _ = trace(moved, (torch.zeros(2),), lane=False)
    assert run(torch.zeros(2)) == (1, 11)
