"""The bilinear game: every game algorithm is a linear map of it, written by hand.

To add a game: one file in ``ganbench/training/games/``, and its map in ``linear``.
"""

from dataclasses import replace

import numpy as np
import torch

from ganbench.core import registry
from ganbench.methods.optimisers import SGD, Adam
from ganbench.training.population import Population

STEPS = 40
ADAM_STEPS = 30
GAMES = [*registry.games.names(), "unrolled-5", "unrolled-10"]
PERIODIC = ["lookahead-5"]  # no linear map of one step, but of several: test_lookahead.py
ARCH, ZEROS = registry.archs.get("dirac"), registry.datasets.get("dirac").load(None)
H = 0.2  # the rate of BASE
BASE = replace(registry.variants.get("wgan"), optim=SGD(H), d_steps=1, constraint=None)
ADAM = replace(BASE, optim=Adam(0.01, (0.5, 0.9)))
J = np.array([[0.0, 1.0], [-1.0, 0.0]])  # (theta, psi)' = J (theta, psi): the bilinear game's field
I2 = np.eye(2)


def trajectory(game, variant=BASE, steps=STEPS, seeds=(0,), together=True, **kwargs):
    """Return (theta, psi) of lane 0 from step 0 to ``steps``, ``[steps + 1, 2]``."""
    p = Population(variant, lambda: ARCH.build((1,)), ZEROS.train, "dirac", list(seeds), 1, steps,
                   game=game, dtype=torch.float64, together=together, **kwargs)  # fmt: skip
    found = []
    for i in range(steps + 1):
        found.append([float(p.state.g["theta"][0]), float(p.state.d["psi"][0])])
        if i < steps:
            p.run(1)
    return np.array(found)


def linear(game, h, weight=10.0):
    """Return the map of one step, and how many values it remembers beside (theta, psi).

    Written by hand from the papers' update rules, for w = (theta, psi) and v(w) = J w.
    """
    first = np.array([[1, 0], [-h, 1]])  # psi moves first: psi - h theta
    second = np.array([[1, h], [0, 1]])  # then theta: theta + h psi
    half = np.zeros((2, 2))
    damp = h * weight  # 1/2 |v|^2 = 1/2 (theta^2 + psi^2)
    maps = {
        "simultaneous": I2 + h * J,
        "alternating": second @ first,
        "extragradient": I2 + h * J @ (I2 + h * J),
        # (w, last u), u = -h v: w' = w - u is looked at, then u = -h J w'
        "past-extragradient": np.block([[I2 + h * J, -h * J], [-h * J, h * J]]),
        # (w, last u): w + 2 h J w + u, and u = -h J w
        "optimistic": np.block([[I2 + 2 * h * J, I2], [-h * J, half]]),
        "consensus": I2 + h * J - damp * I2,
        # xi = -J w has the antisymmetric Jacobian -J: A^T xi = J (-J w) = w, and lambda > 0
        "sga": I2 + h * J - damp * I2,
        "consensus-alternating": np.array([[1 - damp, h], [0, 1]])
        @ np.array([[1, 0], [-h, 1 - damp]]),
    }
    for name in GAMES:
        if name.startswith("unrolled-"):
            k = int(name.removeprefix("unrolled-"))
            # G's loss is -(psi - k h theta) theta: its gradient -psi + 2 k h theta
            maps[name] = np.array([[1 - 2 * k * h**2, h], [-h, 1]])
    return maps[game]


def weights(game):
    """Return the hyper-parameters that a test gives a game: half of its own weight."""
    return dict.fromkeys(registry.games.get(game).hyper, 0.5)


def adam(point, grad, m, v, t, lr=0.01, beta1=0.5, beta2=0.9, eps=1e-8):
    """One step of Adam by hand."""
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return (
        point - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
    )  # fmt: skip
