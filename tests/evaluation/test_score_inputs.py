"""What ``ganbench score`` reads: folders of images, arrays, and what it refuses in one line."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ganbench.core.errors import UsageError
from ganbench.data._files import read
from ganbench.data._image_files import Images
from ganbench.data._reading import Reading
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.measure import extract
from tests.evaluation._helpers import call, normal


def test_images_are_read_in_batches(folders, monkeypatch):
    path, sides = folders
    most = []
    whole = Images.__getitem__

    def watched(self, rows):
        found = whole(self, rows)
        most.append(len(found) if isinstance(rows, slice) else 0)
        return found

    monkeypatch.setattr(Images, "__getitem__", watched)
    images = read(str(path / "real"))
    extractor = replace(load_extractor("classifier:mnist"), batch=16)
    found = extract(extractor, images)
    assert max(most) == 16 and sum(most) == 60
    whole_set = extractor.function(sides["real"])
    np.testing.assert_allclose(found.features, whole_set.features, rtol=0, atol=1e-4)
    assert extract(extractor, images[np.array([5, 2])]).features.shape == (2, 128)


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
    assert read(str(path / "real"), Reading((14, 10))).shape == (60, 1, 14, 10)
    Image.fromarray(np.full((9, 9, 3), [200, 10, 10], np.uint8)).save(path / "real" / "z.jpg")
    assert read(str(path / "real"), Reading((28, 28))).shape == (61, 3, 28, 28)  # one is in colour
    with pytest.raises(UsageError, match=r"28x28 \(HxW\) and .*z.jpg 9x9: give --resize HxW"):
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
    bad = make(tmp_path, kind)
    done = call("--real", bad if kind == "truncated" else tmp_path / "good.npy", "--fake", bad)
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
