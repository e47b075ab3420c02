"""One update of each network, for one lane: Algorithm 1 of the papers as pure functions.

Everything that is not a tensor is in ``Problem``. Tensors come in as arguments (state, real batch,
noise, hyper-parameters) and go out as results; nothing is drawn, stored or branched on here, so
``torch.func.vmap`` makes a population of it. Games (``games/``) put these updates in order:
``alternating`` is d_gradient, d_update, ..., then g_gradient, g_update.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ganbench.core.kinds import Params
from ganbench.core.lazy import func, torch
from ganbench.training.forward import (
    d_weights,
    discriminator_inputs,
    image_channels,
    logits,
    loss_state_values,
    loss_value,
    network,
    under,
)
from ganbench.training.state import Hyper, Log, Problem, State, StepNoise, norm

if TYPE_CHECKING:
    from torch import Tensor


def d_gradient(
    problem: Problem, state: State, real: Tensor, noise: StepNoise, hyper: Hyper
) -> tuple[Params, Log]:
    """Return the gradient of the discriminator's loss, penalties included, and its log."""
    variant, discriminator = problem.variant, problem.networks.discriminator
    real, fake = discriminator_inputs(problem, state.g, real, noise, hyper)

    def loss(d: Params) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        weights = d_weights(problem, d, state.constraint, hyper)
        r, f = logits(problem, weights, real, fake, noise)
        value = loss_value(variant.d_loss, problem, state, r, f, hyper)
        for penalty in variant.penalties:
            critic = network(discriminator, weights, under(f"{penalty.key}.d", noise))
            given = {**under(penalty.key, noise), **image_channels(problem, real)}
            term = penalty.function(critic, real, fake, given)
            value = value + hyper[penalty.key] * term
        return value, (r.mean(), f.mean())

    grads, (value, (r, f)) = func.grad_and_value(loss, has_aux=True)(state.d)
    return grads, {"d_loss": value, "d_real": r, "d_fake": f, "d_grad_norm": norm(grads)}


def g_loss(
    g: Params, problem: Problem, state: State, real: Tensor, noise: StepNoise, hyper: Hyper
) -> Tensor:
    """Return the loss of the generator with parameters ``g`` against the state's discriminator."""
    variant, networks = problem.variant, problem.networks
    weights = d_weights(problem, state.d, state.constraint, hyper)
    critic = partial(network, networks.discriminator, weights)
    real, fake = discriminator_inputs(problem, g, real, noise, hyper, both=variant.g_reads_real)
    f = critic(under("fake", noise))(fake)
    r = torch.full_like(f, torch.nan)
    if variant.g_reads_real:
        r = critic(under("real", noise))(real)
    value = loss_value(variant.g_loss, problem, state, r, f, hyper)
    for term in variant.generator_terms:
        generator = network(networks.generator, g, under("g", noise))
        d = critic(under(f"{term.key}.d", noise))
        own = {"z": noise["z"], **under(term.key, noise)}
        value = value + hyper[term.key] * term.function(generator, d, real, fake, own)
    return value


def g_gradient(
    problem: Problem, state: State, real: Tensor, noise: StepNoise, hyper: Hyper
) -> tuple[Params, Log]:
    """Return the gradient of the generator's loss and its log."""
    loss = partial(g_loss, problem=problem, state=state, real=real, noise=noise, hyper=hyper)
    grads, value = func.grad_and_value(loss)(state.g)
    return grads, {"g_loss": value, "g_grad_norm": norm(grads)}


def d_descend(problem: Problem, state: State, grads: Params, log: Log, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the discriminator, without its constraint."""
    declared = problem.variant.loss_state
    if declared:
        values = loss_state_values(problem, state, hyper)
        state = state._replace(loss_state=declared.update(values, log["d_real"], log["d_fake"]))
    own = {k[2:]: v for k, v in hyper.items() if k.startswith("d.")}
    params, memory = problem.variant.d_optim.update(grads, state.d_opt, state.d, own)
    return state._replace(d=params, d_opt=memory)


def d_project(problem: Problem, state: State, hyper: Hyper) -> State:
    """Return the state with the constraint put on the discriminator."""
    constraint = problem.variant.constraint
    if constraint is None:
        return state
    params, kept = constraint.update(state.d, state.constraint, hyper[constraint.key])
    return state._replace(d=params, constraint=kept)


def d_update(problem: Problem, state: State, grads: Params, log: Log, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the discriminator, and its constraint."""
    return d_project(problem, d_descend(problem, state, grads, log, hyper), hyper)


def g_descend(problem: Problem, state: State, grads: Params, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the generator, its average untouched."""
    own = {k[2:]: v for k, v in hyper.items() if k.startswith("g.")}
    params, memory = problem.variant.optim.update(grads, state.g_opt, state.g, own)
    return state._replace(g=params, g_opt=memory)


def g_average(problem: Problem, state: State) -> State:
    """Return the state with G taken into its average, ``decay * old + (1 - decay) * g``.

    After t updates the decay is min(ema, (1 + t) / (10 + t)), as in TensorFlow's
    ``ExponentialMovingAverage(ema, num_updates=t)``: of the initial weights little is left after a
    few updates, where a decay of 0.999 alone would keep 74 % of them for 300.
    """
    if problem.ema is None:
        return state
    t = state.averaged["updates"]
    decay = ((1 + t) / (10 + t)).clamp(max=problem.ema)
    return state._replace(
        ema={k: torch.lerp(state.g[k], old, decay) for k, old in state.ema.items()},
        averaged={"updates": t + 1},
    )


def g_update(problem: Problem, state: State, grads: Params, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the generator, and its average."""
    return g_average(problem, g_descend(problem, state, grads, hyper))
