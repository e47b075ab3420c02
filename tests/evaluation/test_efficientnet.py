"""EfficientNet-Lite0: its preprocessing exactly, its classes on two photographs, its refusals."""

import hashlib
import importlib.util

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.evaluation.choose import load_extractor, quantity_names
from ganbench.evaluation.features import efficientnet_lite0 as ours

installed = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ours.PACKAGES),
    reason="pip install 'ganbench[features]'",
)
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (5, 3, 20, 12), np.uint8)  # not square
GREY = RNG.integers(0, 256, (3, 1, 8, 8), np.uint8)


@pytest.fixture(scope="module")
def extract():
    return load_extractor("efficientnet-lite0").function


def photograph(name):
    """Return the square in the middle of one of scikit-learn's photographs ``[1, 3, S, S]``."""
    from sklearn.datasets import load_sample_image

    image = load_sample_image(name)
    height, width = image.shape[:2]
    left = (width - height) // 2
    return image[:, left : left + height].transpose(2, 0, 1)[None]


@installed
@pytest.mark.parametrize(("name", "label"), [("china.jpg", 698), ("flower.jpg", 985)])
def test_a_palace_is_a_palace_and_a_daisy_a_daisy(name, label, extract):
    head = ours.network(ours.read_weights())._fc  # what the package calls its classifier
    logits = head(torch.from_numpy(extract(photograph(name)).features))
    assert logits.shape == (1, 1000) and int(logits.argmax()) == label


@installed
def test_features_are_what_the_networks_own_classifier_reads(extract):
    model = ours.network(ours.read_weights())
    found = torch.from_numpy(extract(COLOUR).features)
    assert found.shape == (5, 1280) and found.dtype == torch.float32
    wanted = model(ours.fitted(torch.from_numpy(COLOUR)))
    torch.testing.assert_close(model._fc(found), wanted, rtol=1e-4, atol=1e-4)
    assert wanted.std(0).mean() > 0.1  # and they tell images apart


def test_pixels_are_centred_scaled_and_averaged_when_they_are_reduced():
    levels = torch.tensor([0, 127, 255], dtype=torch.uint8)
    found = ours.fitted(levels[:, None, None, None].expand(3, 1, 9, 5))
    assert found.shape == (3, 3, 224, 224)
    for image, value in zip(found, (-127 / 128, 0.0, 1.0), strict=True):
        assert torch.allclose(image, torch.tensor(value), atol=1e-6)
    pairs = (torch.arange(896) % 4 % 3 > 0).expand(896, 896) * 255  # columns 0, 255, 255, 0 ...
    reduced = ours.fitted(pairs.to(torch.uint8)[None, None])
    assert reduced[..., 2:-2] == pytest.approx(0.5 / 128, abs=1e-3)  # their mean, 127.5


@installed
def test_features_do_not_depend_on_the_batch(extract, monkeypatch):
    whole = extract(COLOUR).features
    parts = np.concatenate([extract(COLOUR[i : i + 2]).features for i in (0, 2, 4)])
    monkeypatch.setattr(ours, "BATCH", {"cpu": 3, "cuda": 3})
    small = load_extractor("efficientnet-lite0").function(COLOUR[::-1]).features[::-1]
    for other in (parts, small):
        np.testing.assert_allclose(other, whole, atol=1e-5 * whole.max())
    assert np.array_equal(extract(COLOUR).features, whole)


@installed
def test_grey_is_the_same_image_in_three_channels(extract):
    assert np.array_equal(extract(GREY).features, extract(GREY.repeat(3, 1)).features)


@installed
def test_it_says_what_it_is_and_has_no_classes(extract):
    extractor = load_extractor("efficientnet-lite0")
    path = ours.weights_path()
    assert extractor.key == "efficientnet-lite0"
    assert extractor.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == ours.SHA256
    assert extract(GREY).probs is None
    names = quantity_names(extractor.key)
    assert names["fd"] == "fd_efficientnet-lite0" and "fid" not in names.values()
    with pytest.raises(UsageError, match="take no argument, got 'x'"):
        load_extractor("efficientnet-lite0:x")


@installed
@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 3, 8, 8)), np.zeros((2, 2, 8, 8), np.uint8), np.zeros((2, 4), np.float32)],
    ids=lambda x: f"{x.dtype}-{x.shape}",
)
def test_other_samples_are_refused(samples, extract):
    with pytest.raises(UsageError, match="need uint8 images of shape") as error:
        extract(samples)
    assert f"got {samples.dtype} of shape {samples.shape[1:]}" in str(error.value)
    assert ours.suits(samples) is None


@installed
def test_they_suit_images_where_they_are_installed(monkeypatch):
    assert ours.suits(COLOUR).spec == "efficientnet-lite0"
    monkeypatch.setattr(ours, "PACKAGES", ("no_such_package_of_ganbench",))
    assert ours.suits(COLOUR) is None


@installed
def test_other_weights_are_refused(tmp_path, monkeypatch):
    other = tmp_path / "other.pth"
    monkeypatch.setattr(ours, "weights_path", lambda: other)
    with pytest.raises(UsageError, match=r"cannot read .*other.pth: No such file"):
        load_extractor("efficientnet-lite0")
    other.write_bytes(b"other weights")
    with pytest.raises(UsageError, match=f"other.pth has the SHA-256 .*, not {ours.SHA256}"):
        load_extractor("efficientnet-lite0")


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_missing_package_is_named_before_any_training(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ours, "PACKAGES", ("no_such_package_of_ganbench",))
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    words = [command, "--preset", "smoke", "--dataset", "digits", "--variants", "ns"]
    done = CliRunner().invoke(main, [*words, "--features", "efficientnet-lite0"])
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.strip().splitlines()
    assert "no_such_package_of_ganbench: pip install 'ganbench[features]'" in line


@installed
def test_a_run_ranks_by_its_own_distance(tiny, tmp_path, no_plots, monkeypatch):
    import ganbench
    from ganbench.experiment.store import Store

    monkeypatch.setattr(ours, "SIZE", 32)  # to be quick: what it measures is tested above
    ganbench.run(
        "ns", "digits", out=tmp_path, preset="tiny", engine="inline", batch=8, no_controls=True,
        features="efficientnet-lite0", metrics=("frechet",),
    )  # fmt: skip
    record = Store(tmp_path).records()[0]
    assert record.primary == "fd_efficientnet-lite0" and set(record.floors) == {record.primary}
    assert record.floors[record.primary] < record.measurements[-1].values[record.primary]
    fields = record.protocols["frechet"].fields
    assert (fields["features"], fields["features_sha256"]) == ("efficientnet-lite0", ours.SHA256)
    assert "fid" not in (tmp_path / "results.csv").read_text()
    assert registry.features.get("efficientnet-lite0").names["fd"] == record.primary
