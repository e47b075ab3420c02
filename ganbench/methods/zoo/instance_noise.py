"""Instance noise on every input of the discriminator. Sonderby et al. 2016, section 3.

The paper gives no numbers: the standard deviation goes from 0.1 to 0 in a straight line, in units
in which images are -1..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import (
    InputTransform,
    Line,
    Modifier,
    Noise,
    Paper,
    Value,
    named_composition,
)
from ganbench.core.registry import register
from ganbench.methods.zoo.original import ns

if TYPE_CHECKING:
    from torch import Tensor


def _one_for_each_number(batch: int, shape: tuple[int, ...]) -> dict[str, Noise]:
    return {"epsilon": Noise("normal", (batch, *shape))}


def _noisy(x: Tensor, noise: Mapping[str, Tensor], value: Tensor | None) -> Tensor:
    assert value is not None
    return x + value * noise["epsilon"]


def instance_noise(value: Value) -> InputTransform:
    """Return the transform that adds N(0, value^2) to every number of every input."""
    return InputTransform("instance_noise", value, _noisy, _one_for_each_number)


noise = register(
    Modifier(
        name="noise",
        paper=Paper(
            "Amortised MAP Inference for Image Super-resolution",
            "Sonderby et al.",
            2016,
            arxiv="1610.04490",
        ),
        equation="N(0, s^2) on every input of D",
        input_transforms=(instance_noise(Line(0.1, 0.0)),),
    )
)
register(
    named_composition(
        "instance-noise", ns, noise, family="regularised",
        equation="D: sp(-r) + sp(f) on x + N(0, s^2)   G: sp(-f)",
    )
)  # fmt: skip
