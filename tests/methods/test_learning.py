"""Every variant learns ring2d in a stated budget, or is marked as one that does not, with why.

A variant has learned if the median of three seeds ends with a w2 below FLOOR: real points are at
0.2, a generator that puts everything on the ring's centre, or on one or two modes, at 0.7 or above.
Batches hold 128 points. A variant that is marked and learns all the same fails too.
"""

import pytest

import ganbench
from ganbench.core import registry

FLOOR = 0.65
# Real points: 1,000, 2,000 and 4,000 updates of the discriminator.
SOON, BETWEEN, LATER = 128_000, 256_000, 512_000
# On the ring at BETWEEN, 0.2; later the exponential in the generator's loss grows without a bound
# and overflows, with 3 of 10 seeds before LATER.
UNBOUNDED = ["fgan-rkl"]
# These need the larger budget: after the smaller one they draw an arc of the ring.
SLOW = (
    "alpha-gan-minimax ebgan fgan-hellinger fgan-js hinge instance-noise minibatch-std ns "
    "ralsgan rasgan rsgan"
).split()
# What these draw after the larger budget, by their papers' constants, and the w2 that other
# constants reached (``--hyper``).
NOT_HERE = {
    "alpha-gan": "beside the ring, at 1.27; at 2e-4 and beta1 0.5, as on images, it learns, 0.38",
    "began": "one point, at w2 1.4; 1.43 at a quarter of the rate too",
    "dragan": "one point in the middle; with a penalty of 0.1 for 10 it learns, 0.27",
    "fgan-kl": "an arc, at 0.77",
    "fgan-pearson": "one point outside the ring, at 1.3; 1.09 at a quarter of the rate",
    "lsgan-gp": "beside the ring; with a penalty of 0.1 for 10 it learns, 0.23",
    "ns-gp": "one point in the middle, at 0.71; on the ring with a penalty of 0.1, 1.33",
    "rahinge": "one point that circles the ring, at 1.3; 1.10 at a quarter of the rate",
    "rpgan-r1r2": "an arc; at a rate of 2e-4 to the end, for R3GAN's schedule, it learns, 0.23",
    "softmax-gan": "one point that circles the ring, at 1.3",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return ``{variant: w2}``, or None where the variant does not fit."""
    late = [*SLOW, *NOT_HERE]
    soon = [name for name in registry.variants.names() if name not in late + UNBOUNDED]
    medians = {}
    for names, budget in ((soon, SOON), (UNBOUNDED, BETWEEN), (late, LATER)):
        out = tmp_path_factory.mktemp("learning")
        result = ganbench.run(
            names, "ring2d", preset="quick", seeds=3, images_seen=budget, batch=128, checkpoints=1,
            recipe="paper", no_controls=True, out=out,
        )  # fmt: skip
        board = result.leaderboard[result.leaderboard["metric"] == "w2"]
        assert (board["n_failed"] + board["n_diverged"] == 0).all()
        medians |= dict(zip(board["variant"], board["median"], strict=True))
        medians |= dict.fromkeys(result.skipped)
    return medians


@pytest.mark.slow
@pytest.mark.parametrize("variant", registry.variants.names())
def test_learns_ring2d(found, variant):
    w2 = found[variant]
    if w2 is None:
        pytest.skip(f"{variant} does not fit points in the plane")
    if variant in NOT_HERE:
        assert w2 >= FLOOR, f"{variant} learns (w2 {w2:.2f}): it is marked: {NOT_HERE[variant]}"
    else:
        assert w2 < FLOOR


def test_what_is_marked_is_registered():
    marked = [*SLOW, *UNBOUNDED, *NOT_HERE]
    assert set(marked) <= set(registry.variants.names()) and len(set(marked)) == len(marked)
