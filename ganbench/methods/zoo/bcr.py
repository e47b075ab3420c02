"""Balanced consistency regularisation of images. Zhao et al. 2020, Algorithm 1.

Both weights 10; T moves an image by up to an eighth of its side (4 pixels of 32). The paper mirrors
half of the images too; a mirrored digit is another sign, so that nothing is mirrored here.
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
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "Improved Consistency Regularization for GANs", "Zhao et al.", 2020, arxiv="2002.04724"
)


def shift_noise(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    """Return the random numbers that move each image of both batches."""
    one = Noise("uniform", (2, batch, 1, 1, 1))
    return {"down": one, "right": one}


def shifted(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Return images ``[B, C, H, W]`` moved by up to an eighth of a side.

    ``down`` and ``right`` are uniform on [0, 1), ``[B, 1, 1, 1]``; edges are repeated.
    """

    def index(side: int, u: Tensor, axis: tuple[int, ...]) -> Tensor:
        reach = side // 8
        moved = torch.arange(side, device=x.device).reshape(axis)
        return (moved + (u * (2 * reach + 1)).floor().long() - reach).clamp(0, side - 1)

    height, width = x.shape[2:]
    rows = index(height, down, (-1, 1)).expand(x.shape)
    columns = index(width, right, (-1,)).expand(x.shape)
    return x.gather(2, rows).gather(3, columns)


@reads_noise(shift_noise)
def consistency(
    d: Discriminator, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E (D(x) - D(T(x)))^2 on real plus on generated images. Algorithm 1."""
    total = torch.zeros_like(real[0]).sum()
    for i, x in enumerate((real, fake)):
        moved = shifted(x, *(noise[key][i] for key in ("down", "right")))
        total = total + (d(x) - d(moved)).square().mean()
    return total


bcr = register(
    Modifier(
        name="bcr",
        paper=PAPER,
        equation="10 (D(x) - D(T(x)))^2 on real and on generated images",
        penalties=(Penalty(consistency, weight=10.0),),
        requires={"images"},
    )
)
register(
    named_composition(
        "bcr", ns, bcr, family="regularised",
        equation="D: sp(-r) + sp(f) + 10 ((D(x) - D(T(x)))^2 + (same on G(z)))   G: sp(-f)",
    )
)  # fmt: skip
