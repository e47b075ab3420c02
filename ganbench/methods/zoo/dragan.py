"""DRAGAN: a gradient penalty around the data. Kodali et al. 2017, Algorithm 1.

lambda = 10, k = 1, noise 0.5 std U(0, 1). The penalty is on the logit, as in the authors' code; the
constants of Adam are DCGAN's (there 1e-4 with betas 0.5 and 0.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import (
    Discriminator,
    Modifier,
    Noise,
    Paper,
    Penalty,
    named_composition,
    reads_noise,
)
from ganbench.core.lazy import torch
from ganbench.core.registry import register
from ganbench.methods.penalties import gradient_norm, interpolation_noise
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def dragan_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return uniform numbers: one for each value of each sample, one for each sample."""
    return {"shift": Noise("uniform", (batch, *shape)), **interpolation_noise(batch, shape)}


@reads_noise(dragan_noise)
def dragan_penalty(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (|grad D(x)| - 1)^2 around real data. Algorithm 1.

    As in the authors' code, x = r + e 0.5 s u, with s the standard deviation of the whole batch, u
    uniform on [0, 1) for each value and e for each sample. Planes of labels neither count nor move.
    """
    of_image = noise.get("images", torch.ones_like(real[0])).expand_as(real)
    mean = (real * of_image).sum() / of_image.sum()
    spread = (((real - mean).square() * of_image).sum() / of_image.sum()).sqrt()
    x = real + noise["epsilon"] * 0.5 * spread * noise["shift"] * of_image
    return (gradient_norm(d, x) - 1).square().mean()


dragan = register(
    Modifier(
        name="dragan",
        paper=Paper(
            "On Convergence and Stability of GANs", "Kodali et al.", 2017, arxiv="1705.07215"
        ),
        equation="10 (|grad D| - 1)^2 near real samples",
        penalties=(Penalty(dragan_penalty, weight=10.0),),
        requires={"per_sample_d"},
    )
)
register(
    named_composition(
        "dragan", ns, dragan, family="regularised",
        equation="D: sp(-r) + sp(f) + 10 (|grad D| - 1)^2 near real samples   G: sp(-f)",
    )
)  # fmt: skip
