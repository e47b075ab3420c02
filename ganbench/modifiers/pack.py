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


for m in (2, 3, 4):
    register(
        Modifier(
            name=f"pack{m}",
            paper=PAPER,
            equation=f"D sees {m} samples at once",
            views=(pack(m),),
        )
    )
