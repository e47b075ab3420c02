"""SVHN: street-view house numbers, 32x32. Netzer et al. 2011, read by torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

NEEDED = "train_32x32.mat and test_32x32.mat"


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 3, 32, 32]`` uint8, 73,257 to train and 26,032 held out."""
    from torchvision.datasets import SVHN

    from ganbench.data._fetched import fetched
    from ganbench.data._hashing import array_sha256

    def make(folder: Path, download: bool) -> list[Any]:
        return [SVHN(folder, split, download=download) for split in ("train", "test")]

    train, test = fetched("svhn", NEEDED, data_dir, make)
    images = [np.ascontiguousarray(split.data) for split in (train, test)]
    return Data(
        train=images[0],
        test=images[1],
        train_labels=train.labels,
        test_labels=test.labels,
        sha256=array_sha256(*images, train.labels, test.labels),
    )


register(
    Dataset(
        name="svhn",
        load=load,
        shape=(3, 32, 32),
        arch="dcgan",
        features="inception",
        metrics=("frechet", "precision-recall", "density-coverage", "class-coverage"),
        primary="fd",
        budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
        classes=10,
        classifier="classifier:svhn",
        summary="house numbers, ten digits, 32x32 colour, downloaded",
    )
)
