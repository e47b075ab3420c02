"""CIFAR-10: 60,000 colour photographs of ten classes. Krizhevsky 2009, read by torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

NEEDED = "the folder cifar-10-batches-py with its six batches and batches.meta"


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 3, 32, 32]`` uint8, 50,000 to train and 10,000 held out."""
    from torchvision.datasets import CIFAR10

    from ganbench.data._fetched import fetched
    from ganbench.data._hashing import array_sha256

    def make(folder: Path, download: bool) -> list[Any]:
        return [CIFAR10(folder, train, download=download and train) for train in (True, False)]

    splits = fetched("cifar10", NEEDED, data_dir, make)
    images = [np.ascontiguousarray(split.data.transpose(0, 3, 1, 2)) for split in splits]
    labels = [np.array(split.targets) for split in splits]
    return Data(
        train=images[0],
        test=images[1],
        train_labels=labels[0],
        test_labels=labels[1],
        sha256=array_sha256(*images, *labels),
    )


register(
    Dataset(
        name="cifar10",
        load=load,
        shape=(3, 32, 32),
        arch="dcgan",
        features="inception",
        metrics=("frechet", "precision-recall", "density-coverage", "class-coverage"),
        primary="fd",
        budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
        classes=10,
        classifier="classifier:cifar10",
        summary="photographs of ten classes, 32x32 colour, downloaded",
    )
)
