"""A generator that can be inverted, and data that it fits."""

import numpy as np
import torch
from torch import nn

from ganbench.core.kinds import Data, Extracted, Noise, TaskInput
from ganbench.training.trained_model import TrainedModel

SIDE, WIDTH = 8, 4


class Linear(nn.Module):
    """Latents ``[B, 4]`` to images ``[B, 1, 8, 8]`` in -1..1."""

    def __init__(self, seed=0):
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(SIDE * SIDE, WIDTH, generator=rng) * 0.6)

    def forward(self, z):
        return torch.tanh(z @ self.weight.T).view(-1, 1, SIDE, SIDE)


def model(seed=0, kind="normal", discriminator=None):
    return TrainedModel(
        "linear", "made", seed, seed, 1, Linear(seed).eval().requires_grad_(False), discriminator,
        Noise(kind, (WIDTH,)), "uint8",
    )  # fmt: skip


def images(n, seed=0, of=0):
    """Return samples of the model ``of``, in two classes by the sign of a latent."""
    made = model(of)
    z = made.latents(n, seed)
    return made.of_latents(z), (z[:, 0] > 0).long().numpy()


def extract(samples):
    flat = samples.reshape(len(samples), -1)[:, ::7] / 255
    share = samples.mean((1, 2, 3)) / 255
    return Extracted(flat, np.stack([1 - share, share], 1))


def given(n_train=400, n_test=120, of=0):
    train, test = images(n_train, 1, of), images(n_test, 2, of)
    data = Data(train[0], test[0], "made", train[1], test[1])
    return TaskInput(data, extract, lambda seed: model(100 + seed))
