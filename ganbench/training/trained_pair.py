"""A trained pair as the metrics of its dynamics see it: values, best responses, vector field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Params
from ganbench.core.seeds import derive
from ganbench.training.build import initial_state
from ganbench.training.forward import (
    d_weights,
    discriminator_inputs,
    logits,
    loss_value,
    noise_plan,
    under,
)
from ganbench.training.sampling import from_data
from ganbench.training.state import Problem, State, unstack
from ganbench.training.step import d_gradient, d_update, g_gradient, g_update
from ganbench.training.streams import draw, generator


@dataclass(frozen=True)
class TrainedPair:
    """One lane's generator and discriminator, and the game that they play.

    Attributes:
        g, d: parameters. start_g, start_d: those at step 0.
        value: ``(g, d, held-out samples) -> scalar``: the discriminator's objective, M = -d_loss
            without penalties, on these samples and as many generated from fixed latents.
        step_g, step_d: one update of one player by the variant's own optimiser, loss, penalties
            and constraint, the other held; ``(parameters, memory, i) -> (parameters, memory)``
            with None as the first memory.
        field: ``samples -> ([n] -> [n])``: minus the gradients of both players' losses, penalties
            included, in one float64 vector of all parameters, on fixed samples.
    """

    g: Params
    d: Params
    start_g: Params
    start_d: Params
    value: Callable[[Params, Params, Any], Tensor]
    step_g: Callable[[Params, Any, int], tuple[Params, Any]]
    step_d: Callable[[Params, Any, int], tuple[Params, Any]]
    field: Callable[[Any], Callable[[Tensor], Tensor]]

    def flat(self, g: Params, d: Params) -> Tensor:
        """Return the parameters of both as one float64 vector ``[n]``."""
        parts = [p.detach().double().reshape(-1) for p in (*g.values(), *d.values())]
        return torch.cat(parts)


def _noise(problem: Problem, root: int, what: str, i: int, like: Tensor) -> dict[str, Tensor]:
    needed = {}
    for part in ("d", "g"):
        for name, noise in noise_plan(problem)[part].items():
            drawn = draw(noise, generator(like.device, root, "pair", what, part, name, i))
            kept = drawn if drawn.dtype == torch.bool else drawn.to(like.dtype)
            needed[f"{part}/{name}"] = kept
    return needed


def trained_pair(population: Any, seed: int) -> TrainedPair:
    """Return the pair of the lane with ``seed`` of a ``Population``.

    Raises:
        UsageError: its networks are conditional: samples come without their labels here.
    """
    if population.labels is not None:
        raise UsageError("not defined for conditional networks")
    lane = population.lane(seed)
    root, problem = population.roots[lane], population.problem
    state = unstack(population.state, lane)
    hyper = {key: value[lane] for key, value in population.hyper.items()}
    start = initial_state(problem, population.build, root, population.dtype)
    optimiser_d = problem.variant.d_optim

    def as_networks_read(samples: Any, dtype: torch.dtype) -> Tensor:
        return from_data(torch.as_tensor(np.array(samples), device=population.device), dtype)

    def batch(i: int) -> Tensor:
        rng = np.random.default_rng(derive(root, "pair", "batch", i))
        index = rng.integers(len(population.data), size=problem.batch)
        return population.real_samples(torch.from_numpy(index).to(population.device))

    def value(g: Params, d: Params, samples: Any) -> Tensor:
        dtype = next(iter(g.values())).dtype
        real = as_networks_read(samples, dtype)
        sized = replace(problem, batch=len(real))
        noise = under("d", _noise(sized, root, "value", 0, real))
        real, fake = discriminator_inputs(sized, g, real, noise, hyper)
        weights = d_weights(problem, d, state.constraint, hyper)
        r, f = logits(sized, weights, real, fake, noise)
        return -loss_value(problem.variant.d_loss, problem, state, r, f, hyper)

    def step_g(g: Params, memory: Any, i: int) -> tuple[Params, Any]:
        opt = memory if memory is not None else problem.variant.optim.init(g)
        now = state._replace(g=g, g_opt=opt)
        real = batch(i)
        noise = under("g", _noise(problem, root, "g", i, real))
        grads, _ = g_gradient(problem, now, real, noise, hyper)
        now = g_update(problem, now, grads, hyper)
        return now.g, now.g_opt

    def step_d(d: Params, memory: Any, i: int) -> tuple[Params, Any]:
        opt, held = memory if memory is not None else (optimiser_d.init(d), state.constraint)
        now = state._replace(d=d, d_opt=opt, constraint=held)
        real = batch(i)
        noise = under("d", _noise(problem, root, "d", i, real))
        grads, log = d_gradient(problem, now, real, noise, hyper)
        now = d_update(problem, now, grads, log, hyper)
        return now.d, (now.d_opt, now.constraint)

    def field(samples: Any) -> Callable[[Tensor], Tensor]:
        real = as_networks_read(samples, torch.float64)
        return partial(_field, problem, state, hyper, root, real)

    return TrainedPair(state.g, state.d, start.g, start.d, value, step_g, step_d, field)


def _field(
    problem: Problem, state: State, hyper: dict, root: int, real: Tensor, point: Tensor
) -> Tensor:
    """Return minus the gradients of both losses at ``point``."""
    sizes = [p.numel() for p in (*state.g.values(), *state.d.values())]
    parts = iter(point.split(sizes))
    g = {key: next(parts).view_as(p) for key, p in state.g.items()}
    d = {key: next(parts).view_as(p) for key, p in state.d.items()}
    sized = replace(problem, batch=len(real))
    noise = _noise(sized, root, "field", 0, real)
    now = state._replace(g=g, d=d)
    double = {key: value.double() for key, value in hyper.items()}
    for_d, _ = d_gradient(sized, now, real, under("d", noise), double)
    for_g, _ = g_gradient(sized, now, real, under("g", noise), double)
    grads = [for_g[k].reshape(-1) for k in g] + [for_d[k].reshape(-1) for k in d]
    return -torch.cat(grads)
