"""Scoring samples made elsewhere: values, floors, subsamples and the protocol."""

import json

import numpy as np
import pytest

import ganbench
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extractor, Features, needs
from ganbench.data._reading import Reading
from ganbench.evaluation.score import score_samples
from ganbench.metrics import frechet_distance, precision_recall
from tests.evaluation._helpers import call, last_digit, normal, numbered, numbers, probe


def test_plain_vectors_give_every_metric_of_vectors_and_the_functions_values():
    x, y = normal(300), normal(300, seed=1) + 0.5
    found = ganbench.score(x, y)
    assert found["fd"] == frechet_distance(x, y)
    assert found["precision"] == precision_recall(x, y)["precision"]
    expected = {q.key for m in registry.metrics.items() if m.needs is needs.FEATURES
                for q in m.quantities}  # fmt: skip
    assert set(found) == expected and all(np.isfinite(list(found.values())))


def test_folders_and_arrays_agree(folders):
    path, sides = folders
    done = call("--real", path / "real", "--fake", path / "fake", "--features", "classifier:mnist",
                "--metrics", "fd,precision,modes,classifier_score", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    same = ganbench.score(sides["real"], sides["fake"], "classifier:mnist",
                          ["fd", "precision", "modes", "classifier_score"])  # fmt: skip
    assert found["metrics"] == pytest.approx(same)
    assert set(found["floors"]) == set(found["metrics"]) and len(found["protocol_id"]) == 12
    assert found["metrics"]["modes"] == 10


def test_the_protocol_tells_what_differs():
    x, y = normal(80), normal(80, seed=1)
    base = score_samples(x, y, metrics="fd").to_json()["protocol_id"]
    assert score_samples(x + 1, y, metrics="fd").to_json()["protocol_id"] == base
    for change in ({"metrics": "w1"}, {"subsample": 50}, {"seed": 1}):
        given = {"metrics": "fd"} | change
        assert score_samples(x, y, **given).to_json()["protocol_id"] != base


def test_the_protocol_tells_what_was_done_to_pictures():
    images = np.random.default_rng(0).integers(0, 256, (40, 4, 6, 6), dtype=np.uint8)
    said = set()
    for reading in (Reading(), Reading(background="black"), Reading((4, 4)),
                    Reading((4, 4), "area")):  # fmt: skip
        scores = score_samples(images, images, "pixels", "fd", reading=reading)
        said.add(scores.protocol["preprocessing"])
    assert said == {
        "alpha composited on white",
        "alpha composited on black",
        "pillow bicubic to 4x4; alpha composited on white",
        "pillow area to 4x4; alpha composited on white",
    }


def test_the_training_samples_show_copies():
    rng = np.random.default_rng(0)
    train, real = rng.standard_normal((600, 4)), rng.standard_normal((400, 4))
    copies = ganbench.score(real, train[:400], metrics="memorisation", train=train)
    fresh = ganbench.score(real, rng.standard_normal((400, 4)), metrics="memorisation", train=train)
    assert copies["authenticity"] == 0 < fresh["authenticity"]
    assert copies["memorisation"] < -4 < fresh["memorisation"]
    assert set(copies) == {"authenticity", "memorisation"}
    for name in ("memorisation", "authenticity"):
        message = f"{name} cannot be measured: it needs the training samples: give --train"
        with pytest.raises(UsageError, match=message):
            ganbench.score(real, real, metrics=name)


def test_train_is_read_from_the_command_line(tmp_path):
    for name, seed in (("real", 0), ("fake", 1), ("train", 2)):
        np.save(tmp_path / f"{name}.npy", normal(300, seed=seed))
    paths = [w for n in ("real", "fake", "train") for w in (f"--{n}", tmp_path / f"{n}.npy")]
    done = call(*paths, "--metrics", "memorisation,fd", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(found["metrics"]) == {"authenticity", "memorisation", "fd"} == set(found["floors"])
    assert found["protocol"]["train_size"] == 300
    np.save(tmp_path / "train.npy", normal(300, d=5))
    done = call(*paths)
    assert done.exit_code == 2 and "real has 4 features and train 5" in done.stderr


def test_subsamples_are_seeded():
    x, y = normal(200), normal(200, seed=1)
    one, two, other = (ganbench.score(x, y, metrics="fd", subsample=50, seed=s) for s in (0, 0, 1))
    assert one == two != other
    with pytest.raises(UsageError, match="subsample is 0"):
        ganbench.score(x, y, subsample=0)


# ---- what metrics are given ----

REAL, FAKE, TRAIN = numbered(0, 101), numbered(2000, 80), numbered(4000, 90)
CLASSIFIED = Features(
    "last-digit",
    lambda argument: Extractor("last-digit", "", last_digit),
    "for tests",
    names={"probe": "own_probe"},
)


def watched(takes=needs.FEATURES, metrics="probe", features="none", given=None, **options):
    """Score numbered samples by a probe; return the probe and the scores."""
    spy = probe(takes, lambda prepared, fake: float(len(fake)), **options)
    with registry.temporarily(spy.metric, CLASSIFIED):
        scores = score_samples(REAL, FAKE, features, metrics, train=TRAIN, **(given or {}))
    return spy, scores


def test_the_real_side_is_prepared_and_the_fake_side_measured():
    spy, scores = watched()
    assert numbers(spy.real[0]) == list(range(101))
    assert numbers(spy.generated[0]) == list(range(2000, 2080))
    assert scores.metrics == {"probe": 80.0} and scores.sizes == {"probe": (101, 80)}


def test_floors_are_between_real_samples_as_many_as_there_are_fakes_and_the_others():
    spy, scores = watched(given={"subsample": 30})
    assert scores.sizes == {"probe": (30, 30)} and scores.floor_sizes == {"probe": (15, 15)}
    spy, scores = watched()
    assert len(spy.real) == len(spy.generated) == 6  # the value, and five draws
    for one, other in zip(spy.real[1:], spy.generated[1:], strict=True):
        one, other = numbers(one), numbers(other)
        assert (len(one), len(other)) == (51, 50) and set(one + other) == set(range(101))
    assert scores.floors == {"probe": 50.0} and scores.floor_sds == {"probe": 0.0}
    assert numbers(spy.real[1]) != numbers(spy.real[2])
    again, _ = watched(given={"seed": 1})
    assert numbers(again.real[1]) != numbers(spy.real[1])


def test_a_metric_with_max_samples_reads_a_seeded_subset_of_both_sides():
    spy, scores = watched(max_samples=30)
    assert scores.sizes == {"probe": (30, 30)}
    assert [len(part) for part in spy.real + spy.generated] == [30] * 12
    assert set(numbers(spy.real[0])) < set(range(101))
    assert set(numbers(spy.generated[0])) < set(range(2000, 2080))
    again, _ = watched(max_samples=30)
    assert numbers(again.real[0]) == numbers(spy.real[0])
    other, _ = watched(max_samples=30, given={"seed": 1})
    assert numbers(other.real[0]) != numbers(spy.real[0])
    assert numbers(other.generated[0]) != numbers(spy.generated[0])


def test_subsamples_are_of_the_real_and_the_fake_side_and_not_of_the_training_side():
    spy, scores = watched(needs.TRAIN_AND_TEST, given={"subsample": 20})
    train, test = spy.real[0]
    assert numbers(train) == list(range(4000, 4090)) and len(test) == len(spy.generated[0]) == 20
    assert scores.protocol["train_size"] == 90


def test_floors_of_what_reads_the_training_samples_read_all_of_them():
    spy, _ = watched(needs.TRAIN_AND_TEST)
    for train, _ in spy.real:
        assert numbers(train) == list(range(4000, 4090))
    assert numbers(spy.real[0][1]) == list(range(101))
    assert not set(numbers(spy.real[1][1])) & set(numbers(spy.generated[1]))


def test_predicted_classes_stand_for_the_labels_of_the_real_samples():
    spy, _ = watched(needs.LABELLED, "own_probe", "last-digit", max_samples=60)
    for features, labels in spy.real + spy.generated:
        assert labels.tolist() == [number % 10 for number in numbers(features)]
    spy, _ = watched(needs.CLASSES, "own_probe", "last-digit")
    assert spy.real == [10] * 6  # the number of classes


def test_values_and_floors_have_the_features_own_names():
    _, scores = watched(metrics="own_probe", features="last-digit")
    assert set(scores.metrics) == set(scores.floors) == {"own_probe"}
    _, scores = watched()
    assert set(scores.metrics) == {"probe"}
    _, scores = watched(features="last-digit")  # "probe" is the metric's own name too
    assert set(scores.metrics) == {"own_probe"}
    with pytest.raises(UsageError, match="unknown metric 'prob': did you mean .*own_probe"):
        watched(metrics="prob", features="last-digit")


def test_of_a_metric_with_several_quantities_only_those_asked_for_are_returned():
    scores = score_samples(REAL, FAKE, metrics="w1,recall")
    assert set(scores.metrics) == set(scores.floors) == {"w1", "recall"}
    assert set(scores.sizes) == {"wasserstein", "precision-recall"}


def test_the_protocol_holds_versions_parameters_and_what_the_samples_went_through():
    _, scores = watched(params={"k": 3}, version=2, given={"seed": 4})
    assert scores.protocol == {
        "features": "none",
        "features_sha256": "",
        "preprocessing": "",
        "sizes": {"probe": [101, 80]},
        "train_size": 90,
        "seed": 4,
        "metrics": {"probe": {"version": 2, "params": {"k": 3}}},
    }


def test_work_is_reported_as_it_goes_on():
    said = []
    watched(given={"tick": lambda what, done, total: said.append((what, done, total))})
    assert said == [
        ("features of the real samples", 101, 101),
        ("features of the fake samples", 80, 80),
        ("features of the train samples", 90, 90),
        ("probe", 0, 1),
    ]
