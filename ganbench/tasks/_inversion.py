"""Which latents make what is seen of given images: the generator inverted by descent.

Creswell & Bharath 2016 (arXiv:1611.05644): Adam in latent space, from several starts. Here the
starts are the nearest of many samples, and latents stay where the prior puts them: normal ones no
farther from 0 than the farthest that was drawn, uniform ones in their interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganbench.training.sampling import from_data, of_latents


@dataclass(frozen=True)
class Seen:
    """What is seen of each target.

    Attributes:
        project: images ``[m, C, H, W]`` in -1..1 to ``[m, K]``.
        weights: ``[n, K]``, 0 where nothing is seen of a target; None: all of it in all.
    """

    project: Callable[[Tensor], Tensor]
    weights: Tensor | None = None

    def of(self, images: Tensor, rows: Tensor) -> Tensor:
        """Return what is seen of images ``[m, ...]``, as of targets ``rows [m]``: ``[m, K]``."""
        found = self.project(images)
        return found if self.weights is None else found * self.weights[rows]

    def distances(self, wanted: Tensor, pool: Tensor) -> Tensor:
        """Return squared distances of targets ``[n, ...]`` to images ``[N, ...]``: ``[n, N]``."""
        aim, all_of = self.of(wanted, torch.arange(len(wanted))), self.project(pool)
        weights = torch.ones_like(aim) if self.weights is None else self.weights
        return (aim**2).sum(1)[:, None] - 2 * aim @ all_of.T + weights**2 @ (all_of**2).T


Make = Callable[[np.ndarray, Seen], np.ndarray]
"""``(targets, what is seen of them) -> images``, all ``[n, C, H, W]`` as the data are."""

INTERVALS = {"uniform": (0.0, 1.0), "symmetric": (-1.0, 1.0)}


def as_networks_see(images: np.ndarray) -> Tensor:
    """Return images ``[N, C, H, W]`` float32 in -1..1."""
    return from_data(torch.from_numpy(np.array(images)), torch.float32)


def invert(
    model: Any,
    targets: np.ndarray,
    seen: Seen,
    seed: int,
    candidates: int = 2_000,
    starts: int = 2,
    steps: int = 100,
    lr: float = 0.1,
) -> np.ndarray:
    """Return the image that the generator can make nearest to what is seen of each target.

    Args:
        model: a ``TrainedModel`` of images.
        targets: ``[n, C, H, W]`` as the data are.
        candidates: samples among which the starts are sought.
        starts: descents for each target. steps, lr: of Adam.

    Returns:
        ``[n, C, H, W]`` as the data are.
    """
    pool = model.latents(candidates, seed)
    made = torch.from_numpy(of_latents(model.generator, pool)[:, : model.channels])
    wanted = as_networks_see(targets)
    first = seen.distances(wanted, made).topk(starts, largest=False).indices  # [n, starts]
    rows = torch.arange(len(targets)).repeat_interleave(starts)
    z = _descended(model, pool[first.flatten()], wanted, rows, seen, _bound(model, pool), steps, lr)
    found = torch.from_numpy(of_latents(model.generator, z)[:, : model.channels])
    aim = seen.of(wanted, torch.arange(len(targets)))
    errors = ((seen.of(found, rows) - aim[rows]) ** 2).sum(1).view(-1, starts)
    best = errors.argmin(1) + torch.arange(len(targets)) * starts
    return np.asarray(model.of_latents(z[best]))


def _descended(
    model: Any, start: Tensor, wanted: Tensor, rows: Tensor, seen: Seen,
    bound: Callable[[Tensor], Tensor], steps: int, lr: float,
) -> Tensor:  # fmt: skip
    """Return latents ``[m, Z]`` after Adam, kept within ``bound``."""
    z = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([z], lr=lr)
    aim = seen.of(wanted, torch.arange(len(wanted)))[rows]
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * (1 - step / steps)
        optimiser.zero_grad()
        made = model.generator(z)[:, : model.channels]
        ((seen.of(made, rows) - aim) ** 2).sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        with torch.no_grad():
            z.copy_(bound(z))
    return z.detach()


def _bound(model: Any, pool: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what brings latents back to where the prior puts them."""
    if model.latent.kind in INTERVALS:
        low, high = INTERVALS[model.latent.kind]
        return lambda z: z.clamp(low, high)
    most = float(pool.norm(dim=1).max())
    return lambda z: z * (most / z.norm(dim=1, keepdim=True).clamp_min(most))


def nearest(pool: np.ndarray, targets: np.ndarray, seen: Seen) -> np.ndarray:
    """Return the image of ``pool`` that looks most like each target, ``[n, C, H, W]``."""
    rows = seen.distances(as_networks_see(targets), as_networks_see(pool)).argmin(1)
    return np.asarray(pool[rows.numpy()])


def by_model(model: Any, seed: int, candidates: int, starts: int, steps: int) -> Make:
    """Return what makes images by inverting ``model``; see ``invert``."""
    return lambda targets, seen: invert(model, targets, seen, seed, candidates, starts, steps)


def by_mean(train: np.ndarray) -> Make:
    """Return what takes the mean of ``train [N, C, H, W]`` for every target."""
    mean = np.rint(train.mean(0)).astype(np.uint8)
    return lambda targets, seen: np.broadcast_to(mean, targets.shape)


def by_copy(pool: np.ndarray) -> Make:
    """Return what takes the image of ``pool`` that looks most like each target."""
    return lambda targets, seen: nearest(pool, targets, seen)


def some(train: np.ndarray, seed: int, most: int = 10_000) -> np.ndarray:
    """Return at most ``most`` of ``train``, picked by ``seed``."""
    order = np.random.default_rng(seed).permutation(len(train))
    return np.asarray(train[order[:most]])


def rmse(one: np.ndarray, other: np.ndarray, where: np.ndarray | None = None) -> float:
    """Return the root of the mean squared difference of uint8 images, black to white being 1.

    Args:
        where: ``[n, 1, H, W]`` booleans, the pixels that count.
    """
    squares = ((one.astype(np.float64) - other.astype(np.float64)) / 255) ** 2
    if where is not None:
        squares = squares[np.broadcast_to(where, squares.shape)]
    return float(np.sqrt(squares.mean()))


def refuse_other_data(given: Any) -> str:
    """Return why the data are no uint8 images, or the empty string."""
    train = given.data.train
    return "" if train.dtype == np.uint8 and train.ndim == 4 else "it is for images"
