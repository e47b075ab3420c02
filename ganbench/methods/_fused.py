"""Adam's update as one pass over memory, for a CPU: torch's fused kernel behind a pure operation.

Written out, Adam reads and writes every weight, gradient and moment nine times; where layers are
wide, and batches small, that was a third of a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

MANY_STEPS = torch.tensor(1e30)  # after which torch's own correction of the bias is none

library = torch.library.Library("ganbench", "DEF")  # type: ignore[no-untyped-call]
library.define(  # type: ignore[no-untyped-call]
    "adam(Tensor[] params, Tensor[] grads, Tensor[] m, Tensor[] v, Tensor[] rates, float eps) "
    "-> Tensor[]"
)
Tensors = Sequence[Tensor]


def adam(
    params: Tensors, grads: Tensors, m: Tensors, v: Tensors, rates: Tensors, eps: float
) -> list[Tensor]:
    """Return the new parameters, first and second moments, one list after the other.

    Args:
        rates: the rate, both betas, and the products of all betas up to this step, which correct
            the moments' bias: scalars, or one of each lane where everything is ``[L, ...]``.
    """
    params, m, v = (
        [x.clone(memory_format=torch.contiguous_format) for x in xs] for xs in (params, m, v)
    )
    return adam_(params, grads, m, v, rates, eps)


def adam_(
    params: Tensors, grads: Tensors, m: Tensors, v: Tensors, rates: Tensors, eps: float
) -> list[Tensor]:
    """Do the same in place: parameters and moments, which must be contiguous, are overwritten."""
    moved = [list(xs) for xs in (params, m, v)]
    grads = [g.contiguous() for g in grads]
    lanes = list(zip(*(x.reshape(-1).tolist() for x in rates), strict=True))
    if lanes.count(lanes[0]) == len(lanes):
        _move(moved, grads, lanes[0], eps)
    else:
        for i, own in enumerate(lanes):
            *lane, of_lane = ([x[i] for x in xs] for xs in (*moved, grads))
            _move(lane, of_lane, own, eps)
    return [x for xs in moved for x in xs]


def _move(
    moved: list[list[Tensor]], grads: list[Tensor], rates: tuple[float, ...], eps: float
) -> None:
    """Move parameters and both moments by one step; the rate and epsilon hold the corrections.

    lr / (1 - p1) m / (sqrt(v / (1 - p2)) + eps) is a step without corrections whose rate is
    lr sqrt(1 - p2) / (1 - p1), and whose epsilon is eps sqrt(1 - p2).
    """
    (params, m, v), (lr, beta1, beta2, product1, product2) = moved, rates
    root = math.sqrt(1 - product2)
    torch._fused_adam_(
        params, grads, m, v, [], [MANY_STEPS] * len(params), lr=lr * root / (1 - product1),
        beta1=beta1, beta2=beta2, weight_decay=0.0, eps=eps * root, amsgrad=False, maximize=False,
    )  # fmt: skip


def _sizes(params: Tensors, grads: Tensors, m: Tensors, v: Tensors, *_: Any) -> list[Tensor]:
    return [torch.empty_like(x) for xs in (params, m, v) for x in xs]


def _lanes_first(x: Tensor, dim: int | None, lanes: int) -> Tensor:
    if dim is None:
        return x.expand(lanes, *x.shape)
    return x.movedim(dim, 0) if dim else x


def _of_all_lanes(info: Any, in_dims: Any, *inputs: Any) -> tuple[list[Tensor], list[int]]:
    """Return the update of all lanes, and that each tensor has them first."""
    *trees, eps = inputs
    given = [
        [_lanes_first(x, dim, info.batch_size) for x, dim in zip(tree, dims, strict=True)]
        for tree, dims in zip(trees, in_dims[:-1], strict=True)
    ]
    out = torch.ops.ganbench.adam(*given, eps)
    return out, [0] * len(out)


library.impl("adam", adam, "CPU")  # type: ignore[no-untyped-call]
torch.library.register_fake("ganbench::adam", _sizes, lib=library)
torch.library.register_vmap("ganbench::adam", _of_all_lanes, lib=library)
