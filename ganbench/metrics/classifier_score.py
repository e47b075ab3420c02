"""The classifier score: the Inception score's formula on a named classifier.

Salimans et al. 2016, arXiv:1606.03498, section 4: with class probabilities p(y|x) of generated x,

    score = exp( mean over x of KL(p(y|x) || p(y)) ),   p(y) = mean over x of p(y|x)

in each of ``splits`` consecutive parts of the samples, then the mean over parts. It is 1 where all
samples look alike to the classifier and at most the number of classes: sharp and evenly spread. It
is called Inception score only where Inception is the classifier, which it never is here. It knows
no real sample; memorised, or adversarial, samples score well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

SPLITS = 10


def classifier_score(probs: Any, splits: int = SPLITS) -> float:
    """Return the score of class probabilities ``probs [N, K]``, 1 to K.

    Args:
        splits: parts, in the order of the samples; they differ by at most one sample in size.

    Raises:
        ValueError: fewer samples than splits, rows that are no probabilities.

    References:
        Salimans et al. 2016, arXiv:1606.03498, section 4.
    """
    p = _inputs.samples(probs, "probs", 1)
    splits = _inputs.count(splits, "splits", 1, len(p))
    if (p < 0).any():
        raise ValueError(f"probs holds {float(p.min())}: probabilities are at least 0")
    off = float((p.sum(1) - 1).abs().max())
    if off > 1e-4:
        raise ValueError(f"probs has a row whose sum is {off} off 1")
    bounds = [i * len(p) // splits for i in range(splits + 1)]
    scores = [_score(p[a:b]) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    return float(torch.stack(scores).mean())


def _score(p: torch.Tensor) -> torch.Tensor:
    """Return the score of one part ``[n, K]``; 0 log 0 is 0."""
    marginal = p.mean(0)
    return (torch.xlogy(p, p) - torch.xlogy(p, marginal)).sum(1).mean().exp()


def prepare(real: Any = None, splits: int = SPLITS) -> dict[str, Array]:
    """Return nothing: the score knows no real sample."""
    return {}


def compute(prepared: dict[str, Array], fake: Any, splits: int = SPLITS) -> dict[str, float]:
    """Return the score of the class probabilities ``fake [N, K]``."""
    return {"classifier_score": classifier_score(fake, splits)}


register(
    Metric(
        name="classifier-score",
        quantities=(
            Quantity(
                "classifier_score",
                "classes",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy", "duplicate"),
                headline=False,
            ),
        ),
        needs=needs.PROBS,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"splits": SPLITS},
        paper=Paper(
            "Improved Techniques for Training GANs", "Salimans et al.", 2016, arxiv="1606.03498"
        ),
    )
)
