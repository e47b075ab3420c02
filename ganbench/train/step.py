"""One update of each network, for one lane: Algorithm 1 of the papers as pure functions.

Everything that is not a tensor is in ``Problem``. Tensors come in as arguments (state, real batch,
noise, hyper-parameters) and go out as results; nothing is drawn, stored or branched on here, so
``torch.func.vmap`` makes a population of it (see ``backends.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from ganbench.spec import Networks, Noise, Params, Variant

Hyper = Mapping[str, Tensor]
Log = dict[str, Tensor]


class State(NamedTuple):
    """All that training changes, for one lane (or stacked, ``[L, ...]``)."""

    g: Params
    d: Params
    g_opt: dict
    d_opt: dict
    constraint: Params
    extra: Params  # what the losses carry along, such as BEGAN's k; mostly empty
    ema: Params  # averaged generator; empty where none was asked for
    game: dict[str, Params]  # what the game remembers, such as its last steps; mostly empty


@dataclass(frozen=True)
class Problem:
    """A training without its tensors: methods, networks (in training mode) and sizes."""

    variant: Variant
    networks: Networks
    shape: tuple[int, ...]
    batch: int
    game: str = "alternating"
    ema: float | None = None  # decay per generator step


def under(prefix: str, tree: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the entries of ``tree`` whose name starts with ``prefix/``, without it."""
    cut = len(prefix) + 1
    return {name[cut:]: value for name, value in tree.items() if name.startswith(prefix + "/")}


def module_noise(module: nn.Module, batch: int) -> dict[str, Noise]:
    """Return the noise buffers of a network, such as dropout masks, for one call on ``batch``."""
    return {
        f"{path}.{name}": noise
        for path, layer in module.named_modules()
        if hasattr(layer, "noise")
        for name, noise in layer.noise(batch).items()
    }


def noise_plan(problem: Problem) -> dict[str, dict[str, Noise]]:
    """Return what one discriminator update (``d``) and one generator update (``g``) are given."""
    networks, batch = problem.networks, problem.batch
    latent = Noise(networks.latent.kind, (batch, *networks.latent.shape))
    shown, shape = problem.variant.seen(batch, row_shape(problem))
    joint = problem.variant.joint
    rows = joint.noise(batch, latent.shape[1]) if joint else {}

    def masks(prefix: str, module: nn.Module, size: int) -> dict[str, Noise]:
        return {f"{prefix}/{k}": v for k, v in module_noise(module, size).items()}

    d = {"z": latent, **masks("g", networks.generator, batch)}
    d |= masks("pair", networks.discriminator, 2 * shown)
    d |= view_noise(problem, "real") | view_noise(problem, "fake")
    d |= {f"joint/{k}": v for k, v in rows.items()}
    for penalty in problem.variant.penalties:
        drawn = penalty.noise(shown, shape)
        d |= {f"{penalty.key}/{k}": v for k, v in drawn.items()}
        d |= masks(f"{penalty.key}.d", networks.discriminator, shown)
    g = {"z": latent, **masks("g", networks.generator, batch)}
    g |= masks("fake", networks.discriminator, shown) | view_noise(problem, "fake")
    if problem.variant.g_reads_real:
        g |= masks("real", networks.discriminator, shown) | view_noise(problem, "real")
        g |= {f"joint/{k}": v for k, v in rows.items()}
    for term in problem.variant.terms:
        g |= {f"{term.key}/{k}": v for k, v in term.noise(shown, networks.discriminator).items()}
        g |= masks(f"{term.key}.d", networks.discriminator, shown)
    return {"d": d, "g": g}


def row_shape(problem: Problem) -> tuple[int, ...]:
    """Return the shape of what the discriminator is shown, before any view of it."""
    joint = problem.variant.joint
    return joint.shape(problem.shape, *problem.networks.latent.shape) if joint else problem.shape


