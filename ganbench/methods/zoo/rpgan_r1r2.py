"""The relativistic pairing GAN with R1 and R2, the loss of R3GAN. Huang et al. 2024, section 2.

Penalties gamma/2 E|grad D|^2 on real and on generated samples. The rates and schedules are the
paper's for CIFAR-10, the nearest of its data sets to ours: gamma 0.05 -> 0.005, learning rate
2e-4 -> 5e-5, Adam beta1 0 and beta2 0.9 -> 0.99, each along a cosine. The paper anneals over the
first 20 million images of a much longer training; here over the budget.
"""

from ganbench.core.kinds import Anneal, Paper, Penalty, Variant
from ganbench.core.registry import register
from ganbench.methods.losses import relativistic_pairing_d, relativistic_pairing_g
from ganbench.methods.optimisers import Adam
from ganbench.methods.penalties import r1, r2

GAMMA = Anneal(0.05, 0.005)

register(
    Variant(
        name="rpgan-r1r2",
        paper=Paper(
            "The GAN is dead; long live the GAN! A Modern GAN Baseline",
            "Huang et al.",
            2024,
            arxiv="2501.05441",
        ),
        family="relativistic",
        equation="D: sp(f - r) + g/2 (|grad D(x)|^2 + |grad D(G(z))|^2)   G: sp(r - f)",
        d_loss=relativistic_pairing_d,
        g_loss=relativistic_pairing_g,
        g_reads_real=True,
        penalties=(Penalty(r1, weight=GAMMA), Penalty(r2, weight=GAMMA)),
        requires={"per_sample_d"},
        optim=Adam(lr=Anneal(2e-4, 5e-5), betas=(0.0, Anneal(0.9, 0.99))),
        core=True,
    )
)
