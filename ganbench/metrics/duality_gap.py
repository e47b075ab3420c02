"""Duality gap of a trained pair. Grnarova et al. 2019, arXiv:1811.05512.

For a zero-sum game min over g, max over d of M(g, d), the pair (g, d) has the gap

    DG(g, d) = max over d' of M(g, d') - min over g' of M(g', d)

which is never negative and is 0 only at an equilibrium. As in the paper, the worst opponents are
approximated from copies of the pair itself, by a fixed number of gradient steps on one of them with
the other held. The best value on the way counts, the start among them: the result is a lower bound
of the true gap, is never negative and grows with the number of steps. Other numbers of steps, or
other step sizes, do not compare.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from torch import Tensor

    from ganbench.core.kinds import Array

WHOLE = ""  # the name under which a lone tensor is kept
STEPS = 50


def duality_gap(
    value: Callable[[Any, Any], Tensor], g: Any, d: Any, steps: int = STEPS, lr: float = 0.1
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

    def of_d(new: dict[str, Tensor]) -> Tensor:
        return value(pair_g, _given(new, d))

    def of_g(new: dict[str, Tensor]) -> Tensor:
        return value(_given(new, g), pair_d)

    note = f" with lr {lr}"
    highest = _best(of_d, held_d, _gradient_steps(of_d, lr), steps, 1, note)
    lowest = _best(of_g, held_g, _gradient_steps(of_g, -lr), steps, -1, note)
    return {"duality_gap": highest - lowest, "max_d": highest, "min_g": lowest}


def _tensors(parameters: Any, name: str) -> dict[str, Tensor]:
    lone = not isinstance(parameters, Mapping)
    tensors = {WHOLE: parameters} if lone else dict(parameters)
    tensors = {
        key: (p.detach() if torch.is_tensor(p) else torch.from_numpy(np.array(p, float)))
        for key, p in tensors.items()
    }
    if not any(p.is_floating_point() for p in tensors.values()):
        raise ValueError(f"{name} has {len(tensors)} tensors and none of real numbers")
    return tensors


def _given(parameters: dict[str, Tensor], like: Any) -> Any:
    return parameters if isinstance(like, Mapping) else parameters[WHOLE]


def _best(
    objective: Callable[[Any], Tensor],
    start: Any,
    advance: Callable[[Any, Any, int], tuple[Any, Any]],
    steps: int,
    sign: int,
    note: str | None = None,
) -> float:
    """Return the best value on a path of ``steps`` steps: the highest (1) or the lowest (-1).

    Args:
        advance: ``(parameters, memory, i) -> (parameters, memory)``.
        note: for the error where the value is not finite on the way; without one the path ends
            there.

    Raises:
        ValueError: M is no scalar, or not finite.
    """
    current, memory, best = start, None, -math.inf
    for step in range(steps + 1):
        with torch.no_grad():
            m = objective(current)
        if m.numel() != 1:
            raise ValueError(f"value has shape {tuple(m.shape)}: a scalar needed")
        now = float(m)
        if not math.isfinite(now):
            if step and note is None:
                break
            raise ValueError(f"value is {now} after {step} steps{note or ''}")
        best = max(best, sign * now)
        if step < steps:
            current, memory = advance(current, memory, step)
    return sign * best


def _gradient_steps(
    objective: Callable[[dict[str, Tensor]], Tensor], lr: float
) -> Callable[[dict[str, Tensor], None, int], tuple[dict[str, Tensor], None]]:
    """Return plain gradient steps of size ``lr`` on ``objective``."""

    def advance(current: dict[str, Tensor], _: None, step: int) -> tuple[dict[str, Tensor], None]:
        leaves = {key: p.detach() for key, p in current.items()}
        moved = [key for key, p in leaves.items() if p.is_floating_point()]
        with torch.enable_grad():
            for key in moved:
                leaves[key].requires_grad_()
            m = objective(leaves)
        if not m.requires_grad:
            return current, None
        inputs = [leaves[key] for key in moved]
        grads = torch.autograd.grad(m.reshape(()), inputs, allow_unused=True)
        ascended = {key: p.detach() for key, p in leaves.items()}
        for key, grad in zip(moved, grads, strict=True):
            if grad is not None:
                ascended[key] = ascended[key] + lr * grad
        return ascended, None

    return advance


def prepare(real: Any, steps: int = STEPS) -> dict[str, Array]:
    """Return the held-out samples."""
    return {"real": np.asarray(real)}


def compute(prepared: dict[str, Array], pair: Any, steps: int = STEPS) -> dict[str, float]:
    """Return the gap of a trained pair (``training.trained_pair``) on the held-out samples.

    The copies go on with the variant's own training, each against the other player as it is; a
    copy that diverges ends its path.
    """
    real = prepared["real"]
    highest = _best(lambda d: pair.value(pair.g, d, real), pair.d, pair.step_d, steps, 1)
    lowest = _best(lambda g: pair.value(g, pair.d, real), pair.g, pair.step_g, steps, -1)
    return {"duality_gap": highest - lowest}


register(
    Metric(
        name="duality-gap",
        quantities=(
            Quantity("duality_gap", "value of the game", higher_is_better=False, headline=False),
        ),
        needs=needs.PAIR,
        group="dynamics",
        prepare=prepare,
        compute=compute,
        version=2,
        params={"steps": STEPS},
        max_samples=512,
        final_only=True,
        paper=Paper(
            "A Domain Agnostic Measure for Monitoring and Evaluating GANs",
            "Grnarova et al.",
            2019,
            arxiv="1811.05512",
        ),
    )
)