def view_noise(problem: Problem, side: str) -> dict[str, Noise]:
    """Return what the views of one side's batch are given."""
    batch, shape = problem.batch, row_shape(problem)
    found: dict[str, Noise] = {}
    for view in problem.variant.views:
        drawn = view.noise(batch, shape)
        found |= {f"view.{side}/{view.name}/{k}": v for k, v in drawn.items()}
        batch, shape = batch // view.samples, view.shape(shape)
    return found


def seen(problem: Problem, x: Tensor, side: str, noise: Hyper, hyper: Hyper) -> Tensor:
    """Return what the discriminator is shown of a batch ``x`` of one side."""
    for view in problem.variant.views:
        x = view.function(x, under(f"view.{side}/{view.name}", noise), hyper.get(view.key))
    return x


def batches(
    problem: Problem, g: Callable, real: Tensor, noise: Hyper, hyper: Hyper, both: bool = True
) -> tuple[Tensor, Tensor]:
    """Return what the discriminator is shown: a real batch (NaN unless ``both``), a fake one."""
    joint = problem.variant.joint
    if joint:
        real, fake = joint.rows(g, real, noise["z"], under("joint", noise))
    else:
        fake = g(noise["z"])
    # What reads the real batch without declaring it gets NaN, not something plausible.
    real = seen(problem, real, "real", noise, hyper) if both else torch.full_like(real, torch.nan)
    return real, seen(problem, fake, "fake", noise, hyper)


def value_of(loss: Callable, problem: Problem, state: State, r: Tensor, f: Tensor, hyper: Hyper):
    """Return a loss of the variant, given what else it reads."""
    extra = problem.variant.extra
    return loss(r, f, *([extra_values(problem, state, hyper)] if extra else []))


def extra_values(problem: Problem, state: State, hyper: Hyper) -> dict[str, Tensor]:
    """Return the third argument of the variant's losses: their numbers and their state."""
    extra = problem.variant.extra
    numbers = {key: hyper[f"{extra.name}.{key}"] for key in extra.values} if extra else {}
    return {**numbers, **state.extra}


def d_weights(problem: Problem, params: Params, memory: Params, hyper: Hyper) -> Params:
    """Return the discriminator's parameters as its network sees them."""
    constraint = problem.variant.constraint
    return constraint.apply(params, memory, hyper[constraint.key]) if constraint else params


def network(module: nn.Module, params: Params, noise: Mapping[str, Tensor]) -> Callable:
    """Return ``module`` with its parameters and its noise buffers bound."""
    bound = {**params, **noise}
    return lambda *inputs, **options: functional_call(module, bound, inputs, options)


def pair_logits(problem: Problem, params: Params, real: Tensor, fake: Tensor, noise: Hyper):
    """Return the logits ``[B], [B]`` on real and fake samples, in one pass where that is equal."""
    d, masks = problem.networks.discriminator, under("pair", noise)
    if "per_sample_d" in problem.networks.provides:
        r, f = network(d, params, masks)(torch.cat([real, fake])).tensor_split(2)
        return r.contiguous(), f.contiguous()
    halves = [{k: m.tensor_split(2)[i] for k, m in masks.items()} for i in (0, 1)]
    return network(d, params, halves[0])(real), network(d, params, halves[1])(fake)


def norm(grads: Params) -> Tensor:
    """Return the Euclidean norm of all gradients together."""
    return torch.stack([g.square().sum() for g in grads.values()]).sum().sqrt()


