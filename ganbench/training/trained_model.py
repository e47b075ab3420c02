"""A trained pair out of its training: plain modules, and samples from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ganbench.archs._labels import class_coordinates
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Noise
from ganbench.core.limits import MOST_SAMPLES
from ganbench.core.ranges import whole
from ganbench.core.seeds import derive
from ganbench.training.labels import of_one_class
from ganbench.training.sampling import of_latents, to_data
from ganbench.training.streams import draw, generator


@dataclass(frozen=True)
class TrainedModel:
    """A trained pair, read from its file; plain modules in evaluation mode.

    Attributes:
        generator: ``latents [B, Z] -> samples [B, *shape]``, the averaged one if there is one.
        discriminator: ``samples [B, *shape] -> logits``; None where it was not kept.
        latent: the noise of one latent.
        seed, root: of its lane: the repetition, and where all its random numbers come from.
        steps: generator updates that it was trained for.
        samples_are: the dtype of the data.
        class_frequencies: of the training data, where the networks are conditional; the samples'
            first ``channels`` are the image then, the others its class.
    """

    variant: str
    dataset: str
    seed: int
    root: int
    steps: int
    generator: nn.Module
    discriminator: nn.Module | None
    latent: Noise
    samples_are: str
    class_frequencies: tuple[float, ...] = ()
    channels: int | None = None

    def latents(self, n: int, seed: int | None = None) -> Tensor:
        """Return ``n`` latents ``[n, Z]``; without a seed, those that were measured."""
        root = derive(self.root, "evaluation") if seed is None else seed
        leaf = next(self.generator.parameters())
        return draw(self.latent, generator(leaf.device, root, "latents"), n).to(leaf)

    def of_latents(self, latents: Tensor) -> np.ndarray:
        """Return the samples of ``latents [n, Z]``, as the data are: ``[n, *shape]``."""
        samples = of_latents(self.generator, latents)[:, : self.channels]
        return to_data(samples, np.dtype(self.samples_are))

    def sample(
        self,
        n: int,
        seed: int | None = None,
        label: int | None = None,
        truncation: float | None = None,
        interpolate: int | None = None,
    ) -> np.ndarray:
        """Return ``n`` samples ``[n, *shape]``, uint8 if the data are, else float32.

        Args:
            seed: decides the latents; by default they are those that were measured.
            label: of all samples, where the networks are conditional.
            truncation: normal latents are truncated to this many standard deviations.
            interpolate: so many samples on the way from each latent to the next, both included,
                ``[n * interpolate, *shape]``; the way from the last leads to the first.

        Raises:
            UsageError: less than one sample, no such label, a truncation or an interpolation that
                cannot be.
        """
        if n < 1:
            raise UsageError(f"{n} samples were asked for: at least 1 needed")
        whole(1, MOST_SAMPLES).check("the number of samples", n * (interpolate or 1))
        latents = self.latents(n, seed)
        if truncation is not None:
            latents = self._truncated(latents, truncation)
        if interpolate is not None:
            latents = self._on_the_way(latents, interpolate)
        if label is not None:
            latents = self._of_class(latents, label)
        return self.of_latents(latents)

    def _on_the_way(self, z: Tensor, steps: int) -> Tensor:
        """Return ``steps`` latents from each of ``z [n, Z]`` to the next, ``[n * steps, Z]``.

        Normal latents go along great circles (White 2016, arXiv:1609.04468), others straight.
        """
        if steps < 2:
            raise UsageError(f"{steps} steps of interpolation were asked for: at least 2 needed")
        if len(z) < 2:
            raise UsageError("interpolation needs at least 2 samples to go between")
        a, b = z[:, None], z.roll(-1, 0)[:, None]
        t = torch.linspace(0, 1, steps, dtype=z.dtype, device=z.device)[:, None]
        if self.latent.kind == "normal":
            cosine = torch.cosine_similarity(a, b, dim=-1)[..., None].clamp(-1, 1)
            angle = cosine.acos().clamp_min(1e-6)
            between = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
        else:
            between = torch.lerp(a, b, t)
        return between.flatten(0, 1)

    def _truncated(self, z: Tensor, at: float) -> Tensor:
        """Return normal latents moved to the same quantiles of the truncated distribution.

        Truncation: Brock et al. 2018, arXiv:1809.11096, section 3.1, who draw anew instead.
        """
        if self.latent.kind != "normal":
            raise UsageError(f"truncation is for normal latents, and these are {self.latent.kind}")
        if not at > 0:
            raise UsageError(f"truncation is {at}: a number above 0 needed")
        double = z.double()
        low, high = torch.special.ndtr(torch.tensor([-at, at], dtype=torch.float64)).to(z.device)
        moved = torch.special.ndtri(low + torch.special.ndtr(double) * (high - low)).clamp(-at, at)
        if self.class_frequencies:  # the last number of a latent is its class
            moved[:, -1] = double[:, -1]
        return moved.to(z)

    def _of_class(self, z: Tensor, label: int) -> Tensor:
        if not self.class_frequencies:
            raise UsageError(f"label is {label}, but the networks are not conditional")
        return of_one_class(z, label, class_coordinates(self.class_frequencies))
