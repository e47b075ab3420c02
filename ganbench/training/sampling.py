"""Samples from a trained generator. No sample depends on the batch it is generated in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from ganbench.archs._layers import BatchStatistics
from ganbench.core.kinds import Networks, Params
from ganbench.core.products import products
from ganbench.training.streams import draw, generator

CALIBRATION = 1024  # latents on which batch normalisation's statistics are measured
BATCH = 512  # samples are generated so many at a time


def batch_statistics(module: nn.Module, params: Params, latents: Tensor) -> Params:
    """Return the evaluation buffers of every batch normalisation, measured on ``latents``.

    One pass in training mode: each layer sees what the layers before it make of the whole set.
    """
    measured: Params = {}
    layers = {k: m for k, m in module.named_modules() if isinstance(m, BatchStatistics)}

    def record(name: str, layer: BatchStatistics) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor]) -> None:
            statistics = layer.statistics(inputs[0])
            measured.update({f"{name}.{key}": value for key, value in statistics.items()})

        return layer.register_forward_pre_hook(hook)

    hooks = [record(name, layer) for name, layer in layers.items()]
    module.eval()
    for layer in layers.values():
        layer.train()
    try:
        if layers:
            functional_call(module, params, (latents,))
    finally:
        for hook in hooks:
            hook.remove()
    return measured


@torch.no_grad()
def evaluation_generator(networks: Networks, params: Params) -> nn.Module:
    """Return a generator in evaluation mode with ``params``, a plain module of its own."""
    module = copy.deepcopy(networks.generator)
    leaf = next(iter(params.values()))
    rng = generator(leaf.device, "calibration")
    latents = draw(networks.latent, rng, CALIBRATION).to(leaf)
    buffers = batch_statistics(module, params, latents)
    module = module.to(leaf).eval().requires_grad_(False)
    for name, value in params.items():
        module.get_parameter(name).copy_(value)
    for name, value in buffers.items():
        module.get_buffer(name).copy_(value)
    return module


@torch.no_grad()
def sample(
    module: nn.Module,
    networks: Networks,
    n: int,
    seed: int,
    batch: int = BATCH,
    prepare: Callable[[Tensor], Tensor] | None = None,
) -> np.ndarray:
    """Return ``n`` samples ``[n, *shape]`` float32, from latents that ``seed`` alone decides.

    Args:
        prepare: is applied to the latents ``[n, Z]``.
    """
    leaf = next(module.parameters())
    latents = draw(networks.latent, generator(leaf.device, seed, "latents"), n).to(leaf)
    if prepare is not None:
        latents = prepare(latents)
    return of_latents(module, latents, batch)


@torch.no_grad()
def of_latents(module: nn.Module, latents: Tensor, batch: int = BATCH) -> np.ndarray:
    """Return the samples of ``latents [n, Z]``, float32 ``[n, *shape]``, on exact products."""
    with products():
        return torch.cat([module(z).float().cpu() for z in latents.split(batch)]).numpy()


def from_data(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return data as networks see them: uint8 images as -1..1, other data unchanged."""
    return x.to(dtype) / 127.5 - 1 if x.dtype == torch.uint8 else x.to(dtype)


def to_data(samples: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return samples as the data are: uint8 images from -1..1, other data unchanged."""
    if dtype != np.uint8:
        return samples
    return np.clip(np.rint((samples + 1) * 127.5), 0, 255).astype(np.uint8)