def d_gradient(problem: Problem, state: State, real: Tensor, noise: Hyper, hyper: Hyper):
    """Return the gradient of the discriminator's loss, penalties included, and its log."""
    variant, nets = problem.variant, problem.networks
    generator = network(nets.generator, state.g, under("g", noise))
    real, fake = batches(problem, generator, real, noise, hyper)

    def loss(trained: Params):
        params = d_weights(problem, trained, state.constraint, hyper)
        r, f = pair_logits(problem, params, real, fake, noise)
        value = value_of(variant.d_loss, problem, state, r, f, hyper)
        for penalty in variant.penalties:
            d = network(nets.discriminator, params, under(f"{penalty.key}.d", noise))
            term = penalty.function(d, real, fake, under(penalty.key, noise))
            value = value + hyper[penalty.key] * term
        return value, (r.mean(), f.mean())

    grads, (value, (r, f)) = grad_and_value(loss, has_aux=True)(state.d)
    return grads, {"d_loss": value, "d_real": r, "d_fake": f, "d_grad_norm": norm(grads)}


def g_value(
    problem: Problem, g: Params, state: State, real: Tensor, noise: Hyper, hyper: Hyper
) -> Tensor:
    """Return the loss of the generator with parameters ``g`` against the state's discriminator."""
    variant, nets = problem.variant, problem.networks
    weights = d_weights(problem, state.d, state.constraint, hyper)
    critic = partial(network, nets.discriminator, weights)
    generator = network(nets.generator, g, under("g", noise))
    real, fake = batches(problem, generator, real, noise, hyper, variant.g_reads_real)
    f = critic(under("fake", noise))(fake)
    r = torch.full_like(f, torch.nan)
    if variant.g_reads_real:
        r = critic(under("real", noise))(real)
    value = value_of(variant.g_loss, problem, state, r, f, hyper)
    for term in variant.terms:
        d = critic(under(f"{term.key}.d", noise))
        given = {"z": noise["z"], **under(term.key, noise)}
        value = value + hyper[term.key] * term.function(generator, d, real, fake, given)
    return value


def g_gradient(problem: Problem, state: State, real: Tensor, noise: Hyper, hyper: Hyper):
    """Return the gradient of the generator's loss and its log."""
    loss = partial(g_value, problem, state=state, real=real, noise=noise, hyper=hyper)
    grads, value = grad_and_value(loss)(state.g)
    return grads, {"g_loss": value, "g_grad_norm": norm(grads)}


def d_move(problem: Problem, state: State, grads: Params, log: Log, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the discriminator, without its constraint."""
    extra = problem.variant.extra
    if extra:
        values = extra_values(problem, state, hyper)
        state = state._replace(extra=extra.update(values, log["d_real"], log["d_fake"]))
    optimiser = problem.variant.optim_d or problem.variant.optim
    options = {k[2:]: v for k, v in hyper.items() if k.startswith("d.")}
    params, opt = optimiser.update(grads, state.d_opt, state.d, options)
    return state._replace(d=params, d_opt=opt)


def d_project(problem: Problem, state: State, hyper: Hyper) -> State:
    """Return the state with the constraint put on the discriminator."""
    constraint = problem.variant.constraint
    if constraint is None:
        return state
    params, kept = constraint.update(state.d, state.constraint, hyper[constraint.key])
    return state._replace(d=params, constraint=kept)


def d_apply(problem: Problem, state: State, grads: Params, log: Log, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the discriminator, and its constraint."""
    return d_project(problem, d_move(problem, state, grads, log, hyper), hyper)


def g_move(problem: Problem, state: State, grads: Params, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the generator, its average untouched."""
    options = {k[2:]: v for k, v in hyper.items() if k.startswith("g.")}
    params, opt = problem.variant.optim.update(grads, state.g_opt, state.g, options)
    return state._replace(g=params, g_opt=opt)


def g_average(problem: Problem, state: State) -> State:
    """Return the state with the generator taken into its average."""
    decay = problem.ema or 0.0
    return state._replace(
        ema={k: torch.lerp(state.g[k], old, decay) for k, old in state.ema.items()}
    )


def g_apply(problem: Problem, state: State, grads: Params, hyper: Hyper) -> State:
    """Return the state after one optimiser step of the generator, and its average."""
    return g_average(problem, g_move(problem, state, grads, hyper))
