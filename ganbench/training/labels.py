"""The labels of a conditional training: beside every image, and in every latent."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganbench.archs._labels import class_coordinates, class_frequencies, label_planes
from ganbench.core.errors import UsageError


class Labels:
    """The labels of a training split beside its images.

    Args:
        labels: ``[N]`` integers from 0.
    """

    def __init__(self, labels: np.ndarray, device: torch.device, dtype: torch.dtype) -> None:
        self.labels = torch.from_numpy(np.asarray(labels)).long().to(device)
        frequencies = class_frequencies(self.labels.cpu())
        self.coordinates = class_coordinates(frequencies).to(device, dtype)

    def beside(self, images: Tensor, index: Tensor) -> Tensor:
        """Return ``images [..., C, H, W]`` with the planes of their labels behind them."""
        planes = label_planes(self.labels[index], len(self.coordinates), images)
        return torch.cat([images, planes], dim=-3)

    def matched_latents(self, noise: dict[str, dict[str, Tensor]], index: Tensor) -> dict:
        """Return a step's noise with latents of the classes of its real batches.

        Real and fake then have the same label row by row, as the samples between them (gradient
        penalties) and the differences of their logits (relativistic losses) need.

        Args:
            noise: with latents ``d/z [L, d_steps, B, Z]`` and ``g/z [L, B, Z]``.
            index: of the real samples, ``[L, d_steps, B]``; G is given the last batch.
        """
        classes = self.coordinates[self.labels[index]]

        def with_classes(part: str, coordinate: Tensor) -> dict[str, Tensor]:
            z = torch.cat([noise[part]["z"][..., :-1], coordinate[..., None]], dim=-1)
            return {**noise[part], "z": z}

        return {"d": with_classes("d", classes), "g": with_classes("g", classes[:, -1])}

    def of_one_class(self, z: Tensor, label: int) -> Tensor:
        """Return latents ``z [B, Z]`` of one class; see ``of_one_class``."""
        return of_one_class(z, label, self.coordinates)


def of_one_class(z: Tensor, label: int, coordinates: Tensor) -> Tensor:
    """Return latents ``z [B, Z]`` of one class.

    Args:
        coordinates: of the classes ``[K]``.

    Raises:
        UsageError: there is no such class.
    """
    if not 0 <= label < len(coordinates):
        raise UsageError(f"label is {label}: 0 to {len(coordinates) - 1} needed")
    last = coordinates[label].to(z).expand(len(z), 1)
    return torch.cat([z[:, :-1], last], dim=1)
