"""How far the letters of generated sequences are from known probabilities, in nats.

Daskalakis et al. 2018 (arXiv:1711.00141), section 5 and the authors' ``KL.py``. A sample holds P
rows of K numbers, one row for each position; its letter there is the largest of the row (the first
of equal ones). With q the shares of letters or of whole sequences among the generated ones, and p
their true probabilities, where positions are independent:

    position_kl = sum over positions of KL(q_i || p_i)
    sequence_kl = KL(q || p), over all K^P sequences: the paper's

They differ by how far generated positions depend on each other: sequence_kl >= position_kl, and a
generator of two sequences, half and half, may have good frequencies at every position. Nothing is
smoothed: every true probability is positive, and what is never generated adds nothing. Of N exact
samples both are about (number of bins that are met - 1) / 2N, which the floor shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics import _inputs
from ganbench.metrics._frequencies import frequencies, kl

if TYPE_CHECKING:
    from ganbench.core.kinds import Array


def sequence_kl(samples: Any, matrix: Any) -> dict[str, float]:
    """Return ``{"position_kl": ..., "sequence_kl": ...}`` in nats of ``samples [N, P * K]``.

    Args:
        matrix: the probability of each letter at each position ``[P, K]``.

    Raises:
        ValueError: no samples, or of another width; values that are not finite; a matrix that is
            not of positive rows that sum to 1.

    References:
        Daskalakis et al. 2018, arXiv:1711.00141, section 5.
    """
    p = np.asarray(matrix, float)
    if p.ndim != 2 or not (p > 0).all() or (abs(p.sum(1) - 1) > 1e-9).any():
        raise ValueError("matrix must be rows [P, K] of positive numbers that sum to 1")
    flat = _inputs.samples(samples, "samples", 1).cpu().numpy()
    _inputs.same_width(p.size, flat.shape[1], "matrix", "samples")
    letters = flat.reshape(-1, *p.shape).argmax(2)
    at_each = [kl(frequencies(letters[:, i], p.shape[1]), row) for i, row in enumerate(p)]
    met, counts = np.unique(letters, axis=0, return_counts=True)
    true = p[np.arange(len(p)), met].prod(1)
    return {"position_kl": sum(at_each), "sequence_kl": kl(counts / len(letters), true)}


def prepare(real: tuple[Mapping[str, Array], Array]) -> dict[str, Array]:
    """Return the matrix ``[P, K]``: no real sample is read."""
    return {"matrix": real[0]["matrix"]}


def compute(prepared: dict[str, Array], fake: Any) -> dict[str, float]:
    """Return both divergences of generated sequences."""
    return sequence_kl(fake.reshape(len(fake), -1), prepared["matrix"])


register(
    Metric(
        name="sequence-kl",
        quantities=(
            Quantity(
                "position_kl",
                "nats",
                higher_is_better=False,
                label="KL of letters at each position (nats)",
            ),
            Quantity(
                "sequence_kl",
                "nats",
                higher_is_better=False,
                label="KL of whole sequences (nats)",
            ),
        ),
        needs=needs.known("sequence"),
        group="known",
        prepare=prepare,
        compute=compute,
        paper=Paper(
            "Training GANs with Optimism",
            "Daskalakis et al.",
            2018,
            arxiv="1711.00141",
        ),
    )
)
