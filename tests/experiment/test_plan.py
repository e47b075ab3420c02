"""From a request to trainings and units; what they will cost."""

from dataclasses import replace

import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.evaluation.evaluator import Evaluator
from ganbench.experiment import estimate
from ganbench.experiment.estimate import Cost, makespan
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.trainings import choose_preset
from ganbench.methods.optimisers import Adam
from ganbench.training.build import choose_backend


def planned(**options):
    given = {"variants": ("ns", "wgan-gp", "hinge"), "dataset": "ring2d", "preset": "tiny"}
    return make_plan(Request(**{**given, **options}))[0]


def in_turn(plan):
    return replace(plan, together=False)


def trained(plan, ended=()):
    return [unit for unit in plan.units(ended) if not unit.training.control]


def test_one_seed_of_every_variant_comes_before_the_second_of_any(tiny):
    plan = in_turn(planned(seeds=3))
    order = [(unit.seeds, unit.training.variant) for unit in trained(plan)]
    assert order == [((s,), v) for s in (0, 1, 2) for v in ("wgan-gp", "ns", "hinge")]


def test_the_longest_come_first_in_each_round(tiny):
    """By their updates of D: 12 x 1, 12 x 5, 12 x (1 + 10)."""
    plan = in_turn(planned(variants=("ns", "wgan-gp", "unrolled-10"), seeds=2))
    order = [(unit.seeds[0], unit.training.variant) for unit in trained(plan)]
    assert order == [(s, v) for s in (0, 1) for v in ("unrolled-10", "wgan-gp", "ns")]
    longest = plan.trainings[[t.variant for t in plan.trainings].index("unrolled-10")]
    left = trained(plan, {longest.run_id(0)})
    assert {u.unit_id for u in left} < {u.unit_id for u in trained(plan)} and len(left) == 5
    images = planned(images_seen=96, batch=8)  # as many images: 3 x 5 updates and 12 x 1
    assert [u.training.variant for u in trained(images)] == ["wgan-gp", "ns", "hinge"]


def test_controls_come_first_each_with_all_its_draws(tiny):
    units = in_turn(planned(seeds=3)).units()
    first = [(u.training.control, len(u.seeds)) for u in units if u.training.control]
    assert first == [
        ("constant", 1), ("copies", 5), ("gaussian", 5), ("real", 5), ("uniform-box", 5),
        ("uniform-ring", 5), ("untrained", 5),
    ]  # fmt: skip
    assert [u.training.control for u in units[: len(first)]] == [name for name, _ in first]


def test_a_unit_holds_all_seeds_where_lanes_are_trained_together(tiny):
    units = trained(planned(seeds=3))
    assert [(u.training.variant, u.seeds) for u in units] == [
        (v, (0, 1, 2)) for v in ("wgan-gp", "ns", "hinge")
    ]
    plan = planned(seeds=3)
    left = trained(plan, {training.run_id(1) for training in plan.trainings})
    assert {u.seeds for u in left} == {(0, 2)}


@pytest.mark.parametrize(
    ("steps", "device", "backend"),
    [
        (199, "cpu", "reference"),
        (200, "cpu", "traced"),
        (50_000, "cpu", "compiled"),
        (199, "cuda", "reference"),
        (200, "cuda", "cudagraph"),
        (10_000, "cuda:1", "compiled"),
    ],
)
def test_a_step_is_traced_where_the_training_repays_it(steps, device, backend):
    assert choose_backend("auto", device, steps).name == backend


def test_the_plan_takes_the_backend_that_the_updates_repay(tiny):
    assert planned().units()[-1].backend == "reference"
    assert planned(steps=500).units()[-1].backend == "traced"
    assert planned(steps=500, backend="reference").units()[-1].backend == "reference"


