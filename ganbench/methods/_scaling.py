"""Sinkhorn's scalings of a matrix, with a derivative that goes through every iteration.

Differentiated as it is written, each product of a matrix and a vector would add a matrix to the
gradient. Here the vectors of all iterations are kept, and two products of matrices add up the same.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Scalings(torch.autograd.Function):
    """``(plan [M, B, B'], n) -> (u [M, B, n], v [M, B', n])``, the scalings of every iteration.

    u_k = 1 / (B plan v_(k-1)) and v_k = 1 / (B' plan^T u_k), with v_0 = 1.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(plan: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
        rows, columns = plan.shape[1:]
        us, vs = [], [plan.new_ones(len(plan), columns, 1)]
        for _ in range(iterations):
            us.append(1 / (rows * (plan @ vs[-1])))
            vs.append(1 / (columns * (plan.transpose(1, 2) @ us[-1])))
        return torch.cat(us, 2), torch.cat(vs[1:], 2)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor]) -> None:
        ctx.save_for_backward(inputs[0], *output)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        plan, u, v = ctx.saved_tensors
        rows, columns = plan.shape[1:]
        du, dv = (grad.split(1, 2) for grad in grads)  # type: ignore[no-untyped-call]
        du_by, dv_by = (-rows * u.square()).split(1, 2), (-columns * v.square()).split(1, 2)
        by_rows: list[Tensor] = []  # derivatives by plan v_(k-1)
        by_columns: list[Tensor] = []  # and by plan^T u_k
        on_v = torch.zeros_like(dv[0])
        for k in reversed(range(len(du))):
            by_columns.insert(0, dv_by[k] * (dv[k] + on_v))
            by_rows.insert(0, du_by[k] * (du[k] + plan @ by_columns[0]))
            on_v = plan.transpose(1, 2) @ by_rows[0]
        v_before = torch.cat([torch.ones_like(v[..., :1]), v[..., :-1]], 2)
        from_u = torch.cat(by_rows, 2) @ v_before.transpose(1, 2)
        return from_u + u @ torch.cat(by_columns, 2).transpose(1, 2), None


def scalings(plan: Tensor, iterations: int) -> tuple[Tensor, Tensor]:
    """Return the scalings of rows ``[M, B, 1]`` and columns ``[M, B', 1]`` of ``plan [M, B, B']``.

    They are those after ``iterations`` of Sinkhorn's algorithm with uniform weights, from ones on.
    """
    u, v = _Scalings.apply(plan, iterations)
    return u[..., -1:], v[..., -1:]
