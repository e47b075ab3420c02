"""Stacked MNIST: three digits as the colour channels of one image, 1000 modes.

Metz et al. 2017 (Unrolled GAN, arXiv:1611.02163), section 3.3.1; sizes of Lin et al. 2018 (PacGAN),
Table 2: 128,000 images to train, 26,000 samples. Every digit of the training images is drawn with
replacement from MNIST's training split, every digit of the held-out ones from its test split.

With N samples an even generator finds 1000 (1 - exp(-N / 1000)) of the modes, 632 with 1,000 and
all with 10,000: ``quick`` therefore generates 10,000 here. The floor says what real images reach.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive
from ganbench.data import mnist

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

N_TRAIN, N_TEST = 128_000, 26_000


def stack(images: Array, labels: Array, n: int, seed: int) -> tuple[Array, Array]:
    """Return ``n`` images ``[n, 3, 28, 28]`` and their classes 100 c0 + 10 c1 + c2 ``[n]``.

    Args:
        images: grey ``[N, 1, 28, 28]``; labels: their digits ``[N]``.
    """
    triples = np.random.default_rng(seed).integers(len(images), size=(n, 3))
    return images[:, 0][triples], labels[triples].astype(np.int64) @ np.array([100, 10, 1])


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 3, 28, 28]`` uint8, 301 MB to train and 61 MB held out."""
    digits = mnist.load(data_dir)
    assert digits.train_labels is not None and digits.test_labels is not None
    seeds = derive("stacked-mnist", "train"), derive("stacked-mnist", "test")
    train, train_labels = stack(digits.train, digits.train_labels, N_TRAIN, seeds[0])
    test, test_labels = stack(digits.test, digits.test_labels, N_TEST, seeds[1])
    recipe = f"{digits.sha256} {seeds} {train.shape} {test.shape}"
    return Data(
        train=train,
        test=test,
        train_labels=train_labels,
        test_labels=test_labels,
        sha256=hashlib.sha256(recipe.encode()).hexdigest(),
    )


register(
    Dataset(
        name="stacked-mnist",
        load=load,
        shape=(3, 28, 28),
        arch="dcgan",
        features="stacked:mnist",
        metrics=("frechet", "class-coverage", "precision-recall", "sliced-wasserstein"),
        primary="fd",
        budgets={
            "quick": Budget(batch=16, n_fake=10_000),
            "core": Budget(batch=16, n_fake=10_000),
            "paper": Budget(100_000, n_fake=26_000),  # PacGAN, Table 2: 50 epochs of 128,000
        },
        classes=1000,
        classifier="stacked:mnist",
        summary="three MNIST digits in the colour channels: 1000 modes",
    )
)
