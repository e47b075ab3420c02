"""What people hand to ``ganbench.score``: tensors, paths, names, generators; and few samples."""

import json
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

import ganbench
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Features, Suits
from ganbench.data._reading import Reading
from ganbench.evaluation.choose_features import choose_features
from ganbench.evaluation.given import of_one_shape, side_of
from ganbench.evaluation.score import score_samples
from ganbench.metrics import frechet_distance
from tests.evaluation._helpers import call, normal

X, Y = normal(200), normal(200, seed=1) + 0.3


def spots(n, seed=0, size=12):
    """Return grey pictures of one soft spot each, uint8 ``[n, size, size]``."""
    rng = np.random.default_rng(seed)
    cy, cx, r = (rng.uniform(low, high, (n, 1, 1)) for low, high in ((3, 9), (3, 9), (1.5, 3)))
    y, x = np.mgrid[:size, :size]
    return (255 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * r**2))).astype(np.uint8)


def test_samples_straight_from_a_generator_are_measured_as_they_are():
    g = torch.nn.Linear(4, 4)
    fake = g(torch.from_numpy(Y).float())
    right = frechet_distance(X, fake.detach().numpy())
    assert ganbench.score(X, fake, metrics="fd")["fd"] == pytest.approx(right)
    assert ganbench.score(torch.from_numpy(X), fake, metrics="fd")["fd"] == pytest.approx(right)


def test_a_generator_makes_as_many_samples_as_it_is_asked_for():
    class Model:
        def sample(self, n):
            return torch.from_numpy(Y[:n]).requires_grad_()

    right = ganbench.score(X, Y[:150], metrics="fd")
    assert ganbench.score(X, Model(), metrics="fd", n=150) == right
    assert ganbench.score(X, lambda n: Y[:n], metrics="fd", n=150) == right
    for bad, n, message in (
        (Model(), None, "say how many samples with n="),
        (lambda n: Y[: n - 1], 50, "made 49 samples, and 50 were asked for"),
        (lambda n: 1 / 0, 50, "could not make 50 samples: ZeroDivisionError"),
    ):
        with pytest.raises(UsageError, match=message):
            ganbench.score(X, bad, metrics="fd", n=n)


def test_names_of_data_sets_are_their_held_out_samples():
    digits = ganbench.registry.get("dataset", "digits").load(None)
    for name, right in (("real", digits.test), ("fake", digits.test), ("train", digits.train)):
        assert np.array_equal(side_of("digits", name, Reading()).samples[:], right)
    blobs = side_of("gaussian-blobs-3", "real", Reading()).samples
    assert blobs.shape[1] == 3
    with pytest.raises(UsageError, match="nowhere does not exist, and is no data set"):
        side_of("nowhere", "real", Reading())


def test_a_path_goes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    Image.fromarray(spots(1)[0]).save(tmp_path / "digits" / "x.png")
    assert side_of("digits", "real", Reading()).samples.shape == (1, 1, 12, 12)
    assert side_of(tmp_path / "digits", "real", Reading()).samples.shape == (1, 1, 12, 12)


