"""Minibatch standard deviation as a feature of D. Karras et al. 2018, section 3.

On the non-saturating GAN with DCGAN's constants. As in the paper, the mean deviation over groups of
4 samples is one more feature map before the last convolution of D; before its last hidden layer
where there is none.
"""

from __future__ import annotations

from dataclasses import replace

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Modifier, NetworkBuilder, Networks, Paper, named_composition
from ganbench.core.registry import register
from ganbench.methods.zoo.original import ns


def minibatch_std(builder: NetworkBuilder) -> NetworkBuilder:
    """Return the builder whose discriminator sees how much its features vary in a group."""

    def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
        from ganbench.archs._modules import Discriminator, with_minibatch_std

        networks = builder(shape, outputs)
        if not isinstance(networks.discriminator, Discriminator):
            raise UsageError("minibatch-std needs a discriminator with a body and a linear head")
        with_minibatch_std(networks.discriminator.body)
        return replace(networks, provides=networks.provides - {"per_sample_d"})

    return build


modifier = register(
    Modifier(
        name="minibatch-std",
        paper=Paper(
            "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
            "Karras et al.",
            2018,
            arxiv="1710.10196",
        ),
        equation="D sees the deviation of its features over groups of 4",
        network_wraps=(minibatch_std,),
        requires={"features"},
    )
)
register(
    named_composition(
        "minibatch-std", ns, modifier, family="packing",
        equation="D: sp(-r) + sp(f), D seeing the deviation over groups of 4   G: sp(-f)",
    )
)  # fmt: skip
