"""Floors: disjoint rows at the counts of a value, draws, mean and spread."""

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.kinds import Extractor, needs
from ganbench.evaluation.evaluator import Evaluator
from ganbench.evaluation.floors import floor_draws, mean_and_sd, split
from ganbench.evaluation.score import score_samples
from tests.evaluation._helpers import data, dataset, evaluator, last_digit, normal, probe

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((40, 30), (40, 30)),
        ((100, 30), (70, 30)),  # fewer on the reference's side
        ((100, 80), (50, 50)),  # and never less than half there
        ((0, 80), (0, 80)),  # a metric that reads no real samples
    ],
)
def test_a_split_is_disjoint_and_has_the_counts_of_the_value_where_it_can(asked, found):
    reference, fakes = split(100, *asked, "a")
    assert (len(reference), len(fakes)) == found
    both = [*reference.tolist(), *fakes.tolist()]
    assert len(set(both)) == len(both) and set(both) <= set(range(100))
    assert fakes.tolist() != sorted(fakes.tolist())
    assert not np.array_equal(fakes, split(100, *asked, "b")[1])


def test_the_spread_is_that_of_one_draw():
    means, sds = mean_and_sd({"a": np.array([1.0, 2.0, 6.0]), "b": np.array([4.0])})
    assert means == {"a": 3.0, "b": 4.0}
    assert sds == {"a": pytest.approx(7**0.5)}  # (4 + 1 + 9) / 2; one draw has none


def test_slow_metrics_and_slow_features_have_fewer_draws():
    slow, quick = probe(floor_draws=2).metric, probe().metric
    plain = Extractor("none", "", last_digit)
    heavy = Extractor("heavy", "", last_digit, floor_draws=3)
    assert [floor_draws(m, f) for m in (quick, slow) for f in (plain, heavy)] == [5, 3, 2, 2]
    assert floor_draws(probe(needs.MIXTURE).metric, heavy) == 5  # reads no features
    with pytest.raises(ValueError, match="floor_draws is 0"):
        probe(floor_draws=0).metric.check()


def test_the_floors_of_a_run_are_the_mean_of_draws_with_their_spread():
    spy = probe(value=lambda prepared, fake: float(fake[:, 0].mean()))
    found = evaluator(spy.metric)
    assert found.floors
    values = [float(fake[:, 0].mean()) for fake in spy.generated]
    assert len(values) == 5 == len(set(values))
    assert found.floors["probe"] == pytest.approx(np.mean(values))
    assert found.floor_sds["probe"] == pytest.approx(np.std(values, ddof=1))


def test_another_number_of_draws_is_not_read_from_the_cache():
    spy, fewer = probe(), probe(floor_draws=2)
    assert evaluator(spy.metric).floors and len(spy.generated) == 5
    assert evaluator(fewer.metric).floors and len(fewer.generated) == 2


def in_order(n, modes=8, seed=0):
    """Return points of modes on a circle, in order of mode."""
    mode = np.repeat(np.arange(modes), n // modes)
    angle = 2 * np.pi * mode / modes
    noise = 0.01 * np.random.default_rng(seed).standard_normal((len(mode), 2))
    return np.stack([np.cos(angle), np.sin(angle)], 1) + noise


def test_data_in_order_of_class_have_the_floor_of_data_in_any_order():
    """A cap used to take the first rows of a sorted subset: the first classes alone."""
    metric = registry.metrics.get("wasserstein")
    plain = Extractor("none", "", registry.features.get("none").load("").function)

    def floor(order):
        given = data(train=in_order(4_000)[order], test=in_order(4_000, seed=1), test_labels=None)
        options = {"n_real": 4_000, "n_fake": 4_000, "context": {}}
        found = Evaluator(dataset(), given, plain, (metric,), **options)
        return found.floors["w2"]

    shuffled = floor(np.random.default_rng(0).permutation(4_000))
    assert floor(np.arange(4_000)) == pytest.approx(shuffled, rel=0.5) and shuffled < 0.3


def test_a_score_of_real_samples_as_fakes_is_its_floor():
    """1,000 real samples as fakes against 9,000: halves had other counts, and another value."""
    real = normal(4_000, d=3)
    scores = score_samples(real[400:], real[:400], metrics="fd,coverage,kd")
    for key, value in scores.metrics.items():
        assert abs(value - scores.floors[key]) < 5 * scores.floor_sds[key], key
    assert scores.floor_sizes["frechet"] == (3_200, 400)
    assert scores.floor_draws["frechet"] == 5


def test_a_floor_at_other_counts_than_its_value_says_so():
    x, y = normal(300), normal(250, seed=1)
    scores = score_samples(x, y, metrics="fd")
    assert scores.sizes["frechet"] == (300, 250) and scores.floor_sizes["frechet"] == (150, 150)
    said = "floors of frechet: 150 real samples and 150 as fakes, values on 300 and 250"
    assert scores.notes == [said] and scores.to_json()["notes"] == [said]
    assert score_samples(normal(600), y[:100], metrics="w1", subsample=100).notes != []
    assert set(scores.to_json()["floor_sds"]) == {"fd"}


def test_coverage_density_and_recall_read_as_many_real_as_generated_samples():
    """Of 4,000 real samples and 400 others coverage was 1 - (N / (N + M))^5 = 0.38."""
    real, fake = normal(4_400, d=3), normal(400, d=3, seed=1)
    scores = score_samples(real, fake, metrics="coverage,density,recall,precision")
    sizes = {"density-coverage": (400, 400), "precision-recall": (400, 400)}
    assert scores.sizes == scores.floor_sizes == sizes
    assert scores.metrics["coverage"] > 0.93
    for key, value in scores.metrics.items():
        assert abs(value - scores.floors[key]) < 5 * scores.floor_sds[key], key


def test_equal_counts_are_a_part_of_the_protocol_of_a_run():
    metric = registry.metrics.get("density-coverage")
    found = evaluator(metric, n_real=100)
    protocol = found.protocol(metric)
    assert (protocol["n_real"], protocol["n_fake"]) == (40, 40)
    fewer = evaluator(metric, n_real=30).protocol(metric)
    assert (fewer["n_real"], fewer["n_fake"]) == (30, 30)