def test_no_warning_leaks_from_read_only_maps(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ganbench.score(mapped, mapped, metrics="all")


def test_sides_that_do_not_go_together_are_named():
    def sides(real, fake):
        both = {"real": real, "fake": fake}
        return of_one_shape({k: side_of(v, k, Reading()) for k, v in both.items()})

    grey = spots(30)
    colour = np.stack([grey, grey // 2, grey], -1)
    with pytest.raises(UsageError, match="real holds images and fake vectors"):
        sides(grey, X)
    with pytest.raises(UsageError, match=r"real is 12x12 and fake 10x10 \(HxW\): give --resize"):
        sides(grey, grey[:, :10, :10])
    both, notes = sides(grey, colour)
    assert both["real"].samples.shape == (30, 3, 12, 12) == both["real"].samples[:].shape
    assert notes == ["real is grey, and read as colour as the others are"]
    assert sides(grey, grey)[1] == []


# ---- features that nobody named ----


def test_features_are_chosen_by_what_the_real_samples_are():
    mnist = side_of("mnist", "real", Reading())
    spec, why = choose_features(mnist)
    assert spec == "classifier:mnist" and "like mnist's own samples" in why
    assert choose_features(side_of(X, "real", Reading()))[0] == "none"
    digits = mnist.samples[:200]
    threes = ganbench.registry.get("dataset", "mnist").load(None)
    threes = threes.train[threes.train_labels == 3][:200]
    assert choose_features(side_of(threes, "real", Reading()))[0] == "classifier:mnist"
    noise = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    for other in (noise, 255 - digits, digits[..., ::-1, ::-1]):
        assert choose_features(side_of(other, "real", Reading()))[0] != "classifier:mnist"
    assert choose_features(mnist, "pixels") == ("pixels", "features: pixels")


def test_pixels_are_the_last_choice_and_said_to_mean_little(monkeypatch):
    for kind in registry.features.items():
        if kind.name not in ("none", "pixels"):
            monkeypatch.setitem(kind.__dict__, "suits", lambda samples: None)
    spec, why = choose_features(side_of(spots(30), "real", Reading()))
    assert spec == "pixels" and "say little" in why


def test_inception_suits_images_where_its_weights_are(tmp_path, monkeypatch):
    suits = registry.features.get("inception").suits
    monkeypatch.setenv("GANBENCH_INCEPTION_WEIGHTS", str(tmp_path / "weights.pth"))
    assert suits(spots(3)[:, None]) is None
    (tmp_path / "weights.pth").write_bytes(b"")  # they are checked where they are loaded
    found = suits(spots(3)[:, None])
    assert found.spec == "inception" and found.slow == (not torch.cuda.is_available())
    assert suits(X) is None


def test_slow_features_are_named_and_not_taken_where_samples_are_measured_often():
    def suiting(slow):
        suits = lambda samples: Suits("deep", 99, "deep", slow)  # noqa: E731
        load = lambda argument: None  # noqa: E731
        return Features("deep", load, "for tests", suits=suits)

    real = side_of(spots(30), "real", Reading())
    for slow, often, taken in ((True, True, False), (True, False, True), (False, True, True)):
        with registry.temporarily(suiting(slow)):
            spec, why = choose_features(real, often=often)
        assert (spec == "deep") == taken
        assert ("--features deep would say more, and is slow here" in why) == (not taken)


# ---- few samples, and what is probably wrong ----


def test_metrics_that_have_no_value_are_named_and_the_others_given():
    scores = score_samples(X[:30], Y[:30])
    assert {"fd", "w2", "precision", "kd"} <= set(scores.metrics)
    assert "ndb" in scores.unmeasured and "bins" in scores.unmeasured["ndb"]
    assert not set(scores.unmeasured) & set(scores.protocol["metrics"])


def test_where_nothing_has_a_value_the_reason_is_the_error(tmp_path):
    np.save(tmp_path / "x.npy", X[:1])
    done = call("--real", tmp_path / "x.npy", "--fake", tmp_path / "x.npy")
    assert done.exit_code == 2 and "1 samples: at least 2 needed" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_table_tells_counts_floors_and_noise(tmp_path):
    rng = np.random.default_rng(0)
    whole = rng.standard_normal((600, 4))
    np.save(tmp_path / "real.npy", whole[:400])
    np.save(tmp_path / "same.npy", whole[400:])
    np.save(tmp_path / "far.npy", whole[400:] + 1)
    for name, within in (("same", True), ("far", False)):
        done = call("--real", tmp_path / "real.npy", "--fake", tmp_path / f"{name}.npy",
                    "--metrics", "fd", "--json")  # fmt: skip
        found = json.loads(done.stdout.strip().splitlines()[-1])
        assert found["within_noise"] == {"fd": within} and found["counts"] == {"fd": [400, 200]}
        assert done.stdout.startswith("features: none (vectors as they are)")
        row = next(line for line in done.stdout.splitlines() if " fd " in line)
        assert "400" in row and "200" in row and ("within" in row) == within
        assert f"{found['metrics']['fd'] / found['floors']['fd']:.3g}" in row


def test_likely_mistakes_are_told():
    def said(real, fake, **options):
        return " ".join(score_samples(real, fake, metrics="fd,precision,w2", **options).warnings)

    assert said(X, Y) == ""
    assert "are both scaled alike" in said(X * 100, Y)
    assert "fake: 100 % of the features are the same" in said(X, np.ones_like(Y))
    assert "real: 100 of 200 samples are duplicates" in said(np.repeat(X[:100], 2, 0), Y)
    assert "w2 far below the floor" in said(X, X)


def test_numbers_beyond_what_can_be_summed_are_refused_before_anything_is_measured():
    for side in ("real", "fake"):
        given = {"real": X.copy(), "fake": Y.copy()}
        given[side][3, 1] = -1e200
        with pytest.raises(UsageError, match=rf"{side} holds values up to 1e\+200.*scale all"):
            score_samples(**given, metrics="all")
    given = {"real": X, "fake": Y.copy()}
    given["fake"][0, 0] = 9e11
    found = score_samples(**given, metrics="fd,kd,w1,w2,sinkhorn").metrics
    assert all(np.isfinite(value) for value in found.values())


def test_the_order_of_files_in_classes_does_not_decide_the_classifier_score():
    digits = ganbench.registry.get("dataset", "mnist").load(None)
    by_class = np.argsort(digits.test_labels[:1000], kind="stable")
    images = digits.test[:1000]
    mixed, ordered = (
        ganbench.score(digits.test[1000:2000], fake, "classifier:mnist", "classifier_score")
        for fake in (images, images[by_class])
    )
    assert ordered["classifier_score"] == mixed["classifier_score"]
    whole = score_samples(digits.test[1000:2000], images, "classifier:mnist", "classifier_score")
    assert whole.sizes["classifier-score"] == (0, 1000)
    assert ordered["classifier_score"] > 6  # splits of one class each would have 1
