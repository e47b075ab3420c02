"""DNA motifs: six letters of A, C, G, T, each drawn by a known matrix of position weights.

Daskalakis et al. 2018, "Training GANs with Optimism" (arXiv:1711.00141), section 5. The matrix is
the authors' own, of the motif ATAGGC: ``data/motifs/ATAGGC.pwm`` of their repository
``vsyrgkanis/optimistic_GAN_training``. Positions are independent, so the probability of each of the
4,096 sequences is known. Their 40,000 or so sequences are not copied: ours are drawn anew.

A sequence is its one-hot rows of 4, one after the other: 24 numbers, 0 or 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

LETTERS = "ACGT"
MATRIX = (  # the probabilities of A, C, G, T at each position
    (0.80, 0.05, 0.12, 0.03),
    (0.10, 0.21, 0.06, 0.63),
    (0.68, 0.25, 0.05, 0.02),
    (0.13, 0.11, 0.53, 0.23),
    (0.32, 0.13, 0.43, 0.12),
    (0.17, 0.67, 0.03, 0.13),
)


def sample(n: int, seed: int) -> Array:
    """Return ``n`` exact one-hot sequences ``[n, 24]`` float32."""
    ends = np.cumsum(MATRIX, 1)[:, :-1]  # where the share of each letter but the last ends
    drawn = np.random.default_rng(seed).random((n, len(MATRIX), 1))
    letters = (drawn >= ends).sum(-1)
    return np.eye(len(LETTERS), dtype=np.float32)[letters].reshape(n, -1)


def load(data_dir: str | None = None) -> Data:
    """Return one-hot sequences ``[N, 24]`` float32, and the matrix as what is known of them."""
    from ganbench.data import _points

    return replace(_points.load("motifs", sample), known={"sequence": {"matrix": np.array(MATRIX)}})


register(
    Dataset(
        name="motifs",
        load=load,
        shape=(len(MATRIX) * len(LETTERS),),
        arch="toy:latent=24",
        features="none",
        metrics=("sequence-kl", "wasserstein", "sliced-wasserstein"),
        primary="position_kl",
        batch=128,
        budgets={
            "smoke": Budget(100),
            "quick": Budget(4_000, n_fake=10_000),
            "core": Budget(12_000, n_fake=10_000),
        },
        summary="DNA motifs of six letters, with an exact distribution of all 4,096",
    )
)
