"""What losses read besides the logits: numbers and states, and the losses that read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganbench.lazy import func, torch
from ganbench.spec import Extra, Params

if TYPE_CHECKING:
    from torch import Tensor

Given = Mapping[str, "Tensor"]
Plain = Callable[["Tensor", "Tensor"], "Tensor"]
WithExtra = Callable[["Tensor", "Tensor", Given], "Tensor"]


def began_d(real: Tensor, fake: Tensor, extra: Given) -> Tensor:
    """Return E R(x) - k E R(G(z)). Berthelot 2017, section 3.4."""
    return real.mean() - extra["k"] * fake.mean()


def _balance(extra: Given, real: Tensor, fake: Tensor) -> Params:
    k = extra["k"] + extra["rate"] * (extra["gamma"] * real - fake)
    return {"k": k.detach().clamp(0, 1)}


def balance(gamma: float, rate: float) -> Extra:
    """Return BEGAN's k: k + rate (gamma R(x) - R(G(z))), in [0, 1], 0 at first."""
    values = {"gamma": gamma, "rate": rate}
    return Extra("balance", values, lambda: {"k": torch.zeros(())}, _balance)


def with_lecam(loss: Plain) -> WithExtra:
    """Return a discriminator's loss with LeCam's regulariser. Tseng 2021, eq. 7.

    weight (E (r - a_F)^2 + E (f - a_R)^2), a_R and a_F being averages of past outputs.
    """

    def regularised(real: Tensor, fake: Tensor, extra: Given) -> Tensor:
        pull = (real - extra["fake"]).square().mean() + (fake - extra["real"]).square().mean()
        return loss(real, fake) + extra["weight"] * pull

    return regularised


def _averaged(extra: Given, real: Tensor, fake: Tensor) -> Params:
    new = {"real": real.detach(), "fake": fake.detach()}
    return {key: torch.lerp(new[key], extra[key], extra["decay"]) for key in new}


def lecam(weight: float, decay: float) -> Extra:
    """Return LeCam's moving averages of the outputs on real and on generated samples."""
    return Extra(
        "lecam",
        {"weight": weight, "decay": decay},
        lambda: {"real": torch.zeros(()), "fake": torch.zeros(())},
        _averaged,
    )


def ignoring(loss: Plain) -> WithExtra:
    """Return ``loss`` for a variant with extras that it does not read."""
    return lambda real, fake, extra: loss(real, fake)


def with_top_k(loss: Plain) -> WithExtra:
    """Return a generator's loss over the samples with the highest logits. Sinha 2020, eq. 3.

    ``loss`` must be a mean over samples; of B samples ``share`` x B count, rounded, at least one.
    """

    def best(real: Tensor, fake: Tensor, extra: Given) -> Tensor:
        each = func.vmap(lambda r, f: loss(r[None], f[None]))(real, fake)
        rank = (-fake.detach()).argsort().argsort()
        kept = (rank < (extra["share"] * len(fake)).round().clamp_min(1)).to(each.dtype)
        return (each * kept).sum() / kept.sum()

    return best


def top_k() -> Extra:
    """Return the share of a batch that the generator learns from, 1 unless scheduled."""
    return Extra("top_k", {"share": 1.0})
