"""Data sets beyond MNIST and the two mixtures: samplers, stacks, patterns, fetched files."""

import gzip
import importlib
import os
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Dataset, Pattern
from ganbench.core.seeds import derive
from ganbench.data import _mixtures, gaussian_blobs, mnist, stacked_mnist
from ganbench.data.fashion_mnist import DEBIAN
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.evaluator import extract
from ganbench.experiment.store import Store
from ganbench.metrics import class_coverage, mode_coverage


def call(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


def load(name):
    return registry.datasets.get(name).load(None)


def run(out, dataset, **more):
    given = {"preset": "tiny", "engine": "inline"} | more
    return ganbench.run("ns", dataset, out=out, **given)


SAMPLED = ["swissroll", "spiral", "gaussian-blobs-2", "gaussian-blobs-16"]


def sample_of(name, n, seed):
    """Return exact samples of a data set that knows how to make them."""
    if name in ("swissroll", "spiral"):
        return importlib.import_module(f"ganbench.data.{name}").sample(n, seed)
    return _mixtures.sample(load(name).mixture, n, seed, even=True)


@pytest.mark.parametrize("name", SAMPLED)
def test_samplers_are_seeded_and_their_splits_disjoint(name):
    data = load(name)
    assert len(data.train) == 100_000 and len(data.test) == 10_000
    assert data.train.dtype == np.float32 and np.isfinite(data.train).all()
    rows = {row.tobytes() for row in data.test}
    assert len(rows) == 10_000 and not rows & {row.tobytes() for row in data.train}
    n, seed = len(data.test), derive(name, "test")
    again = sample_of(name, n, seed)
    assert np.array_equal(again, data.test) and not np.array_equal(again, data.train[:n])


def test_data_are_the_same_in_another_process():
    names = [*SAMPLED, "stacked-mnist"]
    code = (
        "from ganbench.core.registry import datasets\n"
        f"for n in {names}: print(datasets.get(n).load(None).sha256)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [load(name).sha256 for name in names]


def close(found, expected, samples):
    """Say whether a mean of ``samples [N, ...]`` is as expected, within 5 standard errors."""
    error = samples.std(0) / np.sqrt(len(samples))
    return bool((np.abs(found - expected) < 5 * error + 1e-6).all())


def test_swissroll_moments():
    x = sample_of("swissroll", 200_000, 1).astype(float) * 7.5
    # t uniform on 1.5 pi .. 4.5 pi: E t cos t = 2, E t sin t = 2 / (3 pi)
    assert close(x.mean(0), [2, 2 / (3 * np.pi)], x)
    square = (x**2).sum(1)
    third = (4.5**3 - 1.5**3) * np.pi**2 / (3 * 3)  # E t^2
    assert close(square.mean(), third + 2 * 0.25**2, square)
    from sklearn.datasets import make_swiss_roll

    theirs = make_swiss_roll(200_000, noise=0.25, random_state=0)[0][:, [0, 2]]
    assert np.allclose(np.cov(x.T), np.cov(theirs.T), atol=0.5)


def test_spiral_moments():
    x = sample_of("spiral", 200_000, 1).astype(float)
    assert close(x.mean(0), 0, x)
    square = (x**2).sum(1)
    assert close(square.mean(), np.pi**2 / 2 + 2 * 0.1**2, square)  # E t^2 / 9 = pi^2 / 2
    arm = np.hypot(*x.T)
    assert arm.max() < np.pi + 0.6
    # on the arm with s = 1 the angle of (-x, y) is t = 3 r; on the other it is t + pi
    angle = np.arctan2(x[:, 1], -x[:, 0])
    off = (angle - 3 * arm) % np.pi
    assert np.minimum(off, np.pi - off)[arm > 1].mean() < 0.3  # uniform angles: pi / 4


@pytest.mark.parametrize("dimension", [2, 16, 256])
def test_blobs_know_their_modes(dimension):
    mixture = gaussian_blobs.mixture(dimension)
    assert mixture.centers.shape == (10, dimension)
    gaps = np.linalg.norm(mixture.centers[:, None] - mixture.centers, axis=2)
    assert gaps[~np.eye(10, dtype=bool)].min() > 4 * mixture.radius * mixture.std
    from ganbench.data import _mixtures

    x = _mixtures.sample(mixture, 20_000, 5)
    found = mode_coverage(x, mixture.centers, mixture.std, radius=mixture.radius)
    assert found["modes"] == 10 and found["reverse_kl"] < 0.005
    assert found["hq"] == pytest.approx(1 - np.exp(-4.5), abs=0.004)
    assert close(x.mean(0), mixture.centers.mean(0), x)
    total = ((x - mixture.centers.mean(0)) ** 2).sum(1)
    spread = mixture.centers.var(0).sum() + dimension * mixture.std**2
    assert close(total.mean(), spread, total)


def test_three_sigma_is_the_radius_in_the_plane_alone():
    assert gaussian_blobs.mixture(2).radius == pytest.approx(3, abs=1e-12)
    for name in ("ring2d", "grid2d"):
        assert load(name).mixture.radius == 3
    mixture = gaussian_blobs.mixture(64)
    from ganbench.data import _mixtures

    x = _mixtures.sample(mixture, 2_000, 5)
    assert mode_coverage(x, mixture.centers, mixture.std)["hq"] == 0
    for radius in (0, np.nan, np.inf):
        with pytest.raises(ValueError, match="radius is"):
            mode_coverage(x, mixture.centers, mixture.std, radius=radius)


def test_a_run_measures_blobs_with_their_own_radius(tiny, tmp_path):
    run(tmp_path, "gaussian-blobs-64", batch=8)
    record = Store(tmp_path).records()[0]
    assert record.floors["modes"] == 10 and record.floors["hq"] > 0.9
    assert record.arch == "toy:latent=64" and record.training.dataset == "gaussian-blobs-64"


@pytest.fixture(scope="module")
def stacked():
    return load("stacked-mnist")


def test_stacked_mnist_is_three_digits_of_its_own_split(stacked):
    digits = load("mnist")
    assert stacked.train.shape == (128_000, 3, 28, 28) and len(stacked.test) == 26_000
    assert stacked.train.dtype == np.uint8
    for part in ("train", "test"):
        images, labels = getattr(digits, part), getattr(digits, f"{part}_labels")
        known = {image.tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
        classes = getattr(stacked, f"{part}_labels")[:2_000]
        for image, label in zip(getattr(stacked, part)[:2_000], classes, strict=True):
            a, b, c = (known[channel.tobytes()] for channel in image)
            assert label == 100 * a + 10 * b + c
    other = stacked_mnist.stack(digits.train, digits.train_labels, 100, 1)
    again = stacked_mnist.stack(digits.train, digits.train_labels, 100, 1)
    assert np.array_equal(other[0], again[0]) and np.array_equal(other[1], again[1])
    assert not np.array_equal(other[0], stacked.train[:100])


def test_real_stacked_images_cover_all_modes(stacked):
    found = class_coverage(stacked.test_labels, 1000)
    assert found["modes"] == 1000 and found["reverse_kl"] < 0.05
    few = class_coverage(stacked.test_labels[:1_000], 1000)
    assert few["modes"] == pytest.approx(1000 * (1 - np.exp(-1)), abs=40)


def test_stacked_features_are_those_of_the_channels(stacked):
    x = stacked.test[:200]
    joint, single = load_extractor("stacked:mnist"), load_extractor("classifier:mnist")
    found = extract(joint, x)
    assert found.features.shape == (200, 384) and found.probs.shape == (200, 1000)
    assert found.probs.dtype == np.float32 and found.probs.sum(1) == pytest.approx(np.ones(200))
    parts = [extract(single, x[:, [c]]) for c in range(3)]
    assert np.allclose(found.features, np.hstack([p.features for p in parts]), atol=1e-4)
    digits = np.stack([p.labels for p in parts], 1)
    assert np.array_equal(found.labels, digits @ [100, 10, 1])
    assert (found.labels == stacked.test_labels[:200]).mean() > 0.95
    assert joint.sha256 == single.sha256 and joint.key != single.key
    with pytest.raises(UsageError, match=r"stacked:mnist.*shape \(3, 28, 28\), got"):
        joint.function(x[:, :1])
    with pytest.raises(UsageError, match="unknown classifier"):
        load_extractor("stacked:mnst")


def test_the_extractor_of_the_classes_is_a_field(stacked):
    from ganbench.evaluation.choose import lacking_in_run

    metric = registry.metrics.get("class-coverage")
    for name, features, reason in [
        ("stacked-mnist", "stacked:mnist", ""),
        ("stacked-mnist", "pixels", "it needs --features stacked:mnist"),
        ("mnist", "classifier:mnist", ""),
        ("mnist", "stacked:mnist", "it needs --features classifier:mnist"),
        ("ring2d", "none", "ring2d has no classes"),
    ]:
        dataset = registry.datasets.get(name)
        lacking = lacking_in_run(dataset, stacked, load_extractor(features), checkpoints=1)
        assert metric.needs.missing(lacking) == reason


def test_a_quantity_of_two_metrics_is_that_which_can_be_measured():
    from ganbench.evaluation.choose import choose_metrics, lacking_in_run

    def chosen(name, features):
        extractor = load_extractor(features)
        lacking = lacking_in_run(registry.datasets.get(name), load(name), extractor, 1)
        return [metric.name for metric, _ in choose_metrics("modes", {}, lacking, features)]

    assert chosen("ring2d", "none") == ["mode-coverage"]
    assert chosen("mnist", "classifier:mnist") == ["class-coverage"]
    with pytest.raises(UsageError, match="needs --features classifier:mnist, and the modes of"):
        chosen("mnist", "none")


def test_budgets_of_a_data_set_may_set_the_generated_samples():
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    plan, _ = make_plan(Request(variants=("ns",), dataset="stacked-mnist", preset="quick"))
    assert plan.trainings[0].n_fake == 10_000
    plan, _ = make_plan(Request(variants=("ns",), dataset="spiral", preset="quick"))
    assert plan.trainings[0].n_fake == 1_000


# Patterns


def test_every_pattern_makes_data_sets_of_its_name():
    arguments = {
        "gaussian-blobs": "16", "folder": "/x/Some Faces", "array": "/x/y.npz:z",
        "tabular": "/x/a table.csv:a column",
    }  # fmt: skip
    assert set(arguments) == {pattern.name for pattern in registry.datasets.patterns()}
    for pattern in registry.datasets.patterns():
        name = pattern.prefix + arguments[pattern.name]
        dataset = registry.datasets.get(name)
        assert isinstance(dataset, Dataset) and dataset.name.startswith(pattern.name)
        assert registry.datasets.get(dataset.name).name == dataset.name  # as workers find it
        assert registry.datasets.announced(name)
        assert registry.datasets.source(name) == registry.patterns.source(pattern.name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "did you mean folder:PATH"),
        ("foldr:/x", "did you mean folder:PATH"),
        ("folder:", "folder: needs a path"),
        ("array:", "array: needs a file"),
        ("gaussian-blobs-", "D must be a whole number from 2 to 512"),
        ("gaussian-blobs-1", "D must be a whole number"),
        ("gaussian-blobs-016", "D must be a whole number"),
        ("gaussian-blobs-1000", "D must be a whole number"),
        ("gaussian-blobs-²", "D must be a whole number"),
    ],
)
def test_bad_members(name, message):
    with pytest.raises(UsageError, match=message):
        registry.datasets.get(name)


def test_a_pattern_of_a_third_party():
    made = []
    pattern = Pattern("dataset", "mine", "X", lambda argument: made.append(argument) or "it", "")
    with registry.temporarily(pattern):
        assert registry.datasets.get("mine:a:b") == "it" and made == ["a:b"]
        assert not registry.datasets.announced("mine:a")
        assert registry.games.find("mine:a") is None
    with pytest.raises(ValueError, match="does not match"):
        Pattern("dataset", "Mine", "X", lambda argument: "it", "")


# Fetched data


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar10", "svhn"])
def test_fetched_files_are_read_as_they_are(name, remote, monkeypatch):
    folder, images, labels = remote(name)
    data = registry.datasets.get(name).load(str(folder))
    order = np.lexsort(data.train.reshape(len(data.train), -1).T)
    wanted = np.lexsort(images[0].reshape(len(images[0]), -1).T)
    assert np.array_equal(data.train[order], images[0][wanted])  # CIFAR's batches are interleaved
    assert np.array_equal(np.asarray(data.train_labels)[order], labels[0][wanted])
    assert np.array_equal(data.test, images[1]) and np.array_equal(data.test_labels, labels[1])
    monkeypatch.setenv("GANBENCH_DATA", str(folder))
    assert registry.datasets.get(name).load(None).sha256 == data.sha256


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar10", "svhn"])
def test_absent_files_are_named_before_any_training(name, no_network, tmp_path, monkeypatch):

    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    needed = {"fashion-mnist": "t10k-labels-idx1-ubyte", "cifar10": "cifar-10-batches-py",
              "svhn": "test_32x32.mat"}[name]  # fmt: skip
    words = ["run", "--dataset", name, "--variants", "ns", "--features", "pixels",
             "--preset", "smoke"]  # fmt: skip
    done = call(*words, "--out", tmp_path / "o")
    assert done.exit_code == 2 and f"ganbench: cannot download {name}" in done.stderr
    assert needed in done.stderr and str(tmp_path / "data") in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    done = call(*words, "--data-dir", tmp_path, "--out", tmp_path / "o")
    assert done.exit_code == 2 and f"cannot read {name} from {tmp_path}" in done.stderr
    assert needed in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_damaged_fetched_files_are_refused(remote):
    folder, _, _ = remote("cifar10")
    path = folder / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes() + b".")
    with pytest.raises(UsageError, match="cannot read cifar10 .*corrupted"):
        registry.datasets.get("cifar10").load(str(folder))
    folder, _, _ = remote("fashion-mnist")
    path = folder / "train-labels-idx1-ubyte.gz"
    whole = path.read_bytes()
    for content, message in [
        (whole[:-9], "is damaged"),
        (b"no gzip", "is damaged"),
        (gzip.compress(b"\0" * 99), "SHA-256 is wrong"),
    ]:
        path.write_bytes(content)
        with pytest.raises(UsageError, match=message):
            registry.datasets.get("fashion-mnist").load(str(folder))


