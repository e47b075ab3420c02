"""Fashion-MNIST: clothes in ten classes, 28x28 grey. Xiao et al. 2017, arXiv:1708.07747.

The four IDX files (MIT licence), plain or as .gz, are looked for in ``--data-dir``; without it in
``$GANBENCH_DATA``, where torchvision puts them, and where Debian's ``dataset-fashion-mnist`` does.
Debian's compressed files have other headers, so the SHA-256 sums are of the content.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
NEEDED = f"{', '.join(SHA256)} (each plain or as .gz)"


def find(folders: list[Path]) -> list[Path]:
    """Return the four files, from the first folder that has them all.

    Raises:
        FileNotFoundError: no folder has.
    """
    for folder in folders:
        candidates = [[folder / f"{name}{end}" for end in (".gz", "")] for name in SHA256]
        paths = [next(filter(Path.exists, pair), None) for pair in candidates]
        if all(paths):
            return [path for path in paths if path]
    raise FileNotFoundError("not all four files are there")


def read(folder: Path, download: bool, more: list[Path]) -> list[Array]:
    """Return the four arrays, the files being in ``folder`` or ``more``, or downloaded."""
    from ganbench.data import _idx

    fetched = folder / "FashionMNIST" / "raw"
    if download:
        from torchvision.datasets import FashionMNIST

        FashionMNIST(folder, download=True)
    paths = find([folder, fetched, *more])
    return [
        _idx.read(path, sha256, "remove it, or fetch it again")
        for path, sha256 in zip(paths, SHA256.values(), strict=True)
    ]


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 1, 28, 28]`` uint8, 60,000 to train and 10,000 held out."""
    from ganbench.data._fetched import fetched

    more = [] if data_dir else [DEBIAN]
    train, train_labels, test, test_labels = fetched(
        "fashion-mnist", NEEDED, data_dir, lambda folder, download: read(folder, download, more)
    )
    return Data(
        train=train[:, None],
        test=test[:, None],
        train_labels=train_labels,
        test_labels=test_labels,
        sha256=hashlib.sha256("".join(SHA256.values()).encode()).hexdigest(),
    )


register(
    Dataset(
        name="fashion-mnist",
        load=load,
        shape=(1, 28, 28),
        arch="dcgan",
        features="classifier:fashion-mnist",
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
        classifier="classifier:fashion-mnist",
        summary="clothes in ten classes, 28x28 grey, downloaded or from Debian's package",
    )
)
