"""Every built-in variant and modifier has the constants of ``constants.py``."""

import dataclasses
import math

import pytest
import torch
from torch import nn

from ganbench.core import registry
from ganbench.core.kinds import Schedule, Variant
from ganbench.methods.zoo.bcr import shifted
from tests.methods import constants
from tests.methods._helpers import MODIFIERS, VARIANTS, sinkhorn


def number(value):
    """Return a number, or a schedule as ``(class, start, end)``."""
    if isinstance(value, Schedule):
        return (type(value).__name__, value.start, value.end)
    return tuple(map(number, value)) if isinstance(value, tuple) else value


def text(value):
    """Return a function's name, or ``factory(argument=value)`` of one that a function returned."""
    if not callable(value):
        return str(value)
    factory, *inner = value.__qualname__.split(".<locals>.")
    if not inner:
        return value.__name__
    enclosed = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    given = ", ".join(f"{name}={text(cell.cell_contents)}" for name, cell in enclosed)
    return f"{factory}({given})"


def optimiser(optim):
    values = {
        f.name: number(getattr(optim, f.name))
        for f in dataclasses.fields(optim)
        if f.name != "differentiable"
    }
    return (type(optim).__name__, values)


def described(v):
    """Return a variant as a row of ``constants.py``, without what is inside."""
    state = v.loss_state
    return {
        "paper": v.paper.arxiv or v.paper.venue,
        "family": v.family,
        "d_loss": text(v.d_loss),
        "g_loss": text(v.g_loss),
        "optim": optimiser(v.optim),
        "optim_d": v.optim_d and optimiser(v.optim_d),
        "penalties": {p.name: number(p.weight) for p in v.penalties},
        "constraint": {v.constraint.name: number(v.constraint.value)} if v.constraint else {},
        "transforms": {
            t.name: (number(t.value), t.samples, text(t.function)) for t in v.input_transforms
        },
        "d_steps": v.d_steps,
        "reads_real": v.g_reads_real,
        "requires": set(v.requires),
        "game": v.game,
        "d_outputs": v.d_outputs,
        "pointwise": v.pointwise,
        "terms": {t.name: number(t.weight) for t in v.generator_terms},
        "state": state and (
            state.name,
            {k: number(x) for k, x in state.values.items()},
            {k: float(x) for k, x in state.init().items()},
        ),
        "wraps": [text(wrap) for wrap in v.network_wraps],
        "joint": v.joint and text(v.joint.noise),
        "core": v.core,
        "composition": v.composition,
        "d_norm": v.d_norm,
        "constants": {family: dict(c.values) for family, c in v.constants.items()},
        "same_method_as": v.same_method_as,
        "same_gradients_as": v.same_gradients_as,
    }  # fmt: skip


def fields_of(row):
    return {key: value for key, value in row.items() if key != "inside"}


def test_every_variant_and_modifier_has_a_row():
    place = "a row in tests/methods/constants.py is missing, or has no variant"
    assert {v.name for v in VARIANTS} == set(constants.VARIANTS), place
    assert {m.name for m in MODIFIERS} == set(constants.MODIFIERS), place


@pytest.mark.parametrize("name", constants.VARIANTS)
def test_a_variant_has_its_papers_constants(name):
    variant = registry.variants.get(name)
    where = f"the row of {name} in tests/methods/constants.py"
    assert described(variant) == fields_of(constants.VARIANTS[name]), where


@pytest.mark.parametrize("name", constants.MODIFIERS)
def test_a_modifier_adds_its_papers_constants(name):
    paper, fields = constants.MODIFIERS[name]
    assert registry.modifiers.get(name).paper.arxiv == paper
    usual = fields_of(constants.VARIANTS["ns"]) | {"core": False}
    assert described(registry.variants.get(f"ns+{name}")) == {**usual, **fields}


def test_every_field_of_a_variant_is_in_its_row():
    """A new field needs a place in the table too."""
    written = {
        "loss_state": "state", "g_reads_real": "reads_real", "generator_terms": "terms",
        "input_transforms": "transforms", "network_wraps": "wraps",
    }  # fmt: skip
    fields = {written.get(f.name, f.name) for f in dataclasses.fields(Variant)}
    assert fields - {"name", "equation"} == set(described(registry.variants.get("ns")))


def apart(loss):
    """Return a loss of two equal vectors 3 away from two others: 2 k(x, x) - 2 k(x, y)."""
    x = torch.zeros(2, 16, dtype=torch.float64)
    y = x.clone()
    y[:, 0] = 3.0
    return float(loss(x, y))


