"""Data sets, features and the embedded classifier."""

import hashlib
import lzma

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.seeds import derive
from ganbench.data import _mixtures
from ganbench.data.mnist import FOLDER, SHA256, read_idx
from ganbench.metrics import mode_coverage
from tests.conftest import REMOTE


@pytest.mark.parametrize("subject", registry.datasets.names())
def test_contract(subject, request):
    dataset = registry.datasets.get(subject)
    folder = request.getfixturevalue("remote")(subject)[0] if subject in REMOTE else None
    data = dataset.load(folder)
    assert data.train.shape[1:] == data.test.shape[1:] == dataset.shape
    assert data.train.dtype in (np.uint8, np.float32) and data.test.dtype == data.train.dtype
    assert len(data.sha256) == 64 and data.sha256 == dataset.load(folder).sha256
    assert not registry.archs.get(dataset.arch.partition(":")[0]).fits(dataset.shape)
    keys = {q.key for m in dataset.metrics for q in registry.metrics.get(m).quantities}
    assert dataset.primary in keys
    assert bool(dataset.classes) == bool(dataset.classifier)
    if dataset.classes:
        assert set(data.test_labels) == set(range(dataset.classes))
        assert len(data.train_labels) == len(data.train)


def test_mnist_is_mnist():
    data = registry.datasets.get("mnist").load(None)
    assert len(data.train) == 60_000 and len(data.test) == 10_000
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.train.mean() == pytest.approx(33.318, abs=1e-3)


def test_damaged_mnist_is_refused(tmp_path):
    name = "t10k-labels-idx1-ubyte"
    whole = (FOLDER / f"{name}.xz").read_bytes()
    (tmp_path / f"{name}.xz").write_bytes(whole[:-100])
    with pytest.raises(UsageError, match="damaged"):
        read_idx(tmp_path, name)
    (tmp_path / f"{name}.xz").write_bytes(lzma.compress(b"\0" * 1000))
    with pytest.raises(UsageError, match="SHA-256 is wrong"):
        read_idx(tmp_path, name)
    with pytest.raises(UsageError, match="cannot read"):
        read_idx(tmp_path, "train-images-idx3-ubyte")
    assert set(SHA256) == {p.name.removesuffix(".xz") for p in FOLDER.glob("*.xz")}


@pytest.mark.parametrize(("name", "modes"), [("ring2d", 8), ("grid2d", 25)])
def test_a_perfect_sampler_covers_every_mode(name, modes):
    data = registry.datasets.get(name).load(None)
    mixture = data.mixture
    assert len(np.unique(mixture.centers.round(9), axis=0)) == modes
    found = mode_coverage(_mixtures.sample(mixture, 20_000, 3), mixture.centers, mixture.std)
    assert found["modes"] == modes
    assert found["hq"] == pytest.approx(1 - np.exp(-4.5), abs=0.005)  # P(|N(0, I)| <= 3) in 2-D
    assert found["reverse_kl"] < 0.005
    again = _mixtures.sample(mixture, len(data.test), derive(name, "test"), even=True)
    assert np.array_equal(again, data.test)
    assert not np.array_equal(again, _mixtures.sample(mixture, len(data.test), 4))


def test_ring_radius_and_first_angle():
    centers = registry.datasets.get("ring2d").load(None).mixture.centers
    assert np.linalg.norm(centers, axis=1) == pytest.approx(np.ones(8))
    assert centers[0] == pytest.approx([1, 0])


def test_the_classifier_is_as_good_as_its_record_says():
    from safetensors import safe_open

    from ganbench.evaluation.features import classifier
    from ganbench.evaluation.features._classifier import Classifier, accuracy

    path = classifier.WEIGHTS / "mnist.safetensors"
    raw = path.read_bytes()
    assert hashlib.sha256(raw).hexdigest() == classifier.SHA256["mnist"] and len(raw) < 2_000_000
    with safe_open(path, "pt") as file:
        recorded = float(file.metadata()["test_accuracy"])
        model = Classifier()
        model.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    data = registry.datasets.get("mnist").load(None)
    assert recorded >= 0.993
    assert accuracy(model, data.test, data.test_labels) == pytest.approx(recorded, abs=5e-4)


def test_classifier_features_do_not_depend_on_the_batch(monkeypatch):
    from ganbench.evaluation.choose import load_extractor
    from ganbench.evaluation.features import classifier

    images = registry.datasets.get("mnist").load(None).test[:30]
    extract = load_extractor("classifier:mnist").function
    whole = extract(images)
    monkeypatch.setattr(classifier, "BATCH", 7)
    parts = extract(images)
    assert np.allclose(whole.features, parts.features, atol=1e-4)
    assert whole.features.shape == (30, 128)
    assert whole.probs.sum(1) == pytest.approx(np.ones(30))


def test_feature_errors_name_what_is_wrong():
    from ganbench.evaluation.choose import load_extractor

    with pytest.raises(UsageError, match="need uint8 images of shape"):
        load_extractor("classifier:mnist").function(np.zeros((2, 1, 8, 8), np.uint8))
    with pytest.raises(UsageError, match="unknown classifier 'mnst': did you mean mnist"):
        load_extractor("classifier:mnst")
    with pytest.raises(UsageError, match="take no argument"):
        load_extractor("none:x")
    with pytest.raises(UsageError, match="need uint8 images"):
        load_extractor("pixels").function(np.zeros((2, 4)))


def test_augmentation_keeps_black_black():
    from ganbench.evaluation.features._classifier import augment

    x = -torch.ones(4, 1, 28, 28)
    assert torch.equal(augment(x, torch.Generator().manual_seed(0)), x)


def test_seeds_are_fixed_for_ever():
    from ganbench.core.seeds import derive, lane_seed

    assert derive("a", 1) != derive("a", "1") != derive("a1")
    assert lane_seed("mnist", "ns", 0) == derive(0, "mnist", "ns", 0) == 4806708117480210119
    with pytest.raises(TypeError, match="str or int"):
        derive(1.5)
