"""The 8x8 digits of scikit-learn: 1,797 images, for fast tests. Alpaydin & Kaynak 1998 (UCI)."""

from __future__ import annotations

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.data._metrics import OF_SAMPLES


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 1, 8, 8]`` uint8 (grey levels 0-16 stretched to 0-255), 1,347 / 450."""
    from sklearn.datasets import load_digits

    from ganbench.data._hashing import array_sha256

    images, labels = load_digits(return_X_y=True)
    images = np.round(images.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(images))  # the file is ordered by writer
    train, test = order[:1347], order[1347:]
    return Data(
        train=images[train],
        test=images[test],
        train_labels=labels[train],
        test_labels=labels[test],
        sha256=array_sha256(images, labels),
    )


register(
    Dataset(
        name="digits",
        load=load,
        shape=(1, 8, 8),
        arch="dcgan",
        features="pixels",
        metrics=OF_SAMPLES,
        primary="fd",
        batch=32,
        budgets={"quick": Budget(batch=16)},
        classes=10,
        classifier="classifier:digits",
        summary="handwritten digits, 8x8 grey, from scikit-learn; for fast tests",
    )
)