def test_steps_are_rounded_up_so_that_no_image_of_the_budget_is_missing(tiny):
    """96 images: 12 steps of 8; 14 of 7 (13.7); wgan-gp has 5 batches a step, 2.4 and 2.7 steps."""
    steps = {b: [t.steps for t in planned(batch=b, images_seen=96).trainings] for b in (8, 7)}
    assert steps == {8: [12, 3, 12], 7: [14, 3, 14]}


def test_the_budget_is_equal_generator_updates_unless_images_are_asked_for(tiny):
    assert [t.steps for t in planned().trainings] == [12, 12, 12]
    plan = planned(steps=7)
    assert [(t.steps, t.budget, t.budget_unit) for t in plan.trainings] == [(7, 7, "g_steps")] * 3
    images = planned(images_seen=96, batch=8)
    assert {(t.budget, t.budget_unit) for t in images.trainings} == {(96, "images_seen")}
    with pytest.raises(UsageError, match="--steps and --budget are two ways"):
        planned(steps=7, images_seen=96)
    with pytest.raises(UsageError, match="--steps is 0: at least 1 needed"):
        planned(steps=0)


def test_a_screening_measures_its_noise_with_the_pair_of_the_same_gradients(tiny):
    names = ("ns", "fgan-js", "hinge")
    few = planned(variants=names, preset="quick", dataset="digits", steps=1_000)
    assert few.seeds == (0,) and few.more_seeds == {"ns": (0, 1, 2), "fgan-js": (0, 1, 2)}
    seeds = [u.seeds for u in trained(few) if u.training.variant == "ns"]
    assert seeds == [(0,), (1,), (2,)]
    asked = planned(variants=names, preset="quick", dataset="digits", seeds=1)
    assert asked.more_seeds == {}  # a number of seeds that was asked for holds for all
    alone = planned(variants=("ns", "hinge"), preset="quick", dataset="digits")
    assert alone.more_seeds == {}


def test_the_preset_follows_from_the_device_and_the_variants():
    def name(device, **options):
        return choose_preset(Request(**options), device).name

    assert (name("cpu"), name("cuda"), name("cuda:1")) == ("quick", "standard", "standard")
    assert name("cpu", variants=("core",)) == "core" and name("cpu", variants=("ns",)) == "quick"
    assert name("cpu", variants=("core",), preset="smoke") == "smoke"
    core = planned(variants=(), preset="core", dataset="digits")
    assert {t.variant for t in core.trainings} == {
        v.name for v in registry.variants.items() if v.core
    }


def test_a_preset_of_a_data_set_has_the_numbers_that_were_published():
    """Budget, batch and seeds of the two published runs; the ring and the grid of PacGAN."""
    mnist = registry.datasets.get("mnist").budgets["quick"]
    assert (mnist.steps, mnist.batch, mnist.seeds) == (None, 16, None)
    ring = registry.datasets.get("ring2d").budgets["quick"]
    assert (ring.steps, ring.batch, ring.seeds, ring.ema) == (2_000, 64, 5, 0.99)
    for name, std in (("ring2d", 0.01), ("grid2d", 0.05)):
        dataset = registry.datasets.get(name)
        assert dataset.load(None).mixture.std == std
        paper = dataset.budgets["paper"]
        assert (paper.steps, paper.batch, paper.n_fake) == (400_000, 100, 2_500)


PRESETS = {  # seeds, generator updates, checkpoints, real, generated
    "smoke": (1, 20, 1, 1_000, 500),
    "quick": (1, 1_000, 4, 10_000, 1_000),
    "core": (3, 3_000, 6, 10_000, 1_000),
    "standard": (10, 20_000, 10, 10_000, 10_000),
    "paper": (10, 100_000, 20, 10_000, 10_000),
}


def test_presets_have_the_stated_numbers():
    found = {
        p.name: (p.seeds, p.steps, p.checkpoints, p.n_real, p.n_fake)
        for p in registry.presets.items()
    }
    assert found == PRESETS