def test_fashion_mnist_is_found_where_debian_puts_it(remote, monkeypatch):
    folder, images, _ = remote("fashion-mnist")
    plain = folder / "t10k-images-idx3-ubyte.gz"
    plain.with_suffix("").write_bytes(gzip.decompress(plain.read_bytes()))
    plain.unlink()
    with pytest.raises(UsageError, match="cannot download"):
        load("fashion-mnist")
    monkeypatch.setattr("ganbench.data.fashion_mnist.DEBIAN", folder)
    assert np.array_equal(load("fashion-mnist").test, images[1])


def test_files_are_downloaded_once_and_only_if_they_are_absent(remote, monkeypatch, tmp_path):
    from torchvision.datasets import CIFAR10

    folder, images, _ = remote("cifar10")
    target, asked = tmp_path / "data", []

    def download(self):
        asked.append(self.root)
        os.rename(folder / CIFAR10.base_folder, target / CIFAR10.base_folder)

    monkeypatch.setattr(CIFAR10, "download", download)
    for _ in range(2):
        assert np.array_equal(load("cifar10").test, images[1])
    assert len(asked) == 1


def test_mnist_idx_files_are_checked_by_content(tmp_path):
    from ganbench.data import _idx

    name = "t10k-labels-idx1-ubyte"
    labels = mnist.read_idx(mnist.FOLDER, name)
    raw = b"\0\0\x08\x01" + np.array([10_000], ">u4").tobytes() + labels.tobytes()
    for end, content in (("", raw), (".gz", gzip.compress(raw))):
        path = tmp_path / f"{name}{end}"
        path.write_bytes(content)
        assert np.array_equal(_idx.read(path, mnist.SHA256[name], ""), labels)


@pytest.mark.skipif(not DEBIAN.exists(), reason="Debian's package dataset-fashion-mnist")
def test_fashion_mnist_is_fashion_mnist(no_network, monkeypatch):
    monkeypatch.setattr("ganbench.data.fashion_mnist.DEBIAN", DEBIAN)
    data = load("fashion-mnist")
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert data.train_labels[:5].tolist() == [9, 0, 0, 3, 0]
    found = load_extractor("classifier:fashion-mnist").function(data.test[:2_000])
    assert (found.labels == data.test_labels[:2_000]).mean() == pytest.approx(0.9318, abs=0.02)
