"""What the evaluator's cache and its protocols depend on."""

from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.cache import digest
from ganbench.core.kinds import Extractor, needs
from ganbench.evaluation import evaluator as module
from tests.evaluation._helpers import data, dataset, evaluator, last_digit, numbered, probe

FAKE = numbered(8000, 60)

pytestmark = pytest.mark.usefixtures("own_cache")


def counting(takes=needs.FEATURES, **options):
    """Return a probe that keeps the real features."""
    return probe(takes, keep=lambda real: {"real": np.array(real)}, **options)


def made(spy, found):
    """Return how many real sides an evaluator makes for a measurement and floors."""
    before = len(spy.real)
    found.measure(FAKE, True)
    return len(spy.real) - before


# ---- the cache ----


def test_what_was_made_once_is_read_by_the_next_evaluator():
    spy = counting()
    assert made(spy, evaluator(spy.metric)) == 1
    assert made(spy, evaluator(spy.metric)) == 0
    assert made(spy, evaluator(spy.metric, n_fake=20, context={"budget": 1})) == 0
    assert np.array_equal(spy.prepared[0]["real"], spy.prepared[1]["real"])


def test_floors_are_computed_once():
    spy = counting(value=lambda prepared, fake: fake[:, 0].sum())
    first = evaluator(spy.metric).floors
    assert evaluator(spy.metric).floors == first and len(spy.generated) == 5
    assert evaluator(spy.metric, n_fake=20).floors != first and len(spy.generated) == 10


def test_other_code_does_not_read_what_was_kept(monkeypatch):
    spy = counting()
    first = evaluator(spy.metric)
    assert made(spy, first) == 1 and first.floors and len(spy.generated) == 6
    monkeypatch.setattr(module, "code_digest", lambda metric: "other code")
    second = evaluator(spy.metric)
    assert made(spy, second) == 1 and second.floors and len(spy.generated) == 12


OTHERS = {
    "parameters": lambda spy: {"metric": replace(spy.metric, params={"k": 2})},
    "a version": lambda spy: {"metric": replace(spy.metric, version=2)},
    "a number of real samples": lambda spy: {"n_real": 49},
    "content of the data": lambda spy: {"data": replace(data(), sha256="1" * 64)},
    "a data set": lambda spy: {"dataset": dataset(name="other")},
    "features": lambda spy: {"extractor": Extractor("pixels", "", last_digit)},
    "weights": lambda spy: {"extractor": Extractor("none", "1" * 64, last_digit)},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_real_sides_are_not_read(kind):
    spy = counting()
    changes = OTHERS[kind](spy)
    metric = changes.pop("metric", spy.metric)
    one, other = evaluator(spy.metric), evaluator(metric, **changes)
    assert made(spy, one) == 1 and made(spy, other) == 1
    assert one.protocol_id(spy.metric) != other.protocol_id(metric)


def test_real_samples_picked_of_another_number_are_not_read(monkeypatch, tmp_path):
    """Both evaluators read 10 real samples: of 50 they are others than of 30."""
    spy = counting(max_samples=10)

    def kept(n_real):
        evaluator(spy.metric, n_real=n_real).measure(FAKE, True)
        return spy.prepared[-1]["real"]

    of_fifty, of_thirty = kept(50), kept(30)
    assert len(of_fifty) == len(of_thirty) == 10 and not np.array_equal(of_fifty, of_thirty)
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "fresh"))
    assert np.array_equal(kept(30), of_thirty)


def test_another_number_of_training_samples_is_not_read():
    spy = counting(needs.TRAIN)
    assert made(spy, evaluator(spy.metric)) == 1
    fewer = evaluator(spy.metric, data=replace(data(), train=data().train[:200]))
    assert made(spy, fewer) == 1


def test_what_does_not_read_features_is_shared_by_all_extractors():
    spy = probe(needs.MIXTURE)
    assert made(spy, evaluator(spy.metric)) == 1
    assert made(spy, evaluator(spy.metric, extractor=Extractor("pixels", "2", last_digit))) == 0


# ---- protocols ----


def test_a_protocol_holds_all_that_values_depend_on():
    spy = probe(needs.TRAIN, params={"k": 3}, max_samples=30)
    found = evaluator(spy.metric, context={"images_seen": 7})
    assert found.protocol(spy.metric) == {
        "metric": "probe",
        "version": 1,
        "params": {"k": 3},
        "dataset": "numbered",
        "dataset_sha256": "0" * 64,
        "split": "train and test",
        "features": "none",
        "features_sha256": "",
        "n_real": 30,
        "n_train": 300,
        "n_fake": 30,
        "samples": "float32",
        "images_seen": 7,
    }
    assert found.protocol_id(spy.metric) == digest(found.protocol(spy.metric))[:12]


def test_a_protocol_tells_the_split_the_curve_and_the_kind_of_samples():
    plain, curve = probe().metric, probe(needs.CURVE, reads="fd").metric
    found = evaluator(plain, curve)
    assert found.protocol(plain)["split"] == "test" and "n_train" not in found.protocol(plain)
    assert found.protocol(curve)["reads"] == "fd" and "reads" not in found.protocol(plain)
    images = replace(data(), train=np.zeros((9, 2), np.uint8))
    assert evaluator(plain, data=images).protocol(plain)["samples"] == "uint8"


@pytest.mark.parametrize("change", [{"n_fake": 39}, {"context": {"budget": 2}}])
def test_protocols_of_other_generated_samples_differ(change):
    metric = probe().metric
    assert evaluator(metric).protocol_id(metric) != evaluator(metric, **change).protocol_id(metric)


def test_protocols_of_metrics_without_features_hold_no_extractor():
    mixture, pair = probe(needs.MIXTURE).metric, probe(needs.PAIR).metric
    found = evaluator(mixture, pair, extractor=Extractor("pixels", "2" * 64, last_digit))
    for metric in (mixture, pair):
        protocol = found.protocol(metric)
        assert (protocol["features"], protocol["features_sha256"]) == ("none", "")
    plain = probe().metric
    assert found.protocol(plain)["features"] == "pixels"
    assert found.protocol(plain)["features_sha256"] == "2" * 64


def test_every_metric_has_the_digest_of_its_own_code():
    """Metrics of one package share it; a plugin's file has one of its own."""
    inside = {module.code_digest(metric) for metric in registry.metrics.items()}
    assert len(inside) == 1
    assert module.code_digest(probe().metric) not in inside
