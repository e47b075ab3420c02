"""MNIST, embedded: the four original IDX files, xz-compressed, are package data.

LeCun & Cortes; Creative Commons Attribution-ShareAlike 3.0 (``mnist_idx/README.md``). Every file
is checked by its SHA-256 each time it is read. Decompressing takes twenty times as long as the
check, so it is done once per machine: the content is kept in the cache.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core.cache import cached_content
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

FOLDER = Path(__file__).with_name("mnist_idx")
REMEDY = "reinstall ganbench"
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def read_idx(folder: Path, name: str) -> Array:
    """Return the uint8 array of one IDX file, ``name.xz`` in ``folder``.

    Raises:
        UsageError: missing, damaged, or not the file it should be.
    """
    from ganbench.data import _idx

    return _idx.read(folder / f"{name}.xz", SHA256[name], REMEDY)


def read_embedded(name: str) -> Array:
    """Return the uint8 array of one embedded file, decompressed once per machine."""
    from ganbench.data import _idx

    path = FOLDER / f"{name}.xz"
    sha256 = SHA256[name]
    return _idx.array(cached_content(sha256, lambda: _idx.content(path, sha256, REMEDY)))


def load(data_dir: str | None = None) -> Data:
    """Return MNIST: images ``[N, 1, 28, 28]`` uint8, 60,000 to train and 10,000 held out."""
    read = partial(read_idx, Path(data_dir)) if data_dir else read_embedded
    train, train_labels, test, test_labels = map(read, SHA256)
    return Data(
        train=train[:, None],
        test=test[:, None],
        train_labels=train_labels,
        test_labels=test_labels,
        sha256=hashlib.sha256("".join(SHA256.values()).encode()).hexdigest(),
    )


register(
    Dataset(
        name="mnist",
        load=load,
        shape=(1, 28, 28),
        arch="dcgan",
        features="classifier:mnist",
        metrics=(
            "frechet",
            "precision-recall",
            "density-coverage",
            "class-coverage",
            "wasserstein",
            "sliced-wasserstein",
        ),
        primary="fd",
        budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
        classes=10,
        classifier="classifier:mnist",
        n_validation=10_000,
        ships=True,
        summary="handwritten digits, 28x28 grey, embedded",
    )
)
