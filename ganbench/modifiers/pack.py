"""Packing: the discriminator sees several samples at once. Lin et al. 2018, section 3."""

from ganbench.registry import register
from ganbench.spec import Modifier, Paper
from ganbench.views import pack

PAPER = Paper(
    "PacGAN: The power of two samples in generative adversarial networks",
    "Lin et al.",
    2018,
    arxiv="1712.04086",
)


register(
    Modifier(
        name="pack2",
        paper=PAPER,
        equation="D sees 2 samples at once",
        views=(pack(2),),
    )
)

register(
    Modifier(
        name="pack3",
        paper=PAPER,
        equation="D sees 3 samples at once",
        views=(pack(3),),
    )
)

register(
    Modifier(
        name="pack4",
        paper=PAPER,
        equation="D sees 4 samples at once",
        views=(pack(4),),
    )
)
