"""VEEGAN: an encoder that inverts the generator. Srivastava et al. 2017, eq. 4.

D tells (x, F(x)) from (G(z), z); G and F also learn to bring z back. F is deterministic here: the
architecture's discriminator with as many outputs as a latent has. The adversarial part is ALI's,
softplus of the logits and for F too; the authors' code takes the logits themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import GeneratorTerm, Network, Paper, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import logistic_d
from ganbench.methods.network_wraps import encoder, joint
from ganbench.methods.optimisers import Adam
from ganbench.methods.zoo.ali import inference_g

if TYPE_CHECKING:
    from torch import Tensor


def latent_reconstruction(
    g: Network, d: Network, real: Tensor, fake: Tensor, noise: Mapping[str, Tensor]
) -> Tensor:
    """Return E |z - F(G(z))|^2, F the encoder. Eq. 4."""
    z = noise["z"]
    return (z - g(g(z), encode=True)).square().sum(1).mean()


register(
    Variant(
        name="veegan",
        paper=Paper(
            "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
            "Srivastava et al.",
            2017,
            arxiv="1705.07761",
        ),
        family="inference",
        equation="D: sp(-r) + sp(f) on (x, F x), (G z, z)   G: sp(-f) + sp(r) + |z - F G z|^2",
        d_loss=logistic_d,
        g_loss=inference_g,
        generator_terms=(GeneratorTerm(latent_reconstruction, weight=1.0),),
        network_wraps=(encoder(spread=False),),
        joint=joint(spread=False),
        g_reads_real=True,
        requires={"features", "decoder"},
        optim=Adam(lr=2e-4, betas=(0.5, 0.999)),
    )
)
