"""The sliced Wasserstein GAN. Deshpande et al. 2018, Algorithm 1.

D is trained to classify, G by the sliced W2^2 between D's features on both batches, over 128 random
directions a step (thousands in the authors' code, for features of higher dimension); Adam with
DCGAN's constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import GeneratorTerm, Network, Noise, Paper, Variant, reads_noise
from ganbench.core.registry import register
from ganbench.methods.divergences import sliced_wasserstein2
from ganbench.methods.losses import logistic_d, nothing
from ganbench.methods.optimisers import Adam

if TYPE_CHECKING:
    from torch import Tensor, nn

DIRECTIONS = 128  # of projection


def directions(batch: int, discriminator: nn.Module) -> dict[str, Noise]:
    """Return directions in the space of the discriminator's features."""
    return {"directions": Noise("normal", (DIRECTIONS, int(discriminator.feature_size)))}  # type: ignore[arg-type]


@reads_noise(directions)
def sliced_features(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return the sliced W2^2 between the discriminator's features. Section 3.2."""
    x, y = d(real, features=True), d(fake, features=True)
    return sliced_wasserstein2(x, y, noise["directions"])


register(
    Variant(
        name="sliced-wgan",
        paper=Paper(
            "Generative Modeling using the Sliced Wasserstein Distance",
            "Deshpande et al.",
            2018,
            arxiv="1803.11188",
        ),
        family="optimal-transport",
        equation="D: sp(-r) + sp(f)   G: sliced W2^2 of D's features",
        d_loss=logistic_d,
        g_loss=nothing,
        generator_terms=(GeneratorTerm(sliced_features, weight=1.0),),
        g_reads_real=True,
        pointwise=False,
        requires={"features"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
