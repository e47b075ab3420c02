"""Each task: what a perfect and a broken answer are worth, and what its baselines do."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from ganbench.core import registry
from ganbench.core.kinds import Data, TaskInput
from ganbench.tasks import _small_classifier, augment, inpaint, invert, sampling, superres
from tests.tasks._helpers import extract, given, images, model

FEW = {"n": 40, "candidates": 300, "starts": 1, "steps": 60}


@pytest.mark.parametrize("task", registry.tasks.items(), ids=lambda task: task.name)
def test_every_task_says_what_it_is_and_gives_what_it_declares(task):
    assert task.summary and task.paper.title and task.quantities and task.draws >= 1
    asked = given(1_000, 240)
    small = {"n": 60, "candidates": 200, "steps": 20, "pool": 400, "length": 5}
    params = {key: small.get(key, value) for key, value in task.params.items()}
    made = model(discriminator=nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0)))
    assert task.lacking(asked) == ""
    for answer in [
        task.solve(asked, made, 0, **params),
        *(solve(asked, 0, **params) for solve in task.baselines.values()),
    ]:
        assert set(answer.values) <= {q.key for q in task.quantities}
        assert all(np.isfinite(value) for value in answer.values.values())
    again = task.solve(asked, made, 0, **params)
    assert again.values == task.solve(asked, made, 0, **params).values  # seeded
    assert all(rows.ndim == 4 for rows in task.shown(asked, **params).values())


# ---- inpaint ----


def test_masks_hide_what_their_names_say():
    centre, half, random = (inpaint.hidden(mask, 50, 28, 28) for mask in inpaint.MASKS)
    assert centre[:, :, 7:21, 7:21].all() and centre.sum() == 50 * 14 * 14
    assert half[..., 14:].all() and half.sum() == 50 * 28 * 14
    assert 0.48 < random.mean() < 0.52 and not np.array_equal(random[0], random[1])
    assert np.array_equal(random, inpaint.hidden("random", 50, 28, 28))


def test_only_hidden_pixels_are_filled_and_counted():
    asked = given()
    truth = inpaint._answer(asked, lambda targets, seen: targets, 40)
    assert all(truth.values[f"inpaint_{mask}"] == 0 for mask in inpaint.MASKS)
    black = inpaint._answer(asked, lambda targets, seen: np.zeros_like(targets), 40)
    hidden = asked.data.test[:40, :, :, 4:].astype(float) / 255
    assert black.values["inpaint_half"] == pytest.approx(np.sqrt((hidden**2).mean()))
    assert np.array_equal(black.pictures[..., :4], asked.data.test[:10, :, :, :4])
    assert black.values["inpaint_half_fd"] > truth.values["inpaint_half_fd"]


def test_a_generator_of_the_data_fills_better_than_all_that_is_simple():
    asked = given()
    own = inpaint.solve(asked, model(), 0, **FEW).values
    for simple in (inpaint.mean_image, inpaint.nearest_image, inpaint.untrained):
        found = simple(asked, 0, **FEW).values
        assert own["inpaint_half"] < 0.5 * found["inpaint_half"], simple.__name__


def test_nothing_of_what_is_hidden_is_looked_at():
    asked, other = given(), given()
    other.data.test[..., 4:] = 0
    filled = [inpaint.solve(x, model(), 0, **FEW).pictures[..., 4:] for x in (asked, other)]
    assert np.array_equal(*filled) and filled[0].any()


# ---- superres ----


def test_small_images_are_means_of_blocks_and_psnr_is_that_of_the_error():
    picture = np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4) * 4
    assert superres.small(picture, 2).ravel().tolist() == [10, 18, 42, 50]
    assert superres.small(picture, 4).ravel().tolist() == [30]
    one, other = np.zeros((1, 1, 8, 8), np.uint8), np.full((1, 1, 8, 8), 51, np.uint8)
    assert superres.psnr(one, other) == pytest.approx(-20 * np.log10(0.2))
    assert superres.ssim(other, other) == pytest.approx(1)


def test_a_generator_of_the_data_enlarges_better_than_bicubic_and_one_untrained_worse():
    asked = given()
    own = superres.solve(asked, model(), 0, **FEW).values
    simple = superres.bicubic(asked, 0, **FEW).values
    broken = superres.untrained(asked, 0, **FEW).values
    assert own["superres_4x"] > simple["superres_4x"] + 3 > broken["superres_4x"] + 3
    assert own["superres_4x_ssim"] > simple["superres_4x_ssim"] > broken["superres_4x_ssim"]


def test_accuracy_is_of_the_held_out_classes():
    asked = given()
    labels = asked.data.test_labels[:40]
    found = superres._answer(asked, lambda targets, factor: targets, 40)
    wanted = (extract(asked.data.test[:40]).labels == labels).mean()
    assert found.values["superres_2x_accuracy"] == pytest.approx(wanted)


# ---- invert ----


def test_a_generator_of_the_data_reaches_them_and_a_narrow_one_does_not():
    asked = given()
    whole = invert.solve(asked, model(), 0, **FEW).values
    assert whole["invert_reached"] > 0.95 and whole["invert_error"] < 0.05
    other = invert.solve(asked, model(5), 0, **FEW).values
    assert other["invert_reached"] < 0.2 and other["invert_error"] > 5 * whole["invert_error"]
    assert invert.nearest_image(asked, 0, **FEW).values["invert_reached"] == 0


# ---- augment ----


def test_few_images_are_as_many_of_each_class_and_nested():
    asked = given()
    small, large = (augment.few(asked, 0, k) for k in (5, 20))
    assert np.bincount(small[1]).tolist() == [5, 5] and np.bincount(large[1]).tolist() == [20, 20]
    rows = {image.tobytes() for image in large[0]}
    assert {image.tobytes() for image in small[0]} <= rows
    assert not np.array_equal(augment.few(asked, 1, 5)[0], small[0])


def test_more_real_images_help_and_copies_do_not(monkeypatch):
    monkeypatch.setattr(augment, "COUNTS", (5,))
    asked = given(2_000, 1_000)
    found = {
        name: np.mean([solve(asked, seed, n=500, steps=150).values["augment_5"] for seed in (0, 1)])
        for name, solve in registry.tasks.get("augment").baselines.items()
    }
    assert found["more-real"] > 5 and abs(found["copies"]) < 3
    assert found["more-real"] > found["copies"] and found["more-real"] > found["untrained"]


def test_generated_images_have_the_class_that_the_few_see_or_that_was_asked_for(monkeypatch):
    monkeypatch.setattr(augment, "COUNTS", (5,))
    asked, fitted = given(), []
    fit = _small_classifier.fit

    def spy(real, classes, seed, steps, added=None, augment=None):
        fitted.append((real, added, augment))
        return fit(real, classes, seed, steps, added, augment)

    monkeypatch.setattr(_small_classifier, "fit", spy)
    augment.solve(asked, model(), 0, n=60, steps=30)
    (alone, nothing, _), (real, (samples, labels), _) = fitted
    assert nothing is None and np.array_equal(alone[0], real[0])
    seen = fit(alone, 2, 0, 30)
    assert len(samples) == 60 and set(np.unique(labels)) <= {0, 1} and seen is not None


def test_half_of_each_batch_is_of_what_is_added():
    black, white = np.zeros((4, 1, 8, 8), np.uint8), np.full((4, 1, 8, 8), 255, np.uint8)
    real, added = (black, np.zeros(4, int)), (white, np.ones(4, int))
    both = _small_classifier.fit(real, 2, 0, 60, added)
    assert (
        _small_classifier.predicted(both, np.concatenate([black, white])).tolist()
        == [0] * 4 + [1] * 4
    )
    alone = _small_classifier.fit(real, 2, 0, 60)
    assert _small_classifier.predicted(alone, white).tolist() == [0] * 4


# ---- sampling ----


def gaussians(n=4_000):
    """Return logits of real N(1, 1) and generated N(-1, 1) numbers x: log of the ratio is 2 x."""
    rng = np.random.default_rng(0)
    return rng.normal(1, 1, n), rng.normal(-1, 1, n)


def test_calibration_finds_the_ratio_of_densities_whatever_the_scale():
    real, fake = gaussians()
    for scale, shift in ((1, 0), (30, 500)):
        d = sampling.calibrated(
            scale * np.array([-1.0, 0.5]) + shift, scale * real + shift, scale * fake + shift
        )
        assert d == pytest.approx([-2, 1], abs=0.2)


def test_rejection_and_chains_bring_samples_to_the_data_and_chance_does_not():
    real, fake = gaussians()
    rng = np.random.default_rng(1)
    kept = fake[sampling.accepted(2 * fake, rng)]
    assert 0.1 < len(kept) / len(fake) < 0.5 and kept.mean() > fake.mean() + 0.5
    ends = fake[sampling.chains(2 * fake, 2 * real, 400, 400, rng)]
    assert ends.mean() == pytest.approx(1, abs=0.2)
    assert ends.std() == pytest.approx(1, abs=0.2)
    by_chance = fake[sampling.accepted(rng.permutation(2 * fake), rng)]
    assert by_chance.mean() == pytest.approx(-1, abs=0.15)


def test_a_discriminator_that_knows_repairs_its_generator():
    class Knows(nn.Module):
        def forward(self, x):
            return -4 * (x - 0.9 * x.clamp(-1, 1)).flatten(1).abs().sum(1) + 3 * x.mean((1, 2, 3))

    asked = given(600, 1_200)
    found = sampling.solve(asked, model(discriminator=Knows()), 0, n=150, pool=3_000, length=20)
    values = found.values
    assert values["sampling_chance"] == pytest.approx(1, abs=0.6)
    assert 0.05 < values["sampling_kept"] < 0.6
    assert set(values) == {q.key for q in registry.tasks.get("sampling").quantities}


def test_logits_are_those_of_a_discriminator_of_any_precision():
    single = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    found = [sampling.solve(given(), model(discriminator=d), 0, n=50, pool=300, length=5).values
             for d in (single, copy.deepcopy(single).double())]  # fmt: skip
    assert found[0]["sampling_fd"] == found[1]["sampling_fd"]


# ---- what is asked for, and what it is compared with ----


@pytest.mark.parametrize("held_out", [7, 60, 450, 5_000])
def test_answers_are_compared_with_other_samples_than_those_asked_for(held_out):
    test = np.arange(held_out)[:, None]
    seen = []
    asked = TaskInput(Data(test, test, "x"), lambda rows: seen.append(rows) or rows, None)
    targets, real = asked.targets(200), asked.real
    assert len(targets) == min(200, held_out // 2) and len(real) == asked.n_real
    assert not {*targets.ravel()} & {*real.ravel()}
    assert asked.n_real == min(2_000, held_out - held_out // 2)


def test_the_images_that_are_copied_are_not_those_that_are_inverted():
    for n in (40, 250, 1_000):
        trained, pool = invert._trained(given(400), n)
        assert len(trained) == min(n, 200) and len(pool) == 400 - len(trained)
    found = invert.nearest_image(given(), 0, **FEW).values
    assert 0.5 < found["invert_gap"] < 2  # an error of 0 on what it has would give none


# ---- what does not fit ----


def test_data_that_do_not_fit_are_named():
    points = given()
    object.__setattr__(points.data, "train", np.zeros((50, 2), np.float32))
    for task in registry.tasks.items():
        if task.name not in ("augment", "sampling"):
            assert task.lacking(points), task.name
    assert "100 needed" in registry.tasks.get("augment").lacking(given(60))
    unlabelled = given()
    object.__setattr__(unlabelled.data, "train_labels", None)
    assert registry.tasks.get("augment").lacking(unlabelled) == "the data have no classes"
    odd = given()
    object.__setattr__(odd.data, "train", np.zeros((50, 1, 30, 30), np.uint8))
    assert "no multiples of 4" in registry.tasks.get("superres").lacking(odd)
    assert images(3)[0].dtype == np.uint8 and torch.is_tensor(model().latents(2, 0))
