"""From a request to trainings and units; what they will cost."""

from dataclasses import replace

import pytest

from ganbench.core import registry
from ganbench.experiment import estimate
from ganbench.experiment.estimate import Cost, makespan
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request


def planned(**options):
    given = {"variants": ("ns", "wgan-gp", "hinge"), "dataset": "ring2d", "preset": "tiny"}
    return make_plan(Request(**{**given, **options}))[0]


def nothing_done(training, seed):
    return False


def test_one_seed_of_every_variant_comes_before_the_second_of_any(tiny):
    plan = planned(seeds=3, backend="loop")
    order = [(unit.seeds, unit.training.variant) for unit in plan.units(nothing_done)]
    assert order == [((s,), v) for s in (0, 1, 2) for v in ("ns", "wgan-gp", "hinge")]


def test_a_unit_holds_all_seeds_where_lanes_are_trained_together(tiny):
    units = planned(seeds=3, backend="eager").units(nothing_done)
    assert [(u.training.variant, u.seeds) for u in units] == [
        (v, (0, 1, 2)) for v in ("ns", "wgan-gp", "hinge")
    ]
    left = planned(seeds=3, backend="eager").units(lambda training, seed: seed == 1)
    assert {u.seeds for u in left} == {(0, 2)}


def test_steps_are_rounded_up_so_that_no_image_of_the_budget_is_missing(tiny):
    """96 images: 12 steps of 8; 14 of 7 (13.7); wgan-gp has 5 batches a step, 2.4 and 2.7 steps."""
    steps = {b: [t.steps for t in planned(batch=b).trainings] for b in (8, 7)}
    assert steps == {8: [12, 3, 12], 7: [14, 3, 14]}


def test_a_preset_of_a_data_set_has_the_numbers_that_were_published():
    """Budget, batch and seeds of the two published runs; the ring and the grid of PacGAN."""
    mnist = registry.datasets.get("mnist").budgets["quick"]
    assert (mnist.images_seen, mnist.batch, mnist.seeds) == (24_000, 16, 1)
    ring = registry.datasets.get("ring2d").budgets["quick"]
    assert (ring.images_seen, ring.batch, ring.seeds) == (48_000, 64, 5)
    for name, std in (("ring2d", 0.01), ("grid2d", 0.05)):
        dataset = registry.datasets.get(name)
        assert dataset.load(None).mixture.std == std
        assert dataset.budgets["paper"].batch == 100 and dataset.budgets["paper"].n_fake == 2_500


PRESETS = {  # seeds, images, checkpoints, real, generated
    "smoke": (1, 1_280, 1, 1_000, 500),
    "quick": (3, 64_000, 4, 10_000, 1_000),
    "standard": (10, 1_200_000, 10, 10_000, 10_000),
    "paper": (10, 6_000_000, 20, 10_000, 10_000),
}


def test_presets_have_the_stated_numbers():
    found = {
        p.name: (p.seeds, p.images_seen, p.checkpoints, p.n_real, p.n_fake)
        for p in registry.presets.items()
    }
    assert found == PRESETS


def test_points_lie_as_far_from_their_modes_as_stated():
    for name, std in (("ring2d", 0.01), ("grid2d", 0.05)):
        data = registry.datasets.get(name).load(None)
        gaps = ((data.train[:5000, None] - data.mixture.centers) ** 2).sum(-1).min(1)
        assert (gaps.mean() / 2) ** 0.5 == pytest.approx(std, rel=0.03)


def costs_of(*seconds):
    unit = planned(seeds=1, backend="loop").units(nothing_done)[0]
    return [Cost(unit, s, 1) for s in seconds]


def test_workers_share_the_work(tiny):
    assert makespan(costs_of(3, 2, 2, 1), 1) == 8
    assert makespan(costs_of(3, 2, 2, 1), 2) == 4  # 3 and 1, 2 and 2
    assert makespan(costs_of(3, 2, 2, 1), 4) == 3
    assert makespan([], 2) == 0


def test_a_unit_costs_its_steps_and_its_evaluations(tiny, monkeypatch):
    """Two steps are timed. The clock here moves 1 s at each look: two steps take a second."""
    ticks = iter(range(1000))
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: float(next(ticks)))
    plan, data = make_plan(Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8))
    (unit,) = replace(plan).units(nothing_done)
    (cost,) = estimate.costs([unit], data)
    evaluations = estimate.EVALUATION_S * 3 * 2 * 60 / 1_000  # checkpoints, seeds, samples
    assert cost.seconds == pytest.approx(12 * 0.5 + evaluations)
    assert cost.memory > estimate.BASE_BYTES + data.train.nbytes
