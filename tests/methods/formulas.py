"""Both losses of every variant, written out by hand; ``test_zoo.py`` compares them.

To add a variant: one file in ``ganbench/methods/zoo/``, a row in ``FORMULAS`` here, and its
constants in ``constants.py`` or beside it. A row is ``name: (loss of D, loss of G)``, functions of
the logits ``r = D(x)`` and ``f = D(G(z))`` in plain torch, from the paper and not from the code;
``sp`` is softplus. Variants that share both losses share a row. Losses with a third argument are
given the numbers in ``LOSS_STATE``. A loss that overflows at a logit of 1e4 is in ``UNBOUNDED``.
"""

import math

import torch

from tests.methods._helpers import (
    energy,
    mmd_gan,
    plain_mmd2,
    pull_away,
    relu,
    rq,
    sinkhorn,
    sp,
    top_half,
)

NS = (lambda r, f: (sp(-r) + sp(f)).mean(), lambda r, f: sp(-f).mean())
WASSERSTEIN = (lambda r, f: (f - r).mean(), lambda r, f: -f.mean())
HINGE = (lambda r, f: (relu(1 - r) + relu(1 + f)).mean(), lambda r, f: -f.mean())
SQUARES = (
    lambda r, f: ((r - 1) ** 2 / 2 + f**2 / 2).mean(),
    lambda r, f: ((f - 1) ** 2 / 2).mean(),
)
INFERENCE = (NS[0], lambda r, f: (sp(-f) + sp(r)).mean())


def alpha_loss(v, a):
    """Sypherd 2022: a / (a - 1) (1 - p^((a - 1) / a)), p the probability of the right answer."""
    return a / (a - 1) * (1 - torch.sigmoid(v) ** ((a - 1) / a)).mean()


NOTHING = (NS[0], lambda r, f: 0 * f.sum())  # the rest is a generator term
SMALL = math.log(2)
LOSS_STATE = {
    "began": {"k": 0.3},
    "alpha-gan": {"d": 0.7, "g": 1.5},
    "alpha-gan-minimax": {"d": 0.7, "g": 1.5},
    "lecam": {"real": 0.7, "fake": -0.2, "weight": 0.3},
    "top-k": {"share": 0.5},
}
FORMULAS = {
    "minimax": (NS[0], lambda r, f: (-sp(f)).mean()),
    **dict.fromkeys(
        ["ns", "dragan", "ns-gp", "sn-ns", "ns-r1", "ns-r2", "ns-r1r2", "jsreg", "instance-noise",
         "bcr", "minibatch-std", "pacgan-2", "pacgan-3", "pacgan-4", "unrolled-5", "unrolled-10"],
        NS,
    ),
    **dict.fromkeys(["wgan", "wgan-gp", "wgan-lp", "wgan-div", "wgan-0gp", "sn-wgan"], WASSERSTEIN),
    **dict.fromkeys(["hinge", "sn-hinge"], HINGE),
    **dict.fromkeys(["lsgan", "lsgan-gp"], SQUARES),
    **dict.fromkeys(["ali", "veegan"], INFERENCE),
    **dict.fromkeys(["feature-matching", "sliced-wgan"], NOTHING),
    "rpgan-r1r2": (lambda r, f: sp(f - r).mean(), lambda r, f: sp(r - f).mean()),
    "rsgan": (
        lambda r, f: -torch.log(torch.sigmoid(r - f)).mean(),
        lambda r, f: -torch.log(torch.sigmoid(f - r)).mean(),
    ),
    "rasgan": (
        lambda r, f: (sp(-(r - f.mean())) + sp(f - r.mean())).mean(),
        lambda r, f: (sp(-(f - r.mean())) + sp(r - f.mean())).mean(),
    ),
    "ralsgan": (
        lambda r, f: ((r - f.mean() - 1) ** 2 + (f - r.mean() + 1) ** 2).mean(),
        lambda r, f: ((f - r.mean() - 1) ** 2 + (r - f.mean() + 1) ** 2).mean(),
    ),
    "rahinge": (
        lambda r, f: (relu(1 - (r - f.mean())) + relu(1 + (f - r.mean()))).mean(),
        lambda r, f: (relu(1 - (f - r.mean())) + relu(1 + (r - f.mean()))).mean(),
    ),
    "alpha-gan": (
        lambda r, f: alpha_loss(r, 0.7) + alpha_loss(-f, 0.7),
        lambda r, f: alpha_loss(f, 1.5),
    ),
    "alpha-gan-minimax": (
        lambda r, f: alpha_loss(r, 0.7) + alpha_loss(-f, 0.7),
        lambda r, f: -alpha_loss(-f, 1.5),
    ),
    "fgan-kl": (lambda r, f: (torch.exp(f - 1) - r).mean(), lambda r, f: -f.mean()),
    "fgan-rkl": (
        lambda r, f: (torch.exp(-r) + f - 1).mean(),
        lambda r, f: torch.exp(-f).mean(),
    ),
    "fgan-pearson": (lambda r, f: (f**2 / 4 + f - r).mean(), lambda r, f: -f.mean()),
    "fgan-hellinger": (
        lambda r, f: (torch.exp(-r) - 1 + torch.exp(f) - 1).mean(),
        lambda r, f: (torch.exp(-f) - 1).mean(),
    ),
    "fgan-js": (
        lambda r, f: (sp(-r) - SMALL + sp(f) - SMALL).mean(),
        lambda r, f: (sp(-f) - SMALL).mean(),
    ),
    "softmax-gan": (
        lambda r, f: -torch.log(r.exp() / (r.exp().sum() + f.exp().sum())).mean(),
        lambda r, f: -torch.log(torch.cat([r, f]).exp() / (r.exp().sum() + f.exp().sum())).mean(),
    ),
    "ebgan": (lambda r, f: (r + relu(10 - f)).mean(), lambda r, f: f.mean()),
    "ebgan-pt": (
        lambda r, f: (r[:, 0] + relu(10 - f[:, 0])).mean(),
        lambda r, f: f[:, 0].mean() + 0.1 * pull_away(f[:, 1:]),
    ),
    "began": (lambda r, f: (r - 0.3 * f).mean(), lambda r, f: f.mean()),
    "lecam": (
        lambda r, f: (sp(-r) + sp(f) + 0.3 * ((r + 0.2) ** 2 + (f - 0.7) ** 2)).mean(),
        NS[1],
    ),
    "top-k": (NS[0], lambda r, f: top_half(sp(-f), f)),
    "mmd-gan": (
        lambda r, f: 8 * (r[:, 0] + f[:, 0]).mean() - mmd_gan(r, f),
        mmd_gan,
    ),
    "mmd-gan-gp": (lambda r, f: -plain_mmd2(r, f, rq), lambda r, f: plain_mmd2(r, f, rq)),
    "cramer-gan": (lambda r, f: -energy(r, f), energy),
    "sinkhorn-gan": (lambda r, f: -sinkhorn(r, f), sinkhorn),
}  # fmt: skip
# They grow exponentially (an alpha-loss where alpha < 1): no finite value for a logit of 10^4.
UNBOUNDED = {"fgan-kl", "fgan-rkl", "fgan-hellinger", "alpha-gan", "alpha-gan-minimax"}
