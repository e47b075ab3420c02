"""The data of the Dirac-GAN: all mass at zero. Mescheder et al. 2018, section 2."""

from __future__ import annotations

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register


def load(data_dir: str | None = None) -> Data:
    """Return zeros ``[N, 1]`` float32."""
    from ganbench.data._hashing import array_sha256

    zeros = np.zeros((1024, 1), np.float32)
    return Data(
        train=zeros,
        test=zeros,
        sha256=array_sha256(zeros),
    )


register(
    Dataset(
        name="dirac",
        load=load,
        shape=(1,),
        arch="dirac",
        features="none",
        metrics=("wasserstein",),
        primary="w2",
        batch=1,
        budgets={suite: Budget(500) for suite in ("smoke", "quick", "core", "standard", "paper")},
        summary="all mass at zero: training has closed-form theory",
    )
)
