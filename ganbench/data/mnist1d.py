"""MNIST-1D: signals of 40 numbers, ten kinds of them. Greydanus 2020, arXiv:2011.14439.

The authors' package ``mnist1d`` makes them, seeded, from a template of each digit that is padded,
moved, sheared, smoothed and given noise: 4,000 training and 1,000 held-out signals with its default
arguments. The package is asked for nothing else; it is not part of ganbench, and downloads nothing
here. Its values, of mean 0 and standard deviation 1, are divided by 4, which brings all but a few
to -1..1. The labels are the digits.
"""

from __future__ import annotations

import random

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

LENGTH, SCALE = 40, 4.0


def load(data_dir: str | None = None) -> Data:
    """Return signals ``[N, 40]`` float32 with labels 0-9: 4,000 and 1,000.

    Raises:
        UsageError: the package ``mnist1d`` is not installed.
    """
    from ganbench.data._hashing import array_sha256

    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError:
        raise UsageError("mnist1d needs its package: pip install 'ganbench[data]'") from None
    states = random.getstate(), np.random.get_state()  # the package seeds both generators
    try:
        made = make_dataset(get_dataset_args())
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
    train, test = ((made[key] / SCALE).astype(np.float32) for key in ("x", "x_test"))
    return Data(
        train=train,
        test=test,
        train_labels=made["y"],
        test_labels=made["y_test"],
        sha256=array_sha256(train, test),
    )


register(
    Dataset(
        name="mnist1d",
        load=load,
        shape=(LENGTH,),
        arch="toy:latent=40",
        features="none",
        metrics=(
            "wasserstein",
            "sliced-wasserstein",
            "clipped-density-coverage",
            "density-coverage",
            "precision-recall",
        ),
        primary="w1",
        budgets={
            "smoke": Budget(100),
            "quick": Budget(4_000),
            "core": Budget(8_000),
        },
        summary="signals of 40 numbers, ten kinds (MNIST-1D), made by the package mnist1d",
    )
)
