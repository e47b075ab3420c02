"""What tests share. A registered thing whose every contract case was skipped fails the session."""

import gzip
import hashlib
import os
import pickle
import tempfile
import urllib.error
import urllib.request

import numpy as np
import pytest

# One thread, as a worker has: with more, sums are split by size, and so differently for a lane
# among others than for one alone. LOG.md says on which processors and pairs that shows.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["GANBENCH_CACHE"] = os.environ.get("GANBENCH_CACHE") or tempfile.mkdtemp()

_ran: dict[str, bool] = {}


def pytest_xdist_auto_num_workers(config):
    """Share whole folders out between two processes; run single files in this one."""
    single = [arg for arg in config.args if ".py" in arg]
    return 0 if single else 2


def pytest_itemcollected(item):
    subject = getattr(item, "callspec", None) and item.callspec.params.get("subject")
    if subject:
        item.user_properties.append(("subject", str(subject)))


def pytest_runtest_logreport(report):
    """Note, also of other processes, which registered things were tried at all."""
    subject = dict(report.user_properties).get("subject")
    if subject and (report.when == "call" or report.skipped):
        _ran[subject] = _ran.get(subject, False) or not report.skipped


def pytest_sessionfinish(session, exitstatus):
    if hasattr(session.config, "workerinput"):
        return  # of two processes each has a part of the cases only
    empty = [subject for subject, ran in _ran.items() if not ran]
    if empty and exitstatus == 0:
        print(f"\nevery case of these was skipped: {', '.join(empty)}")
        session.exitstatus = 1


@pytest.fixture
def tiny():
    """A preset that trains for a moment."""
    from ganbench.core import registry
    from ganbench.core.kinds import Preset

    preset = Preset("tiny", "for tests", 2, 12, 3, 200, 60)
    with registry.temporarily(preset):
        yield preset


@pytest.fixture
def no_plots(monkeypatch):
    """Runs write their tables, and no pictures, which other tests look at."""
    from ganbench.reports import build, plots

    monkeypatch.setattr(plots, "write_all", lambda *given: [])
    monkeypatch.setattr(build, "_sample_pictures", lambda *given: [])


def _idx(array):
    """Return an IDX file of uint8."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.tobytes()


def _fashion(folder, monkeypatch, images, labels):
    from ganbench.data import fashion_mnist

    sums = {}
    for part, prefix in enumerate(("train", "t10k")):
        for kind, array in (("images-idx3", images[part][:, 0]), ("labels-idx1", labels[part])):
            content, name = _idx(array), f"{prefix}-{kind}-ubyte"
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            sums[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(fashion_mnist, "SHA256", sums)
    monkeypatch.setattr(fashion_mnist, "DEBIAN", folder / "nothing")


def _cifar(folder, monkeypatch, images, labels):
    from torchvision.datasets import CIFAR10

    home = folder / CIFAR10.base_folder
    home.mkdir()

    def write(name, content):
        raw = pickle.dumps(content)
        (home / name).write_bytes(raw)
        return hashlib.md5(raw).hexdigest()

    def batch(part, rows):
        flat = images[part][rows].reshape(-1, 3072)
        return {"data": flat, "labels": labels[part][rows].tolist()}

    train = [
        [f"data_batch_{i + 1}", write(f"data_batch_{i + 1}", batch(0, slice(i, None, 5)))]
        for i in range(5)
    ]
    meta = {"filename": "batches.meta", "key": "label_names"}
    meta["md5"] = write("batches.meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(CIFAR10, "train_list", train)
    monkeypatch.setattr(
        CIFAR10, "test_list", [["test_batch", write("test_batch", batch(1, slice(None)))]]
    )
    monkeypatch.setattr(CIFAR10, "meta", meta)


def _svhn(folder, monkeypatch, images, labels):
    from scipy.io import savemat
    from torchvision.datasets import SVHN

    listed = {}
    for part, name in enumerate(("train", "test")):
        path = folder / f"{name}_32x32.mat"
        y = np.where(labels[part] == 0, 10, labels[part])[:, None]  # SVHN calls the digit 0 ten
        savemat(path, {"X": images[part].transpose(2, 3, 1, 0), "y": y})
        listed[name] = ["http://invalid/", path.name, hashlib.md5(path.read_bytes()).hexdigest()]
    monkeypatch.setattr(SVHN, "split_list", listed)


def _emoji(folder, monkeypatch, images, labels):
    from tests.data._fonts import colour_font

    colour_font(folder / "NotoColorEmoji.ttf", {0x1F600 + i: x for i, x in enumerate(images[0])})


def _glyphs(folder, monkeypatch, images, labels):
    from ganbench.data.glyphs import CHARACTERS
    from tests.data._fonts import outline_font

    for seed in range(6):
        outline_font(folder / f"{seed}.ttf", CHARACTERS, seed)


REMOTE = {
    "fashion-mnist": _fashion, "cifar10": _cifar, "svhn": _svhn,
    "emoji": _emoji, "emoji64": _emoji, "glyphs": _glyphs,
}  # fmt: skip


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Downloads fail, and nothing that this machine holds is found."""

    def fail(*_, **__):
        raise urllib.error.URLError("no network\nin tests")

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("ganbench.data.fashion_mnist.DEBIAN", tmp_path / "no-debian")
    monkeypatch.setattr("ganbench.data.emoji.DEBIAN", tmp_path / "no-debian")
    monkeypatch.setattr("ganbench.data.glyphs.FOLDERS", (tmp_path / "no-debian",))


@pytest.fixture
def remote(monkeypatch, tmp_path, no_network):
    """Write small files in a remote data set's format: ``name -> (folder, images, labels)``."""

    def make(name):
        from ganbench.core import registry

        folder = tmp_path / name
        folder.mkdir()
        rng = np.random.default_rng(0)
        shape = registry.datasets.get(name).shape
        images = [rng.integers(0, 256, (n, *shape), dtype=np.uint8) for n in (100, 40)]
        labels = [np.arange(len(x), dtype=np.uint8) % 10 for x in images]
        REMOTE[name](folder, monkeypatch, images, labels)
        return folder, images, labels

    return make
