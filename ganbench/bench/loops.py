"""The loops that a user would write: ``plain`` as in tutorials, ``careful`` as fast as they get.

Both train the networks of an architecture as ordinary modules, with torch's optimisers. The careful
loop has fused Adam, one pass of D over real and generated samples together, and a frozen D while G
is trained. Written out for the methods below; they share nothing with the trainer
but the networks and the scaling of pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.archs._layers import Dropout, FromImage, ToImage
from ganbench.core import registry
from ganbench.core.kinds import Data, Networks, Variant
from ganbench.experiment.request import parse_arch
from ganbench.training.build import network_builder
from ganbench.training.sampling import from_data

PENALTY = 10.0
Losses = tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]
LOSSES: dict[str, Losses] = {
    "ns": (
        lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean(),
        lambda f: F.softplus(-f).mean(),
    ),
    "wgan-gp": (lambda r, f: f.mean() - r.mean(), lambda f: -f.mean()),
}


def ordinary(network: nn.Module) -> nn.Module:
    """Return ``network``, changed in place, with torch's own layers and the same weights."""
    for module in [*network.modules()]:
        for name, child in module.named_children():
            layer: nn.Module | None = None
            if isinstance(child, Dropout):
                layer = nn.Dropout(child.p)
            elif isinstance(child, ToImage):
                before, after = child.weight.shape[:2]
                layer = nn.ConvTranspose2d(before, after, 4, 2, 1)
            elif isinstance(child, FromImage):
                layer = nn.Conv2d(child.in_channels, child.out_channels, 4, 2, 1)
            if layer is not None:
                layer.load_state_dict(child.state_dict())
                setattr(module, name, layer)
    return network.train()


class Loop:
    """One training of ``ns`` or ``wgan-gp`` by an ordinary loop.

    Args:
        arch: ``NAME`` or ``NAME:key=value,...``.
        careful: whether it is the careful one.
    """

    def __init__(
        self, name: str, arch: str, data: Data, batch: int, careful: bool, device: str = "cpu"
    ) -> None:
        self.variant: Variant = registry.variants.get(name)
        chosen, options = parse_arch(arch)
        options = chosen.options_for(self.variant, options)
        networks: Networks = network_builder(chosen, options, data, self.variant)()
        self.g = ordinary(networks.generator).to(device)
        self.d = ordinary(networks.discriminator).to(device)
        self.latent, self.batch, self.careful = networks.latent.shape, batch, careful
        self.one_pass = careful and "per_sample_d" in networks.provides
        self.data = torch.tensor(data.train, device=device)
        self.device = device
        self.g_optimiser, self.d_optimiser = self._adam(self.g), self._adam(self.d)
        self.d_loss, self.g_loss = LOSSES[name]

    def _adam(self, network: nn.Module) -> torch.optim.Adam:
        optim: Any = self.variant.optim
        return torch.optim.Adam(
            network.parameters(), optim.lr, optim.betas, fused=True if self.careful else None
        )

    def _noise(self) -> Tensor:
        return torch.randn(self.batch, *self.latent, device=self.device)

    def _d_step(self) -> Tensor:
        index = torch.randint(len(self.data), (self.batch,), device=self.device)
        real = from_data(self.data[index], torch.float32)
        with torch.set_grad_enabled(not self.careful):
            fake = self.g(self._noise()).detach()
        if self.one_pass:
            r, f = self.d(torch.cat([real, fake])).tensor_split(2)
        else:
            r, f = self.d(real), self.d(fake)
        loss = self.d_loss(r, f)
        if self.variant.penalties:
            mix = torch.rand(self.batch, *(1 for _ in real.shape[1:]), device=self.device)
            between = (mix * real + (1 - mix) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(self.d(between).sum(), between, create_graph=True)
            loss = loss + PENALTY * ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
        self.d_optimiser.zero_grad()
        loss.backward()
        self.d_optimiser.step()
        return loss

    def _g_step(self) -> Tensor:
        if self.careful:
            self.d.requires_grad_(False)
        loss = self.g_loss(self.d(self.g(self._noise())))
        self.g_optimiser.zero_grad()
        loss.backward()
        self.g_optimiser.step()
        if self.careful:
            self.d.requires_grad_(True)
        return loss

    def run(self, steps: int) -> tuple[float, float]:
        """Do ``steps`` updates of G, each after the method's updates of D.

        Returns:
            The losses of D and G in the last update of each.
        """
        for _ in range(steps):
            for _ in range(self.variant.d_steps):
                d_loss = self._d_step()
            g_loss = self._g_step()
        return d_loss.item(), g_loss.item()
