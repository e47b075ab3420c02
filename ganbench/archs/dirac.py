"""The Dirac-GAN: G(z) = theta, D(x) = psi x. Mescheder et al. 2018, section 2.

One parameter each, so that training can be compared with closed-form theory. Both start at 1.
"""

from __future__ import annotations

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Arch, Networks, Noise
from ganbench.core.ranges import finite
from ganbench.core.registry import register


def build(shape: tuple[int, ...], outputs: int = 1, start: float = 1.0) -> Networks:
    """Return the pair for data of ``shape`` (1,)."""
    import torch
    from torch import Tensor, nn

    class Point(nn.Module):
        """G(z) = theta, whatever z."""

        def __init__(self) -> None:
            super().__init__()
            self.theta = nn.Parameter(torch.tensor(start))

        def forward(self, z: Tensor) -> Tensor:
            return self.theta.expand(len(z), 1)

    class Line(nn.Module):
        """D(x) = psi x."""

        def __init__(self) -> None:
            super().__init__()
            self.psi = nn.Parameter(torch.tensor(start))

        def forward(self, x: Tensor) -> Tensor:
            return self.psi * x[:, 0]

    if outputs != 1:
        raise UsageError(f"dirac's discriminator has one output, not {outputs}")
    return Networks(Point(), Line(), Noise("normal", (1,)), frozenset({"per_sample_d"}))


register(
    Arch(
        name="dirac",
        build=build,
        summary="one parameter each: G = theta, D(x) = psi x",
        options={"start": 1.0},
        ranges={"start": finite()},
        fits=lambda shape: "" if shape == (1,) else "it is for the one-dimensional dirac data",
        vectorise=True,
    )
)
