"""Learning a mean by a linear discriminator. Daskalakis et al. 2018, arXiv:1711.00141, section 2.

    min over theta, max over w of  E <w, x> - E <w, z + theta>,   E x = (3, 4), E z = 0

in expectation, with steps of 0.1 from w = (1.4, 1.4) and theta = (1.7, 1.7), both players at once.
The Wasserstein GAN with clipped weights goes round the mean, optimistic mirror descent reaches it;
the mean of either path is near it.

A path is 1,000 points, the start among them. Of optimistic mirror descent the start is there twice,
and the first step is a plain one: its last gradient is the present one. So the reference values
come out, which were computed apart from this code.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ganbench.core import registry
from ganbench.core.kinds import Arch, Data, Networks, Noise
from ganbench.experiment.request import Settings
from ganbench.experiment.resolve import make_population
from ganbench.methods.constraints import weight_clip
from ganbench.methods.optimisers import SGD
from ganbench.verify._dirac import EXACT
from ganbench.verify._outcome import Check

MEAN, LR, CLIP = (3.0, 4.0), 0.1, 1.0
START_W, START_THETA = 1.4, 1.7
POINTS = 1_000
WITHIN = 1e-8
# {game: (last theta, mean theta)}
WANTED = {
    "simultaneous": ((3.48000545, 5.07760794), (3.01224287, 3.98588748)),
    "optimistic": ((2.99125639, 3.98489638), (3.01131623, 4.00931959)),
}


def build(shape: tuple[int, ...], outputs: int = 1) -> Networks:
    """Return G(z) = theta, the mean of z + theta, and D(x) = <w, x>, in double precision."""
    import torch
    from torch import Tensor, nn

    def start(value: float) -> nn.Parameter:
        return nn.Parameter(torch.full(shape, value, dtype=torch.float64))

    class Shift(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.theta = start(START_THETA)

        def forward(self, z: Tensor) -> Tensor:
            return self.theta.expand(len(z), *shape)

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = start(START_W)

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.w

    return Networks(Shift(), Linear(), Noise("normal", (1,)), frozenset({"per_sample_d"}))


ARCH = Arch("linear-mean", build, "G = theta, D(x) = <w, x>", vectorise=True)


def path(game: str) -> np.ndarray:
    """Return theta ``[POINTS, 2]`` of one game, played by the package's own code."""
    points = np.tile(np.array(MEAN, np.float32), (8, 1))
    clip = weight_clip(CLIP) if game == "simultaneous" else None
    variant = replace(registry.variants.get("wgan"), optim=SGD(LR), d_steps=1, constraint=clip)
    population = make_population(
        variant, ARCH, {}, "linear-mean", Data(points, points, ""), [0], 1, POINTS,
        Settings(game=game, backend="reference", **EXACT),
    )  # fmt: skip
    state = population.state
    found = [state.g["theta"]]
    if game == "optimistic":
        found.append(state.g["theta"])
        theta, w = state.g["theta"], state.d["w"]
        last = {"g": {"theta": -LR * w}, "d": {"w": LR * (theta - theta.new_tensor(MEAN))}}
        population.state = state._replace(game=last)
    while len(found) < POINTS:
        population.run(1)
        found.append(population.state.g["theta"])
    return np.stack([theta[0].numpy() for theta in found])


def checks() -> list[Check]:
    """Compare the last theta of each game, and its mean over the path, with the reference."""
    found = []
    for game, wanted in WANTED.items():
        thetas = path(game)
        measured = {"last": thetas[-1], "mean": thetas.mean(0)}
        for (what, theta), target in zip(measured.items(), wanted, strict=True):
            good = bool(np.abs(theta - target).max() <= WITHIN)
            shown, sought = (f"{a:.8f}, {b:.8f}" for a, b in (theta, target))
            name = f"linear mean, {game}: {what} theta"
            found.append(Check(name, shown, f"{sought} ± {WITHIN:g}", good))
    return found
