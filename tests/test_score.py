"""Scoring samples made elsewhere: inputs, the Python function and the command."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import ganbench
from ganbench import inputs, registry
from ganbench.cli import main
from ganbench.errors import UsageError
from ganbench.evaluate import load_extractor
from ganbench.inputs import read
from ganbench.metrics import frechet_distance, precision_recall
from ganbench.scoring import choose, groups
from ganbench.sides import extract


def call(*words):
    return CliRunner().invoke(main, ["score", *(str(w) for w in words)])


def normal(n, d=4, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


@pytest.fixture
def folders(tmp_path):
    """Two folders of MNIST images as png, and the arrays they were made from."""
    data = registry.get("dataset", "mnist").load(None)
    sides = {"real": data.test[:60], "fake": data.train[:40]}
    for name, images in sides.items():
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image[0]).save(tmp_path / name / f"{i:03}.png")
    return tmp_path, sides


def test_every_metric_has_a_group_and_every_quantity_a_name_of_its_own():
    assert {m.group for m in registry.items("metric")} >= {"quality", "transport", "collapse"}
    keys = [q.key for group in groups().values() for m in group for q in m.quantities]
    assert len(keys) == len(set(keys))


def test_plain_vectors_give_every_metric_of_vectors_and_the_functions_values():
    x, y = normal(300), normal(250, seed=1) + 0.5
    found = ganbench.score(x, y)
    assert found["fd"] == frechet_distance(x, y)
    assert found["precision"] == precision_recall(x, y)["precision"]
    expected = {q.key for g in groups().values() for m in g if m.needs == "features"
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
    from ganbench.scoring import report

    base = report(x, y, metrics="fd").to_json()["protocol_id"]
    assert report(x + 1, y, metrics="fd").to_json()["protocol_id"] == base
    for change in ({"metrics": "w1"}, {"subsample": 50}, {"seed": 1}, {"preprocessing": "blur"}):
        given = {"metrics": "fd"} | change
        assert report(x, y, **given).to_json()["protocol_id"] != base


def test_the_training_samples_show_copies():
    rng = np.random.default_rng(0)
    train, real = rng.standard_normal((600, 4)), rng.standard_normal((400, 4))
    copies = ganbench.score(real, train[:400], metrics="memorisation", train=train)
    fresh = ganbench.score(real, rng.standard_normal((400, 4)), metrics="memorisation", train=train)
    assert copies["authenticity"] == 0 < fresh["authenticity"]
    assert copies["memorisation"] < -4 < fresh["memorisation"]
    assert set(copies) == {"authenticity", "memorisation"}
    for name in ("memorisation", "authenticity"):
        with pytest.raises(UsageError, match=f"{name} needs the training samples: give --train"):
            ganbench.score(real, copies, metrics=name)


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


def test_images_are_read_in_batches(folders, monkeypatch):
    path, sides = folders
    most = []
    whole = inputs.Images.__getitem__

    def watched(self, rows):
        found = whole(self, rows)
        most.append(len(found) if isinstance(rows, slice) else 0)
        return found

    monkeypatch.setattr(inputs.Images, "__getitem__", watched)
    images = read(str(path / "real"))
    extractor = replace(load_extractor("classifier:mnist"), batch=16)
    found = extract(extractor, images)
    assert max(most) == 16 and sum(most) == 60
    whole_set = extractor.function(sides["real"])
    np.testing.assert_allclose(found.features, whole_set.features, rtol=0, atol=1e-4)
    assert extract(extractor, images[np.array([5, 2])]).features.shape == (2, 128)


def test_subsamples_are_seeded():
    x, y = normal(200), normal(200, seed=1)
    one, two, other = (ganbench.score(x, y, metrics="fd", subsample=50, seed=s) for s in (0, 0, 1))
    assert one == two != other
    with pytest.raises(UsageError, match="subsample is 0"):
        ganbench.score(x, y, subsample=0)


def test_choosing_metrics():
    assert [m.name for m, _ in choose("transport", "none", False, False)] == [
        m.name for m in groups()["transport"]
    ]
    ((metric, keys),) = choose("w1", "none", False, False)
    assert metric.name == "wasserstein" and keys == {"w1"}
    with pytest.raises(UsageError, match="unknown metric 'fdd': did you mean fd"):
        choose("fdd", "none", False, False)
    with pytest.raises(UsageError, match="modes needs class probabilities"):
        choose("modes", "none", False, False)
    with pytest.raises(UsageError, match="no metrics"):
        choose("", "none", False, False)


def test_array_layouts(tmp_path):
    grey = np.random.default_rng(0).integers(0, 255, (5, 8, 6), dtype=np.uint8)
    colour = np.random.default_rng(0).integers(0, 255, (5, 8, 6, 3), dtype=np.uint8)
    planes = colour.transpose(0, 3, 1, 2)
    cases = ((grey, (5, 1, 8, 6)), (colour, (5, 3, 8, 6)), (planes, (5, 3, 8, 6)),
             (normal(5), (5, 4)))  # fmt: skip
    for array, shape in cases:
        np.save(tmp_path / "a.npy", array)
        assert read(str(tmp_path / "a.npy")).shape == shape
    np.savez(tmp_path / "two.npz", a=normal(5), b=normal(6))
    assert len(read(f"{tmp_path / 'two.npz'}:b")) == 6
    assert read(str(tmp_path / "a.npy")).dtype == np.float64


def test_resizing_is_stated_and_applied(folders):
    path, _ = folders
    assert read(str(path / "real"), (14, 10)).shape == (60, 1, 14, 10)
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(path / "real" / "z.jpg")
    assert read(str(path / "real"), (28, 28)).shape == (61, 3, 28, 28)  # one is in colour
    with pytest.raises(UsageError, match="28x28 and .*z.jpg 9x9: give --resize HxW"):
        read(str(path / "real"))


def make(tmp_path, kind):
    """Return a path to bad input."""
    path = tmp_path / kind
    match kind:
        case "empty":
            path.mkdir()
        case "corrupt":
            path.mkdir()
            (path / "a.png").write_bytes(b"\x89PNG no image")
        case "truncated":
            path.mkdir()
            Image.fromarray(np.zeros((50, 50), np.uint8)).save(path / "a.png")
            whole = (path / "a.png").read_bytes()
            (path / "a.png").write_bytes(whole[: len(whole) // 2])
        case "two.npz":
            np.savez(path, a=normal(5), b=normal(5))
        case "pickled.npy":
            np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        case "pickle.npy":
            path.write_bytes(pickle.dumps([1, 2, 3]))
        case "pickled.npz":
            np.savez(path, a=np.array([{"a": 1}], dtype=object))
        case "half.npz":
            np.savez(path, a=normal(500))
            path.write_bytes(path.read_bytes()[:600])
        case "cut.npy":
            np.save(path, normal(100))
            path.write_bytes(path.read_bytes()[:500])
        case "words.npy":
            np.save(path, np.array(["a", "b"]))
        case "one-d.npy":
            np.save(path, np.zeros(5))
        case "other-d.npy":
            np.save(path, normal(20, 7))
        case "nan.npy":
            np.save(path, np.full((20, 4), np.nan))
        case "text.txt":
            path.write_text("hello")
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "does not exist"),
        ("empty", "holds no images"),
        ("corrupt", "a.png is not a readable image"),
        ("truncated", "a.png is not a readable image"),
        ("two.npz", "has arrays a, b: say which, as"),
        ("pickled.npy", "pickled objects, which are never loaded"),
        ("pickle.npy", "pickled objects, which are never loaded"),
        ("pickled.npz", "pickled objects, which are never loaded"),
        ("half.npz", "is damaged"),
        ("cut.npy", "is damaged"),
        ("words.npy", "not numbers"),
        ("one-d.npy", "has shape (5,)"),
        ("other-d.npy", "real has 4 features and fake 7"),
        ("nan.npy", "fake holds 80 values that are NaN"),
        ("text.txt", "neither a folder of images nor"),
    ],
)
def test_bad_input_is_one_line(kind, message, tmp_path):
    np.save(tmp_path / "good.npy", normal(30))
    done = call("--real", tmp_path / "good.npy", "--fake", make(tmp_path, kind))
    assert done.exit_code == 2, done.output
    assert message in " ".join(done.stderr.split())
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metrics", "fdd"], "did you mean fd"),
        (["--features", "pixls"], "did you mean pixels"),
        (["--features", "pixels"], "need uint8 images"),
        (["--resize", "28"], "HxW needed"),
        (["--resize", "8x8"], "--resize is for images"),
        (["--subsample", "0"], "subsample is 0"),
        (["--metrics", "precision", "--subsample", "3"], "k is 3"),
    ],
)
def test_bad_options_are_one_line(words, message, tmp_path):
    np.save(tmp_path / "good.npy", normal(30))
    done = call("--real", tmp_path / "good.npy", "--fake", tmp_path / "good.npy", *words)
    assert done.exit_code == 2 and message in done.stderr, done.output
    assert len(done.stderr.strip().splitlines()) == 1