def test_points_lie_as_far_from_their_modes_as_stated():
    for name, std in (("ring2d", 0.01), ("grid2d", 0.05)):
        data = registry.datasets.get(name).load(None)
        gaps = ((data.train[:5000, None] - data.mixture.centers) ** 2).sum(-1).min(1)
        assert (gaps.mean() / 2) ** 0.5 == pytest.approx(std, rel=0.03)


def costs_of(*seconds):
    unit = trained(planned(seeds=1))[0]
    return [Cost(unit, s, 1, 1) for s in seconds]


def test_workers_share_the_work(tiny):
    assert makespan(costs_of(3, 2, 2, 1), 1) == 8
    assert makespan(costs_of(3, 2, 2, 1), 2) == 4  # 3 and 1, 2 and 2
    assert makespan(costs_of(3, 2, 2, 1), 4) == 3
    assert makespan([], 2) == 0


def test_a_unit_costs_its_preparation_steps_and_evaluations(tiny, monkeypatch):
    """The clock moves 1 s at each look: so long is a preparation, a step, and sampling."""
    ticks = iter(range(1000))
    monkeypatch.setattr(estimate.time, "process_time", lambda: float(next(ticks)))
    monkeypatch.setattr(estimate, "_time_evaluation", lambda training, data: (10.0, 100.0))
    plan, data = make_plan(Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8))
    *controls, unit = plan.units()
    *others, cost = estimate.costs([*controls, unit], data)
    evaluations = 2 * (10 + 10 + 100 + 3)  # two seeds, three checkpoints, each with its samples
    assert cost.seconds == 1 + 12 + evaluations
    assert [c.seconds for c in others] == [100 * len(u.seeds) for u in controls]
    assert cost.memory > estimate.BASE_BYTES + data.train.nbytes


def test_an_evaluation_is_timed_once_for_all_with_what_the_last_one_adds(tiny, monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr(estimate.time, "process_time", lambda: float(next(ticks)))
    plan, data = make_plan(Request(variants=("ns", "hinge"), dataset="digits", preset="tiny"))
    measured = []
    monkeypatch.setattr(
        Evaluator, "measure", lambda self, samples, final: measured.append((len(samples), final))
    )
    estimate.costs(trained(plan), data)
    assert measured == [(60, True), (60, False), (60, True)]  # the first prepares the real side
    assert estimate.costs([], data) == []


def test_a_method_has_its_authors_normalisation_unless_all_are_given_the_same_networks(tiny):
    def norms(**options):
        given = {"variants": ("wgan", "wgan+gp", "ns"), "dataset": "digits", "batch": 8}
        return {t.variant: t.arch_options["d_norm"] for t in planned(**given, **options).trainings}

    assert norms() == {"wgan": "batch", "wgan+gp": "none", "ns": "none"}
    assert set(norms(same_networks=True).values()) == {"none"}
    assert norms(arch="dcgan:d_norm=batch", same_networks=True)["ns"] == "batch"  # wgan+gp: skipped
    assert {t.networks for t in planned().trainings} == {"own"}


def test_a_changed_constant_is_another_training(tiny):
    before = planned(variants=("hinge",)).trainings[0]
    changed = replace(registry.variants.get("hinge"), optim=Adam(lr=1e-3, betas=(0.0, 0.9)))
    with registry.temporarily(changed):
        after = planned(variants=("hinge",)).trainings[0]
    assert before.method != after.method and before.run_id(0) != after.run_id(0)


@pytest.mark.parametrize(
    ("dataset", "asked", "ema"),
    [("ring2d", None, 0.99), ("ring2d", 0.0, None), ("ring2d", 0.5, 0.5), ("digits", None, None),
     ("digits", 0.9, 0.9)],
)  # fmt: skip
def test_the_generator_is_averaged_as_asked_for_or_as_the_data_set_says(dataset, asked, ema):
    plan, _ = make_plan(Request(variants=("ns",), dataset=dataset, preset="quick", ema=asked))
    assert {t.ema for t in (*plan.trainings, *plan.controls)} == {ema}
