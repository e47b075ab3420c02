"""Optimisers as pure pairs ``init(params) -> state`` and ``update(grads, state, params, hyper)``.

Parameters are dicts of tensors. Every hyper-parameter reaches ``update`` as a scalar tensor, so
that each lane of a population can have its own. The arithmetic is that of ``torch.optim``.
``differentiable(optimiser)`` does the same arithmetic in a way that gradients can go through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from ganbench.core.lazy import torch
from ganbench.methods._roots import smooth_sqrt

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Optimizer, Params, Value


def _root(v: Tensor, differentiable: bool) -> Tensor:
    """Return the root of ``v``, a tensor of its own."""
    return smooth_sqrt(v) if differentiable else v.sqrt()


def _fused() -> Any:
    """Return the operations of ``_fused``, which are registered with torch at the first use."""
    import ganbench.methods._fused  # noqa: F401

    return torch.ops.ganbench


def differentiable(optimiser: Optimizer) -> Optimizer:
    """Return ``optimiser`` such that derivatives of its updates exist everywhere."""
    if not any(f.name == "differentiable" for f in fields(optimiser)):  # type: ignore[arg-type]
        return optimiser
    return replace(optimiser, differentiable=True)  # type: ignore[type-var]


@dataclass(frozen=True)
class Adam:
    """Adam. Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1.

    The default rate and betas are DCGAN's (Radford 2015, section 4).
    """

    lr: Value = 2e-4
    betas: tuple[Value, Value] = (0.5, 0.999)
    eps: float = 1e-8
    differentiable: bool = field(default=False, repr=False)

    def hyper(self) -> dict[str, Value]:
        """Return the hyper-parameters that may differ per lane."""
        return {"lr": self.lr, "beta1": self.betas[0], "beta2": self.betas[1]}

    def init(self, params: Params) -> dict[str, Any]:
        """Return both moments at zero and the running products of the betas at one.

        The products replace ``beta ** t``, so that bias correction stays right when a beta
        changes while training.
        """
        one = torch.ones((), dtype=next(iter(params.values())).dtype)
        return {
            "m": {name: torch.zeros_like(p) for name, p in params.items()},
            "v": {name: torch.zeros_like(p) for name, p in params.items()},
            "beta1_product": one,
            "beta2_product": one.clone(),
        }

    def update(
        self, grads: Params, state: dict[str, Any], params: Params, hyper: Mapping[str, Tensor]
    ) -> tuple[Params, dict[str, Any]]:
        """Return the parameters and the state after one step."""
        beta1, beta2 = hyper["beta1"], hyper["beta2"]
        product1, product2 = state["beta1_product"] * beta1, state["beta2_product"] * beta2
        products = {"beta1_product": product1, "beta2_product": product2}
        rates = [hyper["lr"], beta1, beta2, product1, product2]
        if product1.device.type == "cpu" and not self.differentiable:
            trees = [[tree[k] for k in params] for tree in (params, grads, state["m"], state["v"])]
            found = iter(_fused().adam(*trees, rates, self.eps))
            new, m, v = ({k: next(found) for k in params} for _ in range(3))
            return new, {"m": m, "v": v, **products}
        moved = {
            k: adam_written_out(
                p, grads[k], state["m"][k], state["v"][k], rates, self.eps, self.differentiable
            )
            for k, p in params.items()
        }
        new, m, v = ({k: each[i] for k, each in moved.items()} for i in range(3))
        return new, {"m": m, "v": v, **products}


def adam_written_out(
    p: Tensor,
    grad: Tensor,
    m: Tensor,
    v: Tensor,
    rates: Sequence[Tensor],
    eps: float,
    differentiable: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a parameter and its two moments after one step of Adam.

    Args:
        rates: the rate, both betas, and the products of all betas up to this step.
    """
    lr, beta1, beta2, product1, product2 = rates
    m = torch.lerp(grad, m, beta1)
    v = torch.lerp(grad.square(), v, beta2)
    denominator = _root(v, differentiable) * (1 - product2).rsqrt() + eps
    return p - m / denominator * (lr / (1 - product1)), m, v


@dataclass(frozen=True)
class RMSprop:
    """RMSprop, as ``torch.optim.RMSprop`` without momentum. Tieleman & Hinton 2012."""

    lr: Value = 5e-5
    alpha: Value = 0.99
    eps: float = 1e-8
    differentiable: bool = field(default=False, repr=False)

    def hyper(self) -> dict[str, Value]:
        """Return the hyper-parameters that may differ per lane."""
        return {"lr": self.lr, "alpha": self.alpha}

    def init(self, params: Params) -> dict[str, Any]:
        """Return the mean square at zero."""
        return {"v": {name: torch.zeros_like(p) for name, p in params.items()}}

    def update(
        self, grads: Params, state: dict[str, Any], params: Params, hyper: Mapping[str, Tensor]
    ) -> tuple[Params, dict[str, Any]]:
        """Return the parameters and the state after one step."""
        v = {k: torch.lerp(g.square(), state["v"][k], hyper["alpha"]) for k, g in grads.items()}
        new = {
            k: p - grads[k].div(_root(v[k], self.differentiable).add_(self.eps)).mul_(hyper["lr"])
            for k, p in params.items()
        }
        return new, {"v": v}


@dataclass(frozen=True)
class SGD:
    """Plain gradient descent, the setting of the convergence theory."""

    lr: Value = 0.1

    def hyper(self) -> dict[str, Value]:
        """Return the hyper-parameters that may differ per lane."""
        return {"lr": self.lr}

    def init(self, params: Params) -> dict[str, Any]:
        """Return the empty state."""
        return {}

    def update(
        self, grads: Params, state: dict[str, Any], params: Params, hyper: Mapping[str, Tensor]
    ) -> tuple[Params, dict[str, Any]]:
        """Return the parameters after one step."""
        return {k: p - hyper["lr"] * grads[k] for k, p in params.items()}, state
