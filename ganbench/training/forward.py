"""From a batch and its noise to logits: the plumbing of ``step.py``.

A step is given all its noise in one mapping. The names in it are also the names of random streams,
so they are a part of every published number and never change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ganbench.core.kinds import Noise, Params, Shape
from ganbench.core.lazy import func, torch
from ganbench.training.state import Hyper, Problem, State, StepNoise

if TYPE_CHECKING:
    from torch import Tensor, nn


def under(prefix: str, tree: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the entries of ``tree`` whose name starts with ``prefix/``, without it."""
    cut = len(prefix) + 1
    return {name[cut:]: value for name, value in tree.items() if name.startswith(prefix + "/")}


def module_noise(module: nn.Module, batch: int) -> dict[str, Noise]:
    """Return the noise buffers of a network, such as dropout masks, for one call on ``batch``."""
    from ganbench.archs._layers import NoisyLayer

    return {
        f"{path}.{name}": noise
        for path, layer in module.named_modules()
        if isinstance(layer, NoisyLayer)
        for name, noise in layer.noise(batch).items()
    }


def noise_plan(problem: Problem) -> dict[str, dict[str, Noise]]:
    """Return the noise of one discriminator update (``d``) and of one generator update (``g``)."""
    variant, networks, batch = problem.variant, problem.networks, problem.batch
    latent = Noise(networks.latent.kind, (batch, *networks.latent.shape))
    inputs, shape = variant.discriminator_input(batch, row_shape(problem))
    joint = variant.joint.noise(batch, latent.shape[1]) if variant.joint else {}
    rows = {f"joint/{k}": v for k, v in joint.items()}

    def masks(prefix: str, module: nn.Module, size: int) -> dict[str, Noise]:
        return {f"{prefix}/{k}": v for k, v in module_noise(module, size).items()}

    d = {"z": latent, **masks("g", networks.generator, batch)}
    d |= masks("pair", networks.discriminator, 2 * inputs)
    d |= transform_noise(problem, "real") | transform_noise(problem, "fake") | rows
    for penalty in variant.penalties:
        d |= {f"{penalty.key}/{k}": v for k, v in penalty.noise(inputs, shape).items()}
        d |= masks(f"{penalty.key}.d", networks.discriminator, inputs)
    g = {"z": latent, **masks("g", networks.generator, batch)}
    g |= masks("fake", networks.discriminator, inputs) | transform_noise(problem, "fake")
    if variant.g_reads_real:
        g |= masks("real", networks.discriminator, inputs) | transform_noise(problem, "real") | rows
    for term in variant.generator_terms:
        g |= {f"{term.key}/{k}": v for k, v in term.noise(inputs, networks.discriminator).items()}
        g |= masks(f"{term.key}.d", networks.discriminator, inputs)
    return {"d": d, "g": g}


def row_shape(problem: Problem) -> Shape:
    """Return the shape of the discriminator's inputs, before any transform."""
    joint = problem.variant.joint
    return joint.shape(problem.shape, *problem.networks.latent.shape) if joint else problem.shape


def transform_noise(problem: Problem, side: str) -> dict[str, Noise]:
    """Return the noise of the input transforms of one side's batch."""
    batch, shape = problem.batch, row_shape(problem)
    needed: dict[str, Noise] = {}
    for transform in problem.variant.input_transforms:
        own = transform.noise(batch, shape)
        needed |= {f"view.{side}/{transform.name}/{k}": v for k, v in own.items()}
        batch, shape = batch // transform.samples, transform.shape(shape)
    return needed


def transformed(problem: Problem, x: Tensor, side: str, noise: StepNoise, hyper: Hyper) -> Tensor:
    """Return the batch ``x`` of one side after the variant's input transforms."""
    for t in problem.variant.input_transforms:
        x = t.function(x, under(f"view.{side}/{t.name}", noise), hyper.get(t.key))
    return x


def discriminator_inputs(
    problem: Problem, g: Params, real: Tensor, noise: StepNoise, hyper: Hyper, both: bool = True
) -> tuple[Tensor, Tensor]:
    """Return the discriminator's inputs: a real batch (NaN unless ``both``) and a fake one."""
    generator = network(problem.networks.generator, g, under("g", noise))
    joint = problem.variant.joint
    if joint:
        real, fake = joint.rows(generator, real, noise["z"], under("joint", noise))
    else:
        fake = generator(noise["z"])
    fake = transformed(problem, fake, "fake", noise, hyper)
    # What reads the real batch without declaring it gets NaN, not something plausible.
    if not both:
        return torch.full_like(real, torch.nan), fake
    return transformed(problem, real, "real", noise, hyper), fake


def image_channels(problem: Problem, inputs: Tensor) -> dict[str, Tensor]:
    """Return ``images [C, 1, 1]``: 1 for D's input channels of images, 0 for planes of labels.

    Nothing where samples have no labels.
    """
    planes, channels = problem.networks.label_planes, problem.shape[0]
    if not planes:
        return {}
    of_image = torch.arange(inputs.shape[1], device=inputs.device) % channels < channels - planes
    return {"images": of_image.to(inputs)[:, None, None]}


def network(module: nn.Module, params: Params, noise: StepNoise) -> Callable[..., Tensor]:
    """Return ``module`` with its parameters and its noise buffers bound."""
    bound = {**params, **noise}
    return lambda *inputs, **options: func.functional_call(module, bound, inputs, options)


def d_weights(problem: Problem, d: Params, constraint_state: Params, hyper: Hyper) -> Params:
    """Return the discriminator's parameters as its network reads them, after the constraint."""
    constraint = problem.variant.constraint
    return constraint.apply(d, constraint_state, hyper[constraint.key]) if constraint else d


def logits(
    problem: Problem, weights: Params, real: Tensor, fake: Tensor, noise: StepNoise
) -> tuple[Tensor, Tensor]:
    """Return the logits ``[B], [B]`` on real and fake inputs, in one pass where that is equal."""
    d, masks = problem.networks.discriminator, under("pair", noise)
    if "per_sample_d" in problem.networks.provides:
        r, f = network(d, weights, masks)(torch.cat([real, fake])).tensor_split(2)
        return r.contiguous(), f.contiguous()
    halves = [{k: m.tensor_split(2)[i] for k, m in masks.items()} for i in (0, 1)]
    return network(d, weights, halves[0])(real), network(d, weights, halves[1])(fake)


def loss_state_values(problem: Problem, state: State, hyper: Hyper) -> dict[str, Tensor]:
    """Return the third argument of the variant's losses: their numbers and their state."""
    declared = problem.variant.loss_state
    numbers = {k: hyper[f"{declared.name}.{k}"] for k in declared.values} if declared else {}
    return {**numbers, **state.loss_state}


def loss_value(
    loss: Callable[..., Tensor], problem: Problem, state: State, r: Tensor, f: Tensor, hyper: Hyper
) -> Tensor:
    """Return a loss of the variant, with its third argument where it has one."""
    if problem.variant.loss_state is None:
        return loss(r, f)
    return loss(r, f, loss_state_values(problem, state, hyper))
