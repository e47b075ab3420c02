"""Networks and the architectures that build them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ganbench.spec._common import check_name
from ganbench.spec.parts import Noise

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Networks:
    """A generator and discriminator pair built for one data shape.

    Attributes:
        generator: ``latent [B, Z] -> sample [B, *shape]``.
        discriminator: ``sample [B, *shape] -> logits [B]``, or ``[B, outputs]`` if more than one;
            with ``features=True``, where it provides them, ``[B, F]``.
        latent: the noise of one latent, shape ``(Z,)``.
        provides: what the pair offers to a variant's ``requires``.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent: Noise
    provides: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Arch:
    """An architecture: a generator and discriminator pair for data shapes.

    Attributes:
        name: permanent key of results.
        build: ``(shape, outputs, **options) -> Networks``, initialised from torch's current random
            state; ``outputs`` (default 1) of the discriminator.
        options: what can be chosen in ``name:key=value,...``, with the defaults.
        fits: ``shape -> ""`` or why it does not fit.
        vectorise: whether one program for all seeds is worth it on a CPU (small dense networks);
            where it is not, a CPU unit holds one seed.
        conditional: whether it is given class labels, for data that have them: ``build`` then also
            takes ``shares`` of the classes and the ``channels`` of an image, and its samples are
            images with one plane for each class (``networks.labels``).
        summary: one line for listings.
    """

    name: str
    build: Callable[..., Networks]
    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    fits: Callable[[tuple[int, ...]], str] = lambda shape: ""
    vectorise: bool = False
    conditional: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
