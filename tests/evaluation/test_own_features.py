"""Features from a user's own file: a function, or a TorchScript network."""

import hashlib
import os
import warnings

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.evaluation.choose import load_extractor, quantity_names
from ganbench.evaluation.evaluator import extract
from ganbench.experiment.store import Store

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 3, 6, 5), np.uint8)

CODE = """
import numpy as np

SCALE = 2.0

def means(images):
    assert images.dtype == np.uint8
    return SCALE * images.mean((2, 3))

def single(images):
    return images.mean((2, 3), dtype=np.float32)

def flat(images):
    return images.mean((1, 2, 3))

def too_few(images):
    return images.mean((2, 3))[1:]

def images(images):
    return images

def nothing(images):
    return np.zeros((len(images), 0))

def words(images):
    return np.full((len(images), 2), "x")

def infinite(images):
    return np.log(np.zeros((len(images), 2)))

def ragged(images):
    return images.reshape(len(images), -1)[:, : len(images)]

def broken(images):
    raise KeyError("no such\\nlayer")

_hidden = means
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    return path


@pytest.fixture
def network(tmp_path):
    """A function that saves a network as TorchScript and returns the file."""

    def save(module, name="net.pt"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch deprecates it
            torch.jit.save(torch.jit.script(module), str(tmp_path / name))
        return tmp_path / name

    return save


# A function


def test_a_function_gives_the_features(file):
    extractor = load_extractor(f"python:{file}:means")
    found = extractor.function(IMAGES)
    assert np.array_equal(found.features, 2 * IMAGES.mean((2, 3))) and found.probs is None
    assert found.features.dtype == np.float64
    assert load_extractor(f"python:{file}:single").function(IMAGES).features.dtype == np.float32
    assert extractor.key == f"python:{file}:means"
    assert extractor.sha256 == hashlib.sha256(CODE.encode()).hexdigest()
    names = quantity_names(extractor.key)
    assert names["fd"] == "fd_python" and "fid" not in names.values()


def test_the_key_is_what_is_written_so_that_no_path_gets_into_results(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = load_extractor("python:mine.py:means").key
    assert load_extractor(key).key == key == "python:mine.py:means"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"cannot read .*elsewhere/mine.py .*No such file"):
        load_extractor("python:mine.py:means")


def test_a_file_and_its_function_are_enough(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_extractor("mine.py:means").key == "python:mine.py:means"
    assert load_extractor(f"{file}:means").key == f"python:{file}:means"
    assert quantity_names("mine.py:means") == quantity_names("python:mine.py:means")


def test_what_was_hashed_is_what_is_executed_and_no_compiled_copy(file):
    """Python itself would take the compiled copy of a file of the same size and time."""
    import py_compile

    when = os.stat(file).st_mtime_ns
    py_compile.compile(str(file))
    file.write_text(CODE.replace("SCALE = 2.0", "SCALE = 3.0"))
    os.utime(file, ns=(when, when))
    extractor = load_extractor(f"python:{file}:means")
    assert np.array_equal(extractor.function(IMAGES).features, 3 * IMAGES.mean((2, 3)))
    assert extractor.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("python:", "are written python:FILE.py:function"),
        ("python:{file}", "are written python:FILE.py:function"),
        ("python:{file}:", "are written python:FILE.py:function"),
        ("python:{file}:mean", r"mine.py: unknown function 'mean': did you mean means"),
        ("python:{file}:SCALE", "unknown function 'SCALE'"),
        ("python:{file}.no:means", r"cannot read .*mine.py.no .*No such file"),
        ("torchscript:", "need a file"),
        ("torchscript:{file}.pt", r"cannot read .*mine.py.pt .*No such file"),
        ("torchscript:{file}", r"mine.py is not what torch.jit.save writes"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_line(spec, message, file):
    written = spec.replace("{file}", str(file)) if "{file}:" not in spec else spec.format(file=file)
    with pytest.raises(UsageError, match=message) as error:
        load_extractor(written)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def f(:", "SyntaxError"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("\0", "cannot be executed"),
    ],
)
def test_a_file_that_cannot_be_executed(code, message, file):
    file.write_text(code)
    with pytest.raises(UsageError, match=f"mine.py cannot be executed: .*{message}|{message}"):
        load_extractor(f"python:{file}:f")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("flat", r"returned shape \(7,\) for 7 images: \(7, D\) needed"),
        ("too_few", r"returned shape \(6, 3\) for 7 images"),
        ("images", r"returned shape \(7, 3, 6, 5\) for 7 images"),
        ("nothing", r"returned shape \(7, 0\)"),
        ("words", "returned <U1: real numbers needed"),
        ("broken", "failed: KeyError: 'no such"),
    ],
)
def test_what_is_no_features_is_refused(name, message, file):
    function = load_extractor(f"python:{file}:{name}").function
    with pytest.raises(UsageError, match=message) as error:
        function(IMAGES)
    assert len(str(error.value).splitlines()) == 1 and f"mine.py:{name}'" in str(error.value)


def test_features_that_are_not_finite_are_refused(file):
    function = load_extractor(f"python:{file}:infinite").function
    with (
        np.errstate(divide="ignore"),
        pytest.raises(UsageError, match="returned 14 values that are NaN or infinite"),
    ):
        function(IMAGES)


def test_a_width_that_changes_between_batches_is_refused(file):
    function = load_extractor(f"python:{file}:ragged").function
    function(IMAGES[:4])
    with pytest.raises(UsageError, match="returned 4 numbers an image, then 3"):
        function(IMAGES[4:])


@pytest.mark.parametrize("samples", [np.zeros((2, 3)), np.zeros((2, 3, 4, 4), np.float32)])
def test_they_read_images_only(samples, file):
    with pytest.raises(UsageError, match=f"need uint8 images, got {samples.dtype}"):
        load_extractor(f"python:{file}:means").function(samples)


# A network


class Means(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = torch.nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(x).mean((2, 3))


class Mean(torch.nn.Module):
    def forward(self, x):
        return x.mean()


class Pair(torch.nn.Module):
    def forward(self, x):
        return x.flatten(1), x.flatten(1)


class Fixed(torch.nn.Module):
    def forward(self, x):
        return x.reshape(-1, 3, 4, 4).flatten(1)


def test_a_network_gives_the_features(network):
    path = network(Means())
    extractor = load_extractor(f"torchscript:{path}")
    found = extractor.function(IMAGES).features
    wanted = (IMAGES / np.float32(255)).mean((2, 3))  # in 0..1, and without dropout
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert found.dtype == np.float32 and extractor.batch == 100
    assert extractor.key == f"torchscript:{path}"
    assert extractor.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert quantity_names(extractor.key)["fd"] == "fd_torchscript"
    many = RNG.integers(0, 256, (230, 3, 6, 5), np.uint8)
    wanted = (many / np.float32(255)).mean((2, 3))
    np.testing.assert_allclose(extract(extractor, many).features, wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Mean(), r"returned shape \(\) for 7 images"),
        (Pair(), "TypeError: it returned tuple, one tensor needed"),
        (Fixed(), "failed: .*shape .* is invalid"),
    ],
)
def test_a_network_that_gives_no_features_is_refused(module, message, network):
    function = load_extractor(f"torchscript:{network(module)}").function
    with pytest.raises(UsageError, match=message) as error:
        function(IMAGES)
    assert len(str(error.value).splitlines()) == 1


# In a run


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ("python:{file}:flat", "returned shape (1,) for 1 images"),
        ("python:{file}:broken", "failed: KeyError"),
        ("python:{file}:gone", "unknown function 'gone'"),
    ],
)
def test_features_that_cannot_work_are_refused_before_any_training(
    features, message, file, monkeypatch, tmp_path
):
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    words = ["run", "--dataset", "digits", "--variants", "ns", "--preset", "smoke"]
    done = call(*words, "--features", features.format(file=file), "--out", tmp_path / "o")
    assert done.exit_code == 2, done.output
    (line,) = done.stderr.strip().splitlines()
    assert message in line and not (tmp_path / "o").exists()


def test_pixels_of_points_are_refused_before_any_training(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    words = ["run", "--dataset", "ring2d", "--variants", "ns", "--preset", "smoke"]
    done = call(*words, "--features", "pixels", "--out", tmp_path / "o")
    assert done.exit_code == 2 and "need uint8 images, got float32" in done.stderr


def test_a_run_in_features_of_ones_own(tiny, file, tmp_path, no_plots):
    out = tmp_path / "out"
    file.write_text(CODE + "\ndef halves(x):\n    return x.reshape(len(x), 2, -1).mean(2)\n")
    ganbench.run(
        "ns", "digits", out=out, preset="tiny", engine="inline", batch=8, no_controls=True,
        features=f"python:{file}:halves", metrics=("frechet", "precision-recall"),
    )  # fmt: skip
    record = Store(out).records()[0]
    assert record.status == "ok" and record.primary == "fd_python"
    assert {"fd_python", "precision", "recall"} <= set(record.measurements[-1].values)
    fields = record.protocols["frechet"].fields
    assert fields["features"] == f"python:{file}:halves"
    assert fields["features_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


WEIGHED = """
import numpy as np
def weighed(x, weights):
    return x.reshape(len(x), -1)[:, :8] * np.load(weights)
"""


def test_weights_reach_the_function_and_the_protocol(tmp_path, monkeypatch):
    (tmp_path / "w.py").write_text(WEIGHED)
    images = np.random.default_rng(0).integers(0, 256, (4, 1, 5, 5), dtype=np.uint8)
    hashes = set()
    for factor in (2.0, 3.0):
        np.save(tmp_path / "w.npy", np.float64(factor))
        monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "w.npy"))
        extractor = load_extractor(f"{tmp_path}/w.py:weighed")
        features = extractor.function(images).features
        assert np.array_equal(features, images.reshape(4, -1)[:, :8] * factor)
        hashes.add(extractor.sha256)
    assert len(hashes) == 2
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="cannot read .*none"):
        load_extractor(f"{tmp_path}/w.py:weighed")


def test_weights_are_refused_for_features_that_take_none(monkeypatch, tmp_path):
    monkeypatch.setenv("GANBENCH_WEIGHTS", str(tmp_path / "w.npy"))
    with pytest.raises(UsageError, match="is for features inception, python, not for pixels"):
        load_extractor("pixels")
