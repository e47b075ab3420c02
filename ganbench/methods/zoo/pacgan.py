"""PacGAN: the discriminator sees several samples at once. Lin et al. 2018, section 3.

The loss and the constants are those of the non-saturating GAN, as in its section 4. A batch of B
samples makes B // m inputs, so that budgets in images stay comparable; a batch of the authors' code
has B inputs, as in ``ganbench verify mixtures``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import InputTransform, Modifier, Paper, named_composition
from ganbench.core.registry import register
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


PAPER = Paper(
    "PacGAN: The power of two samples in generative adversarial networks",
    "Lin et al.",
    2018,
    arxiv="1712.04086",
)


def pack(m: int) -> InputTransform:
    """Return the transform that joins ``m`` samples to one input, along the first axis.

    A batch of B becomes B // m inputs; what is left over is not shown.
    """

    def packed(x: Tensor, noise: Mapping[str, Tensor], value: Any) -> Tensor:
        inputs = len(x) // m
        return x[: inputs * m].reshape(inputs, m * x.shape[1], *x.shape[2:])

    def shape(of_one: tuple[int, ...]) -> tuple[int, ...]:
        return (m * of_one[0], *of_one[1:])

    return InputTransform("pack", None, packed, shape=shape, samples=m)


for m in (2, 3, 4):
    modifier = register(
        Modifier(
            name=f"pack{m}",
            paper=PAPER,
            equation=f"D sees {m} samples at once",
            input_transforms=(pack(m),),
        )
    )
    register(
        named_composition(
            f"pacgan-{m}", ns, modifier, family="packing",
            equation=f"D: sp(-r) + sp(f) on {m} samples at once   G: sp(-f)",
            same_method_as="" if m == 2 else "pacgan-2",
        )
    )  # fmt: skip
