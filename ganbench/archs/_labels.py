"""Class labels as a part of every sample: one-hot planes behind an image's channels.

Mirza & Osindero 2014 (arXiv:1411.1784) give the label to both networks. Here a conditional
generator reads it off the last coordinate of its latent and returns it with the image; the
discriminator sees the image with its planes. Losses, penalties and games need not know.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def class_frequencies(labels: Tensor) -> tuple[float, ...]:
    """Return the frequency of each class ``0 .. K-1`` in ``labels [N]``."""
    return tuple((torch.bincount(labels.long()).double() / len(labels)).tolist())


def class_coordinates(frequencies: Sequence[float]) -> Tensor:
    """Return the coordinate ``[K]``, float64, of each class.

    A standard normal number falls to class k with probability ``frequencies[k]``: its distribution
    function cuts 0..1 into intervals of these lengths. The middles are the coordinates.
    """
    lengths = torch.tensor(frequencies, dtype=torch.float64)
    return torch.special.ndtri(lengths.cumsum(0) - lengths / 2)


def label_planes(labels: Tensor, classes: int, like: Tensor) -> Tensor:
    """Return one-hot planes ``[..., classes, H, W]`` for images ``like [..., C, H, W]``."""
    one_hot = (labels[..., None] == torch.arange(classes, device=labels.device)).to(like)
    return one_hot[..., None, None].expand(*one_hot.shape, *like.shape[-2:])


class Conditional(nn.Module):
    """A generator ``[B, Z + 1] -> [B, C + K, H, W]`` around one from ``[B, Z + K]`` to images."""

    edges: Tensor

    def __init__(self, inner: nn.Module, frequencies: Sequence[float]) -> None:
        super().__init__()
        self.inner, self.classes = inner, len(frequencies)
        edges = torch.tensor(frequencies, dtype=torch.float64).cumsum(0)[:-1]
        self.register_buffer("edges", edges, persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        """Return images with the planes of the classes that the last coordinate decides."""
        place = torch.special.ndtr(z[:, -1].detach().double())
        labels = (place[:, None] > self.edges).sum(1)
        one_hot = (labels[:, None] == torch.arange(self.classes, device=z.device)).to(z)
        image = self.inner(torch.cat([z[:, :-1], one_hot], dim=1))
        return torch.cat([image, label_planes(labels, self.classes, image)], dim=1)


class ReadLabels(nn.Module):
    """The discriminator's first layer: what it is told of the label has no gradient.

    A gradient penalty is then one on the image only. A plane is replaced by its mean, so that
    noise and shifts put on the whole sample leave the label what it was.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.channels, self.classes = channels, classes

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x [B, m (C + K), H, W]``, m samples side by side, of the same shape."""
        samples = x.unflatten(1, (-1, self.channels + self.classes))
        images, told = samples.tensor_split([self.channels], dim=2)
        told = told.mean((-2, -1), keepdim=True).detach().expand_as(told)
        return torch.cat([images, told], dim=2).flatten(1, 2)
