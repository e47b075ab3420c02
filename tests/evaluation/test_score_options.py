"""What ``ganbench.score`` and ``ganbench score`` are asked: used, or refused in one line."""

import json

import numpy as np
import pytest
from PIL import Image

import ganbench
from ganbench.core import registry
from ganbench.core.errors import Interrupted, UsageError
from ganbench.core.kinds import Data
from ganbench.evaluation.choose import choose_metrics, load_extractor
from ganbench.evaluation.score import score_samples
from tests.evaluation._helpers import call, normal

X, Y = normal(60), normal(60, seed=1)
IMAGES = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)


def score(real=IMAGES, fake=IMAGES[::-1] // 2, **words):
    return ganbench.score(real, fake, **{"features": "pixels", "metrics": "fd"} | words)


def refused(message, *given, **words):
    with pytest.raises(UsageError, match=message) as error:
        score(*given, **words)
    assert "\n" not in str(error.value)


def line(*words):
    """Return the only line of a command that is refused."""
    done = call(*words)
    assert done.exit_code == 2, done.output
    (said,) = done.stderr.strip().splitlines()
    return said


def save(path, images):
    path.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(path / f"{i:03}.png")


# ---- the user's own data sets ----


def test_of_data_of_your_own_all_samples_are_read(tmp_path):
    save(tmp_path / "a", IMAGES)
    save(tmp_path / "b", IMAGES[:25] // 2)
    np.save(tmp_path / "a.npy", X)
    paths, sets = (
        score_samples(tmp_path / "a", tmp_path / "b", "pixels", "all"),
        score_samples(f"folder:{tmp_path}/a", f"folder:{tmp_path}/b", "pixels", "all"),
    )
    assert sets.sizes["frechet"] == (30, 25) and sets.to_json() == paths.to_json()
    named = score_samples(f"array:{tmp_path}/a.npy", Y, "none", "fd")
    assert named.metrics == score_samples(X, Y, "none", "fd").metrics
    csv = "\n".join(["a,b", *(f"{a},{b}" for a, b in X[:, :2])])
    (tmp_path / "t.csv").write_text(csv)
    table = score_samples(f"tabular:{tmp_path}/t.csv", Y[:, :2], "none", "fd")
    assert table.sizes["frechet"] == (60, 60)


def test_beside_its_own_training_part_the_held_out_part_is_read_and_told(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (60, 4, 4, 4), dtype=np.uint8)
    save(tmp_path / "a", images)
    name = f"folder:{tmp_path}/a"
    data = registry.datasets.get(name).data(None, {"background": "black"})
    sides = ["--real", name, "--train", name, "--fake", tmp_path / "a", "--background", "black"]
    scores = call(*sides, "--features", "pixels", "--metrics", "fd,authenticity", "--json")
    assert scores.exit_code == 0, scores.output
    found = json.loads(scores.stdout.splitlines()[-1])
    sizes = len(data.test), len(data.train)
    assert found["sizes"]["frechet"] == [sizes[0], 60]
    assert found["protocol"]["train_size"] == sizes[1]
    assert found["protocol"]["preprocessing"] == "alpha composited on black"
    told = " ".join(scores.stderr.split())
    assert f"real: {sizes[0]} of 60 samples, the held-out part of folder:a in runs" in told
    assert f"train: {sizes[1]} of 60 samples, the training part of folder:a in runs" in told


def test_how_pictures_are_read_reaches_data_of_your_own(tmp_path):
    save(tmp_path / "a", IMAGES)
    Image.fromarray(IMAGES[0, :5, :4]).save(tmp_path / "a" / "z.png")
    name = f"folder:{tmp_path}/a"
    found = score(name, name, resize=(4, 4))
    assert found == score(tmp_path / "a", tmp_path / "a", resize=(4, 4))
    assert "give --resize HxW" in line("--real", name, "--fake", name)


def test_data_sets_that_come_with_ganbench_have_their_held_out_part():
    digits = registry.datasets.get("digits").load(None)
    assert isinstance(digits, Data)
    found = score_samples("digits", digits.train, "none", "fd", train="digits")
    assert found.sizes["frechet"][0] == len(digits.test)
    assert found.protocol["train_size"] == len(digits.train)


# ---- paths ----


@pytest.mark.parametrize("side", ["real", "fake", "train"])
def test_an_empty_path_is_refused(side, tmp_path, monkeypatch):
    save(tmp_path / "a", IMAGES)
    monkeypatch.chdir(tmp_path)
    given = {"real": "a", "fake": "a"} | {side: ""}
    words = [word for name, path in given.items() for word in (f"--{name}", path)]
    assert f"{side} is empty: a path or the name of a data set needed" in line(*words)
    refused(f"{side} is empty", given.pop("real"), given.pop("fake"), **given)


# ---- features ----


@pytest.mark.parametrize("where", ["def f(x):\n    ", ""])
def test_features_that_leave_the_program_are_a_line(where, tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    (tmp_path / "f.py").write_text(where + "raise SystemExit(0)\n")
    words = ["--real", tmp_path / "a.npy", "--fake", tmp_path / "a.npy"]
    assert "SystemExit: 0" in line(*words, "--features", f"{tmp_path}/f.py:f")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Interrupted])
def test_being_asked_to_stop_is_no_failure_of_features(stop, tmp_path, monkeypatch):
    (tmp_path / "f.py").write_text("import builtins\ndef f(x):\n    raise builtins.asked()\n")
    monkeypatch.setattr("builtins.asked", stop, raising=False)
    extract = load_extractor(f"{tmp_path}/f.py:f").function
    with pytest.raises(stop):
        extract(IMAGES)


def test_a_classifier_names_the_size_it_needs_and_itself():
    grey = IMAGES[..., :1].transpose(0, 3, 1, 2)
    for name, images in (("classifier", grey), ("stacked", IMAGES.transpose(0, 3, 1, 2))):
        with pytest.raises(UsageError, match=f"'{name}:mnist' need .*give --resize 28x28"):
            load_extractor(f"{name}:mnist").function(images)
    for name, images in (("classifier", IMAGES.transpose(0, 3, 1, 2)), ("stacked", grey)):
        with pytest.raises(UsageError, match=f"'{name}:mnist' need uint8 images of sh") as error:
            load_extractor(f"{name}:mnist").function(images)
        assert "--resize" not in str(error.value)


# ---- metrics ----


def test_a_plain_name_is_the_quantity_of_the_chosen_features():
    for features in registry.features.items():
        own = features.names
        for asked in ("fd", "kd,precision", "fd,fd_inf", "w1"):
            found = choose_metrics(asked, {}, {}, features.name)
            names = set().union(*(quantities for _, quantities in found))
            assert names == {own.get(name, name) for name in asked.split(",")}
    scores = score_samples(IMAGES, IMAGES // 2, "coarse-pixels", "fd,w2")
    assert set(scores.metrics) == {"fd_coarse-pixels", "w2"}


# ---- vectors ----


def test_vectors_of_raw_pixels_get_a_word():
    raw = np.random.default_rng(0).integers(0, 256, (40, 16), dtype=np.uint8)
    said = " ".join(score_samples(raw, raw[::-1] // 2, metrics="fd").warnings)
    assert "real: whole numbers of 0..255, as raw pixels" in said and "fake: whole" in said
    assert "0..255" not in " ".join(score_samples(X, Y, metrics="fd").warnings)


@pytest.mark.parametrize(
    "words", [{"background": "black"}, {"value_range": "0..1"}, {"resize": (4, 4)}]
)
def test_how_pictures_are_read_is_refused_of_vectors(words):
    refused("for images, and real holds vectors", X, Y, features="none", **words)


# ---- arguments ----


@pytest.mark.parametrize("size", [4, "4x4", [4, 4], (4.0, 4), np.array([4, 4]), np.int64(4)])
def test_sizes_that_are_clear_are_read(size):
    assert score(resize=size) == score(resize=(4, 4))


@pytest.mark.parametrize("size", [(16,), (0, 0), (-4, 4), 0, "16", "", 4.5, True, (4, "4"), 1e9])
def test_other_sizes_are_refused(size):
    refused("--resize", resize=size)


def test_ranges_and_backgrounds_that_are_clear_are_read():
    alpha = np.concatenate([IMAGES, IMAGES[..., :1]], -1)
    floats = np.float32(1) * IMAGES / 255
    for clear in ([0, 1], (0.0, 1.0), np.array([0, 1])):
        assert score(floats, value_range=clear) == score(floats, value_range="0..1")
    assert score(alpha, background=(0, 128, 255)) == score(alpha, background="#0080ff")
    assert score(background=None, resizer=None, value_range=None) == score()
    assert score(features=None, metrics=None)  # as if they were not named


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"value_range": (0, 2)}, r"--range is \(0, 2\): 0..1 or -1..1 needed"),
        ({"value_range": {}}, "--range is"),
        ({"background": (0, 0)}, "--background is"),
        ({"background": (0, 0, 256)}, "--background is"),
        ({"background": 0}, "--background is"),
        ({"resizer": ["area"], "resize": 4}, "--resizer is"),
        ({"resizer": "area"}, "--resizer is for --resize: give both"),
        ({"features": lambda x: x}, "features is function: .*FILE.py:function"),
        ({"features": 3}, "features is int"),
        ({"metrics": ["fd", 3]}, "metrics holds 3"),
        ({"metrics": 3}, "metrics is int"),
        ({"subsample": "10"}, "subsample is '10': a whole number needed"),
        ({"subsample": 10.5}, "subsample is 10.5: a whole number needed"),
        ({"subsample": float("nan")}, "subsample is nan: a whole number needed"),
        ({"subsample": True}, "subsample is True: a whole number needed"),
        ({"subsample": 0}, "subsample is 0: at least 1 needed"),
        ({"seed": 1.5}, "seed is 1.5: a whole number needed"),
        ({"seed": None}, "seed is None: a whole number needed"),
        ({"seed": "a"}, "seed is 'a': a whole number needed"),
        ({"seed": -1}, "seed is -1: at least 0 needed"),
        ({"seed": 2**63}, "seed is 9223372036854775808: at most"),
        ({"n": "200"}, "n is '200': a whole number needed"),
        ({"n": 50}, "n is 50, and no side is a generator"),
        ({"range": "0..1"}, "unknown keyword 'range': .*value_range"),
        ({"weights": "x.pt"}, "unknown keyword 'weights': .*resize"),
        ({"nonsense": 1}, "unknown keyword 'nonsense': known: .*background"),
    ],
)
def test_other_arguments_are_refused(words, message):
    refused(message, **words)


def test_numbers_of_numpy_are_numbers():
    right = score(subsample=20, seed=3)
    assert score(subsample=np.int64(20), seed=np.uint8(3)) == right == score(subsample=20.0, seed=3)
    assert score(fake=lambda n: IMAGES[:n], n=np.int64(9)) == score(fake=IMAGES[:9])
    refused("n is 0: at least 1", fake=lambda n: IMAGES[:n], n=0)
    refused("n is 100000000000: at most", fake=lambda n: IMAGES[:n], n=10**11)


def test_a_resizer_without_a_size_is_refused_on_the_command_line_too(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    words = ["--real", tmp_path / "a.npy", "--fake", tmp_path / "a.npy", "--resizer"]
    for resizer in ("area", "bicubic"):
        assert "--resizer is for --resize: give both" in line(*words, resizer)
