"""Duality gap of a trained pair. Grnarova et al. 2019, arXiv:1811.05512.

For a zero-sum game min over g, max over d of M(g, d), the pair (g, d) has the gap

    DG(g, d) = max over d' of M(g, d') - min over g' of M(g', d)

which is never negative and is 0 at an equilibrium alone. As in the paper, the worst opponents are
approximated from copies of the pair itself, by a fixed number of gradient steps on one of them with
the other held. The best value on the way counts, the start among them: the result is a lower bound
of the true gap, is never negative and grows with the number of steps. Other numbers of steps, or
other step sizes, do not compare.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ganbench.lazy import np, torch
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

WHOLE = ""  # the name under which a lone tensor is kept


def duality_gap(
    value: Callable[[Any, Any], Tensor], g: Any, d: Any, steps: int = 100, lr: float = 0.1
) -> dict[str, float]:
    """Return ``{"duality_gap": ..., "max_d": ..., "min_g": ...}`` of the pair ``(g, d)``.

    Args:
        value: differentiable ``M(g, d) -> scalar`` that g lowers and d raises; deterministic.
        g: parameters of the generator, a tensor or a mapping from names to tensors; ``value`` is
            given the same kind. Integer entries are passed on as they are.
        d: those of the discriminator.
        steps: of plain gradient descent (g) and ascent (d).
        lr: their size.

    Raises:
        ValueError: no such mapping, M no finite scalar at the pair or on the way, bad steps or lr.

    References:
        Grnarova et al. 2019, arXiv:1811.05512.
    """
    steps = _inputs.count(steps, "steps", 1)
    if not 0 < lr < math.inf:
        raise ValueError(f"lr is {lr!r}: a positive number needed")
    held_g, held_d = _tensors(g, "g"), _tensors(d, "d")
    pair_g, pair_d = _given(held_g, g), _given(held_d, d)
    highest = _best(lambda new: value(pair_g, _given(new, d)), held_d, steps, lr, 1)
    lowest = _best(lambda new: value(_given(new, g), pair_d), held_g, steps, lr, -1)
    return {"duality_gap": highest - lowest, "max_d": highest, "min_g": lowest}


def _tensors(parameters: Any, name: str) -> dict[str, Tensor]:
    lone = not isinstance(parameters, Mapping)
    found = {WHOLE: parameters} if lone else dict(parameters)
    found = {
        key: (p.detach() if torch.is_tensor(p) else torch.from_numpy(np.array(p, float)))
        for key, p in found.items()
    }
    if not any(p.is_floating_point() for p in found.values()):
        raise ValueError(f"{name} has {len(found)} tensors and none of real numbers")
    return found


def _given(parameters: dict[str, Tensor], like: Any) -> Any:
    return parameters if isinstance(like, Mapping) else parameters[WHOLE]


def _best(
    objective: Callable[[dict[str, Tensor]], Tensor],
    start: dict[str, Tensor],
    steps: int,
    lr: float,
    sign: int,
) -> float:
    """Return the best value on a path of ``steps`` gradient steps, up (1) or down (-1)."""
    current, best = start, -math.inf
    for step in range(steps + 1):
        with torch.enable_grad():
            leaves = {key: p.detach() for key, p in current.items()}
            moved = [key for key, p in leaves.items() if p.is_floating_point()]
            for key in moved:
                leaves[key].requires_grad_()
            m = objective(leaves)
        if m.numel() != 1:
            raise ValueError(f"value has shape {tuple(m.shape)}: a scalar needed")
        now = float(m.detach())
        if not math.isfinite(now):
            raise ValueError(f"value is {now} after {step} steps with lr {lr}")
        best = max(best, sign * now)
        if step == steps or not m.requires_grad:
            break
        inputs = [leaves[key] for key in moved]
        grads = torch.autograd.grad(m.reshape(()), inputs, allow_unused=True)
        current = {key: p.detach() for key, p in leaves.items()}
        for key, grad in zip(moved, grads, strict=True):
            if grad is not None:
                current[key] = current[key] + sign * lr * grad
    return sign * best
