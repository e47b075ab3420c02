"""Minibatch standard deviation as a feature of D. Karras et al. 2018, section 3.

On the non-saturating GAN with DCGAN's constants; the statistic is over the whole batch.
"""

from __future__ import annotations

from dataclasses import replace

from ganbench.core.kinds import Modifier, NetworkBuilder, Networks, Paper, named_composition
from ganbench.core.registry import register
from ganbench.methods.zoo.original import ns


def minibatch_std(builder: NetworkBuilder) -> NetworkBuilder:
    """Return the builder whose discriminator sees how much its features vary over the batch."""

    def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
        from ganbench.archs._modules import MinibatchStd

        networks = builder(shape, outputs)
        d = MinibatchStd(networks.discriminator, outputs)
        return replace(networks, discriminator=d, provides=networks.provides - {"per_sample_d"})

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
        equation="D sees the deviation of its features over the batch",
        network_wraps=(minibatch_std,),
        requires={"features"},
    )
)
register(
    named_composition(
        "minibatch-std", ns, modifier, family="packing",
        equation="D: sp(-r) + sp(f), D seeing the deviation over the batch   G: sp(-f)",
    )
)  # fmt: skip
