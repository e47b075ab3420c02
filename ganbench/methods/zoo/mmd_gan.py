"""MMD GAN with a mixture of Gaussian kernels. Li et al. 2017, Algorithm 1.

As in the authors' code: G minimises the root of the biased MMD^2 between codes, D maximises it; D
is an encoder and a decoder, which keep its codes injective by 8 times the mean squared error on
real and as much on generated samples; 16 times the one-sided term, which asks that codes of real
samples have the larger means; the encoder's weights in [-0.01, 0.01], and only the encoder's;
RMSprop 5e-5, 5 steps of D; as many outputs as a latent has numbers; batch normalisation in D.

Ours, and why. Distances are counted in the median distance between two samples of the joint batch,
and the five bandwidths, in the paper's ratios, lie around it: clipped networks as small as ours
return codes so near each other that with the authors' 1 to 16 only their means are matched. The
decoder is not normalised. The authors' 100 steps of D in the first 25 updates of G, and in every
500th, are left out: ``d_steps`` is one number here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganbench.core.kinds import Paper, Variant
from ganbench.core.lazy import F
from ganbench.core.registry import register
from ganbench.methods._roots import smooth_sqrt
from ganbench.methods.constraints import weight_clip
from ganbench.methods.divergences import biased_mmd2, median_square, rbf_mixture
from ganbench.methods.network_wraps import autoencoder, mean_square
from ganbench.methods.optimisers import RMSprop

if TYPE_CHECKING:
    from torch import Tensor

DECODING_WEIGHT = 8.0
ONE_SIDED_WEIGHT = 0.16  # of each output: 16 of the mean over the authors' 100 outputs


def mmd_g(real: Tensor, fake: Tensor) -> Tensor:
    """Return MMD - 0.16 sum relu(E f - E r) of the codes in ``[B, 1 + Z]``, in median distances."""
    r, f = real[:, 1:], fake[:, 1:]
    unit2 = median_square(r, f)
    mmd = smooth_sqrt(biased_mmd2(r, f, rbf_mixture(unit2)))
    wrong_side = F.relu(f.mean(0) - r.mean(0)).sum() / unit2.sqrt()
    return mmd - ONE_SIDED_WEIGHT * wrong_side


def mmd_d(real: Tensor, fake: Tensor) -> Tensor:
    """Return minus the same, plus 8 times both errors of decoding, the first column."""
    return DECODING_WEIGHT * (real[:, 0].mean() + fake[:, 0].mean()) - mmd_g(real, fake)


register(
    Variant(
        name="mmd-gan",
        paper=Paper(
            "MMD GAN: Towards Deeper Understanding of Moment Matching Network",
            "Li et al.",
            2017,
            arxiv="1705.08584",
        ),
        family="moment-matching",
        equation="D: 8 (R(x) + R(G(z))) - G's   G: MMD - 0.16 sum relu(E f - E r)   of codes; "
        "Gaussian kernels as wide as codes lie apart; encoder clipped",
        d_loss=mmd_d,
        g_loss=mmd_g,
        d_outputs=2,
        network_wraps=(autoencoder(mean_square, code=True),),
        constraint=weight_clip(0.01, part="encoder."),
        pointwise=False,
        g_reads_real=True,
        d_steps=5,
        requires={"features", "decoder"},
        optim=RMSprop(lr=5e-5),
        d_norm="batch",
    )
)
