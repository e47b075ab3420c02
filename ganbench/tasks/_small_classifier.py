"""The classifier of augmentation: small, trained for a fixed number of steps, seeded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ganbench.tasks._inversion import as_networks_see

BATCH, LR = 64, 1e-3
Augment = Callable[[Tensor, torch.Generator], Tensor]


def network(channels: int, classes: int) -> nn.Module:
    """Return two strided convolutions and two linear layers: images ``[B, C, H, W]`` to logits."""
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, 2, 1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, 2, 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(7),
        nn.Flatten(),
        nn.Linear(32 * 49, 64),
        nn.ReLU(),
        nn.Linear(64, classes),
    )


def fit(
    real: tuple[np.ndarray, np.ndarray],
    classes: int,
    seed: int,
    steps: int,
    added: tuple[np.ndarray, np.ndarray] | None = None,
    augment: Augment | None = None,
) -> nn.Module:
    """Return the classifier after ``steps`` of Adam on batches of 64.

    Args:
        real: images ``[N, C, H, W]`` as the data are, and their classes ``[N]``.
        added: the same of other images: half of each batch is drawn from these.
        augment: is applied to the real half.
    """
    rng = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = network(real[0].shape[1], classes)
    optimiser = torch.optim.Adam(model.parameters(), lr=LR)
    parts = [(as_networks_see(x), torch.from_numpy(np.asarray(y, np.int64))) for x, y in (
        (real,) if added is None else (real, added)
    )]  # fmt: skip
    for _ in range(steps):
        batch = []
        for i, (x, y) in enumerate(parts):
            rows = torch.randint(len(x), (BATCH // len(parts),), generator=rng)
            own = x[rows] if augment is None or i else augment(x[rows], rng)
            batch.append((own, y[rows]))
        images, labels = (torch.cat(side) for side in zip(*batch, strict=True))
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()
    return model.eval()


@torch.no_grad()
def predicted(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return the most probable class of each image, ``[N]``."""
    x = as_networks_see(images)
    return torch.cat([model(part).argmax(1) for part in x.split(1_000)]).numpy()


def shifted_and_turned(x: Tensor, rng: torch.Generator) -> Tensor:
    """Return images moved by up to 2 of 28 pixels a side, and turned by up to 15 degrees."""
    n = len(x)
    angle = (torch.rand(n, generator=rng) * 2 - 1) * (15 * torch.pi / 180)
    move = (torch.rand(n, 2, generator=rng) * 2 - 1) * (2 * 2 / 28)
    rows = (
        torch.stack([angle.cos(), -angle.sin(), move[:, 0]], 1),
        torch.stack([angle.sin(), angle.cos(), move[:, 1]], 1),
    )
    grid = nn.functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return nn.functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