def slope(x):
    """Return the logits of a discriminator with gradient x."""
    return x.square().sum(1) / 2


def margin(v, value):
    """What D loses where both energies are 0."""
    zeros = torch.zeros(2, v.d_outputs).squeeze(1)
    return float(v.d_loss(zeros, zeros)), value


def pull_away(v, value):
    """What G loses where the energies are 0 and the codes equal."""
    fake = torch.tensor([[0.0, 3.0, 4.0]] * 2)
    return float(v.g_loss(fake, fake)), value


def relative_bandwidths(v, sizes):
    """Codes 0, 4 and 3, 7: squared distances 16, 9, 49, 1, 9, 16, their upper median 16."""
    real, fake = (torch.tensor([[9.0, a], [9.0, b]]).double() for a, b in ((0, 4), (3, 7)))

    def k(squared):
        return sum(math.exp(-squared / 16 / (2 * s**2)) for s in sizes)

    within, across = (k(0) + k(16)) / 2, (k(9) + k(49) + k(1) + k(9)) / 4
    wanted = math.sqrt(2 * within - 2 * across)
    return float(v.g_loss(fake, real)), wanted


def decoding(v, weight):
    """Codes that are equal: what D loses is the error of decoding."""
    real, fake = torch.tensor([[1.0, 0.0]] * 2), torch.tensor([[3.0, 0.0]] * 2)
    return float(v.d_loss(real, fake)), 4 * weight


def one_sided(v, weight):
    """What G gains where codes of generated samples have the larger means, 100 outputs of them."""
    real, fake = torch.zeros(2, 101), torch.ones(2, 101)
    right, wrong = float(v.g_loss(fake, real)), float(v.g_loss(real, fake))
    return right - wrong, weight / 10  # the median distance is that of vectors of 100 ones


def clipped(v, names):
    params = {"encoder.w": torch.ones(1), "decoder.w": torch.ones(1)}
    after, _ = v.constraint.update(params, {}, torch.tensor(0.01))
    return [float(after["encoder.w"]), float(after["decoder.w"])], [0.01, 1.0]


def alphas(v, sizes):
    """The kernel rq*: with the linear kernel, of which 0 and 9 are seen."""
    linear = (0 + 9) - 2 * 0
    wanted = linear + sum(2 - 2 * (1 + 9 / (2 * a)) ** -a for a in sizes)
    return apart(v.g_loss), wanted


def penalised(v, kernel):
    (penalty,) = v.penalties
    return text(penalty.function), f"witness_penalty(witness=witness(kernel={kernel}))"


def epsilon_iterations(v, numbers):
    torch.manual_seed(0)
    x, y = torch.randn(2, 12, 3, dtype=torch.float64)
    return float(v.g_loss(x, y)), float(sinkhorn(x, y, *numbers))


def directions(v, count):
    (term,) = v.generator_terms
    network = nn.Identity()
    network.feature_size = 5
    return term.noise(8, network)["directions"].shape, (count, 5)


def power(v, p):
    """Half of the points with a gradient of norm 2, half with 3."""
    (penalty,) = v.penalties
    real, fake = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    return float(penalty.function(slope, real, fake, {})), (2**p + 3**p) / 2


def spread(v, share):
    """Data of deviation 1 at -1 and 1, moved to -1 + share and 1 + share."""
    (penalty,) = v.penalties
    real, one = torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1)
    value = penalty.function(slope, real, real, {"shift": one, "epsilon": one})
    return float(value), share**2


def reach_of_32(v, pixels):
    image = torch.arange(32.0).expand(1, 1, 32, 32)
    lowest, highest = torch.zeros(1, 1, 1, 1), torch.full((1, 1, 1, 1), 0.999)
    moves = [float(shifted(image, lowest, u)[0, 0, 16, 16]) - 16 for u in (lowest, highest)]
    return moves, [-pixels, pixels]


MEASURED = {
    f.__name__: f
    for f in (margin, pull_away, relative_bandwidths, decoding, one_sided, clipped, alphas,
              penalised, epsilon_iterations, directions, power, spread, reach_of_32)
}  # fmt: skip
INSIDE = [
    (name, key, value)
    for name, row in constants.VARIANTS.items()
    for key, value in row["inside"].items()
]


@pytest.mark.parametrize(("name", "key", "value"), INSIDE, ids=lambda x: str(x))
def test_numbers_inside_a_loss_or_a_penalty(name, key, value):
    found, wanted = MEASURED[key](registry.variants.get(name), value)
    assert found == (wanted if isinstance(wanted, str) else pytest.approx(wanted, rel=1e-6))
