"""The random numbers of a lane: functions of (lane seed, stream, step) alone.

Every stream is drawn in chunks of ``CHUNK`` steps, each from its own generator, so that drawing is
cheap, and a run resumes at any step without having saved a random state. On a CUDA device the
numbers are drawn there: the values differ from the CPU's, the independence does not.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ganbench.core.kinds import Noise
from ganbench.core.seeds import derive

CHUNK = 16  # steps; decides every random number


def generator(device: torch.device, *parts: str | int) -> torch.Generator:
    """Return torch's generator for the stream named by ``parts``."""
    return torch.Generator(device).manual_seed(derive(*parts))


def draw(noise: Noise, rng: torch.Generator, *lead: int) -> Tensor:
    """Return ``noise`` as ``[*lead, *noise.shape]`` float32 (boolean for ``keep``)."""
    shape = (*lead, *noise.shape)
    match noise.kind:
        case "normal":
            return torch.randn(shape, generator=rng, device=rng.device)
        case "uniform":
            return torch.rand(shape, generator=rng, device=rng.device)
        case "symmetric":
            return torch.rand(shape, generator=rng, device=rng.device) * 2 - 1
        case "keep":
            return _keep(shape, noise.p, rng)
    raise ValueError(f"unknown noise kind {noise.kind!r}")


def _keep(shape: tuple[int, ...], p: float, rng: torch.Generator) -> Tensor:
    """Return booleans that are false with probability ``p < 1``, rounded to 1/65,536.

    Each is 16 of 64 random bits, which a CPU draws ten times as fast as it does ``bernoulli_``.
    """
    size = math.prod(shape)
    words = torch.empty(-(-size // 4), dtype=torch.int64, device=rng.device)
    bits = words.random_(-(2**63), None, generator=rng).view(torch.int16)
    return (bits[:size] >= round(p * 2**16) - 2**15).reshape(shape)


class NoiseStreams:
    """The noise of a population, step by step.

    Args:
        plan: the noise of a discriminator and of a generator update (``forward.noise_plan``).
        seeds: the lanes' root seeds.
        d_steps: discriminator updates per step.
        dtype: of the floating-point noise; it is drawn in float32 and converted.
    """

    def __init__(
        self,
        plan: dict[str, dict[str, Noise]],
        seeds: list[int],
        d_steps: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.plan, self.seeds, self.device, self.dtype = plan, seeds, device, dtype
        self.lead = {"d": (CHUNK, d_steps), "g": (CHUNK,)}
        self.chunk = -1
        self.drawn: dict[str, dict[str, Tensor]] = {}

    def _draw_lanes(self, part: str, name: str, noise: Noise) -> Tensor:
        lanes = [
            draw(noise, generator(self.device, s, part, name, self.chunk), *self.lead[part])
            for s in self.seeds
        ]
        stacked = torch.stack(lanes)
        return stacked if stacked.dtype == torch.bool else stacked.to(self.dtype)

    def at(self, step: int) -> dict[str, dict[str, Tensor]]:
        """Return ``{"d": {name: [L, d_steps, ...]}, "g": {name: [L, ...]}}`` for ``step``."""
        if step // CHUNK != self.chunk:
            self.chunk = step // CHUNK
            self.drawn = {
                part: {name: self._draw_lanes(part, name, n) for name, n in needs.items()}
                for part, needs in self.plan.items()
            }
        i = step % CHUNK
        return {p: {k: v[:, i] for k, v in part.items()} for p, part in self.drawn.items()}


class DataOrder:
    """The data order of a population: each lane shuffles anew every epoch, and drops the rest.

    Args:
        size: of the training split.
        batch: samples per batch.
        seeds: the lanes' root seeds.
    """

    def __init__(self, size: int, batch: int, seeds: list[int]) -> None:
        self.size, self.batch, self.seeds = size, batch, seeds
        self.per_epoch = size // batch
        self.orders: dict[int, np.ndarray] = {}
        self.chunk = -1
        self.drawn = torch.empty(0)

    def _order(self, epoch: int) -> np.ndarray:
        if epoch not in self.orders:
            rngs = [np.random.default_rng(derive(s, "data", epoch)) for s in self.seeds]
            order = np.stack([rng.permutation(self.size) for rng in rngs])
            self.orders = {k: v for k, v in self.orders.items() if k == epoch - 1} | {epoch: order}
        return self.orders[epoch]

    def of_step(self, step: int, d_steps: int, device: torch.device) -> Tensor:
        """Return the indices ``[L, d_steps, B]`` of one step; they reach the device in chunks."""
        if step // CHUNK != self.chunk:
            self.chunk = step // CHUNK
            first = self.chunk * CHUNK * d_steps
            self.drawn = self.at(first, CHUNK * d_steps).to(device)
        start = step % CHUNK * d_steps
        return self.drawn[:, start : start + d_steps]

    def at(self, first: int, count: int) -> Tensor:
        """Return the indices ``[L, count, B]`` of batches ``first`` to ``first + count - 1``."""
        picked = []
        for i in range(first, first + count):
            start = i % self.per_epoch * self.batch
            picked.append(self._order(i // self.per_epoch)[:, start : start + self.batch])
        return torch.from_numpy(np.stack(picked, axis=1))
