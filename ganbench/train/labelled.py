"""What a conditional architecture is given of labelled data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganbench.errors import UsageError
from ganbench.networks.labels import coordinates, frequencies, planes
from ganbench.spec import Arch, Data


def as_seen(
    arch: Arch, options: Mapping[str, Any], data: Data
) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Return the shape of what the networks see of a sample, and the options to build them with.

    Raises:
        UsageError: ``arch`` is conditional and the data have no labels, or are not images.
    """
    shape = data.train.shape[1:]
    if not arch.conditional:
        return shape, dict(options)
    if data.train_labels is None:
        raise UsageError(f"arch {arch.name} needs labels, and these data have none")
    if reason := arch.fits(shape):
        raise UsageError(f"arch {arch.name} does not fit data of shape {shape}: {reason}")
    shares = frequencies(torch.from_numpy(np.asarray(data.train_labels)))
    shown = (shape[0] + len(shares), *shape[1:])
    return shown, {**options, "shares": shares, "channels": shape[0]}


class Labels:
    """The labels of a training split beside its images.

    Args:
        labels: ``[N]`` integers from 0.
    """

    def __init__(self, labels: np.ndarray, device: torch.device, dtype: torch.dtype) -> None:
        self.labels = torch.from_numpy(np.asarray(labels)).long().to(device)
        self.coordinates = coordinates(frequencies(self.labels.cpu())).to(device, dtype)

    def beside(self, images: Tensor, index: Tensor) -> Tensor:
        """Return ``images [..., C, H, W]`` with the planes of their labels behind them."""
        told = planes(self.labels[index], len(self.coordinates), images)
        return torch.cat([images, told], dim=-3)

    def pair(self, noise: dict[str, dict[str, Tensor]], index: Tensor) -> dict:
        """Return a step's noise with latents of the classes of its real batches.

        Real and fake then have the same label row by row, as the samples between them (gradient
        penalties) and the differences of their logits (relativistic losses) need.

        Args:
            noise: with latents ``d/z [L, d_steps, B, Z]`` and ``g/z [L, B, Z]``.
            index: of the real samples, ``[L, d_steps, B]``; G is given the last batch.
        """
        told = self.coordinates[self.labels[index]]

        def of(part: str, coordinate: Tensor) -> dict[str, Tensor]:
            z = torch.cat([noise[part]["z"][..., :-1], coordinate[..., None]], dim=-1)
            return {**noise[part], "z": z}

        return {"d": of("d", told), "g": of("g", told[:, -1])}

    def only(self, z: Tensor, label: int) -> Tensor:
        """Return latents ``z [B, Z]`` of one class.

        Raises:
            UsageError: there is no such class.
        """
        if not 0 <= label < len(self.coordinates):
            raise UsageError(f"label is {label}: 0 to {len(self.coordinates) - 1} needed")
        last = self.coordinates[label].to(z).expand(len(z), 1)
        return torch.cat([z[:, :-1], last], dim=1)
