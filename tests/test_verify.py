"""Executable checks: they pass on the final code (slow), and they can fail."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ganbench import registry
from ganbench.cli import main
from ganbench.spec import Quantity
from ganbench.verify import metrics
from ganbench.verify._degrade import DEGRADATIONS, STEPS, Pool

RNG = np.random.default_rng(0)
IMAGES = Pool(
    RNG.integers(0, 256, (3000, 1, 8, 8), np.uint8), np.arange(3000) % 10,
    RNG.integers(0, 256, (300, 1, 8, 8), np.uint8), 200,
)  # fmt: skip


def rows(images):
    return {image.tobytes() for image in images}


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_degradations_are_seeded_and_step_0_leaves_real_samples(name):
    def degrade(step):
        return DEGRADATIONS[name](IMAGES, step, np.random.default_rng(1))

    assert rows(degrade(0)) <= rows(IMAGES.samples) and len(rows(degrade(0))) == 200
    for step in range(STEPS):
        found = degrade(step)
        assert found.shape == (200, 1, 8, 8) and found.dtype == np.uint8
        assert np.array_equal(found, degrade(step))
        assert (step == 0) == np.array_equal(found, degrade(0))


def test_degradations_do_what_they_say():
    def at(name, step):
        return DEGRADATIONS[name](IMAGES, step, np.random.default_rng(1))

    labels = {image.tobytes(): label for image, label in zip(*IMAGES_PAIR, strict=True)}
    assert [len({labels[i] for i in rows(at("drop", s))}) for s in range(STEPS)] == [10, 8, 5, 2, 1]
    assert [len(rows(at("duplicate", s))) for s in range(STEPS)] == [200, 100, 50, 25, 12]
    copied = [len(rows(at("copy", s)) & rows(IMAGES.train)) for s in range(STEPS)]
    assert copied == [0, 50, 100, 150, 200]
    spread = [at("blur", s).astype(float).std() for s in range(STEPS)]
    assert spread == sorted(spread, reverse=True)
    points = Pool(np.zeros((50, 2), np.float32), np.zeros(50), np.zeros((9, 2)), 50, std=0.5)
    moved = DEGRADATIONS["noise"](points, 4, np.random.default_rng(0))
    assert moved.std() == pytest.approx(30, rel=0.2) and moved.dtype == np.float32


IMAGES_PAIR = (IMAGES.samples, IMAGES.labels)


def judged(quantity, values, degradation="drop", spread=0.0):
    """Return whether the checks of a made-up series pass."""
    draws = [{"degradation": "none", "step": 0, "draw": i, "value": values[0] + i * spread}
             for i in range(2)]  # fmt: skip
    steps = [{"degradation": degradation, "step": i, "draw": 0, "value": v}
             for i, v in enumerate(values)][1:]  # fmt: skip
    bed = metrics.Bed("bed", None, IMAGES, None, (), ("drop", "copy"))
    found = list(metrics._judge(bed, quantity, pd.DataFrame(draws + steps)))
    return [check.passed for check in found]


def test_a_metric_that_misses_its_control_fails():
    worse = Quantity("q", "", higher_is_better=False, controls=("drop",))
    assert judged(worse, [0, 1, 2, 3, 4]) == [True]
    assert judged(worse, [0, 1, 0.9, 3, 4]) == [True]  # saturation, within the slack
    assert judged(worse, [0, 1, 0.5, 3, 4]) == [False]
    assert judged(worse, [0, 0, 0, 0, 0]) == [False]
    assert judged(worse, [4, 3, 2, 1, 0]) == [False]
    assert judged(worse, [0, 1, 2, 3, 4], spread=2.0) == [False]  # within the noise
    assert judged(replace(worse, higher_is_better=True), [4, 3, 2, 1, 0]) == [True]
    assert judged(replace(worse, controls=("blur",)), [0, 0, 0, 0, 0]) == []  # not on this bed


def test_a_metric_that_should_be_blind_and_is_not_fails():
    blind = Quantity("q", "", higher_is_better=False, blind=("copy",))
    assert judged(blind, [1, 1, 1, 1, 1], "copy") == [True]
    assert judged(blind, [1, 1, 1, 1, 2], "copy") == [False]
    assert judged(blind, [1, 1, 1, 1, 2], "copy", spread=0.6) == [True]


def test_every_metric_of_samples_has_a_positive_control():
    for metric in registry.items("metric"):
        if metric.group in ("quality", "transport", "collapse", "memorisation"):
            for quantity in metric.quantities:
                assert quantity.controls, quantity.key
                assert set(quantity.controls + quantity.blind) <= set(DEGRADATIONS)


def test_unknown_check_is_one_line():
    done = CliRunner().invoke(main, ["verify", "metrcs"])
    assert done.exit_code == 2 and "unknown check 'metrcs'" in done.stderr


@pytest.mark.slow
def test_verify_metrics(tmp_path):
    done = CliRunner().invoke(main, ["verify", "metrics", "--out", str(tmp_path), "--json"])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert done.exit_code == 0 and found["passed"] and found["checks"] > 90, done.output
    assert {p.name for p in tmp_path.iterdir()} == {
        "verify-metrics.csv", "verify-metrics.png", "verify-metrics.svg"
    }  # fmt: skip
