"""Compositions ``base+modifier``: their names, what is refused, and those with a name of their own.

A variant with a name of its own (``named_composition``) must be its composition in every field.
"""

import dataclasses
from types import FunctionType

import numpy as np
import pytest
import torch

import ganbench
from ganbench.core import registry
from ganbench.core.errors import UsageError
from tests.methods._helpers import VARIANTS

NAMED = [v for v in VARIANTS if v.composition]
OWN = {"name", "paper", "family", "equation", "composition", "same_method_as", "same_gradients_as"}


def same(a, b):
    """Return whether two values are equal; functions by their code and what they enclose."""
    if isinstance(a, FunctionType) and isinstance(b, FunctionType):
        parts = [
            (f.__defaults__, f.__dict__, [c.cell_contents for c in f.__closure__ or ()])
            for f in (a, b)
        ]
        return a.__code__ is b.__code__ and same(*parts)
    if type(a) is not type(b):
        return False
    if dataclasses.is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a))
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def differences(a, b):
    """Return the fields in which two variants differ."""
    fields = (f.name for f in dataclasses.fields(a))
    return {name for name in fields if not same(getattr(a, name), getattr(b, name))}


@pytest.mark.parametrize("variant", NAMED, ids=lambda v: v.name)
def test_a_named_composition_is_its_composition(variant):
    assert differences(variant, registry.variants.get(variant.composition)) <= OWN


def test_many_variants_are_compositions_and_have_canonical_names():
    assert len(NAMED) >= 13
    for variant in NAMED:
        assert registry.variants.get(variant.composition).name == variant.composition
        assert not registry.variants.get(variant.composition).composition


def test_the_comparison_of_fields_sees_what_differs():
    def get(name):
        return registry.variants.get(name)

    assert differences(get("pacgan-2"), get("ns+pack3")) - OWN == {"input_transforms"}
    assert differences(get("lsgan-gp"), get("ns+gp")) - OWN == {"d_loss", "g_loss"}
    assert differences(get("jsreg"), get("ns+r1")) - OWN == {"penalties"}
    assert differences(get("top-k"), get("minimax+top-k")) - OWN == {"g_loss"}
    assert differences(get("ns-r1r2"), get("ns+r1+r2")) - OWN == {"optim"}
    weaker = dataclasses.replace(get("dragan").penalties[0], weight=1.0)
    other = dataclasses.replace(get("dragan"), penalties=(weaker,))
    assert differences(other, get("ns+dragan")) - OWN == {"penalties"}


def test_compositions_are_canonical_and_keep_the_base():
    both = registry.variants.get("ns+sn+r1")
    assert both.name == "ns+r1+sn" == registry.variants.get("ns+r1+sn").name
    assert [p.key for p in both.penalties] == ["r1.weight"]
    assert both.constraint.name == "spectral_norm"
    assert both.requires == {"per_sample_d"} and "r1.weight" in both.hyper()
    base = registry.variants.get("ns")
    assert (both.d_loss, both.g_loss, both.optim) == (base.d_loss, base.g_loss, base.optim)
    assert not base.penalties and registry.variants.names().count("ns+r1+sn") == 0


REFUSED = [  # a composition, how its name is written in the message, and the reason
    ("ns+r1+r1", "ns+r1+r1", "ns+r1 has r1.weight already"),
    ("wgan-gp+gp", "wgan-gp+gp", "wgan-gp has gradient_penalty.weight already"),
    ("wgan+sn", "wgan+sn", "wgan has a constraint already (weight_clip)"),
    ("ns+pack2+pack3", "ns+pack2+pack3", "ns+pack2 has pack.value already"),
    ("began+lecam", "began+lecam", "both keep a state in their losses (began: balance)"),
    ("mmd-gan+r1", "mmd-gan+r1",
     "the discriminator of mmd-gan returns vectors, which have no logit to penalise"),
    ("ali+pack2", "ali+pack2", "the discriminator of ali reads pairs of samples and latents"),
    ("rasgan+top-k", "rasgan+top-k", "the loss of rasgan is not a mean over samples"),
    ("ebgan+top-k", "ebgan+top-k",
     "the discriminator of ebgan returns no logits of samples, by which they could be ranked"),
    ("veegan+top-k", "veegan+top-k",
     "the discriminator of veegan returns no logits of samples, by which they could be ranked"),
    ("ebgan-pt+lecam", "ebgan-pt+lecam",
     "the discriminator of ebgan-pt returns vectors, which have no logit to regularise"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "whole", "reason"), REFUSED, ids=[r[0] for r in REFUSED])
def test_compositions_that_do_not_fit_are_refused(name, whole, reason):
    with pytest.raises(UsageError) as error:
        registry.variants.get(name)
    assert str(error.value) == f"{whole} cannot be combined: {reason}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ns+r3", "unknown modifier 'r3': did you mean"),
        ("nss+r1", "unknown variant 'nss': did you mean ns"),
        ("ns+", "unknown modifier ''"),
    ],
)
def test_compositions_of_unknown_parts_are_refused(name, message):
    with pytest.raises(UsageError, match=message.replace("+", r"\+")):
        registry.variants.get(name)


@pytest.mark.parametrize("modifier", registry.modifiers.names())
def test_every_modifier_trains_and_a_lane_equals_its_solo_run(modifier):
    images = "images" in registry.modifiers.get(modifier).requires
    where = {"dataset": "digits", "arch": "dcgan:width=4"} if images else {"dataset": "ring2d"}

    def population(seeds, backend="reference", name=f"ns+{modifier}"):
        return ganbench.train(
            name, seeds=seeds, steps=4, batch=128, dtype="float64", backend=backend, **where
        )

    both, solo, traced = population([0, 1]), population([1]), population([1], "traced")
    for part, params in solo.params(1).items():
        for key, value in params.items():
            torch.testing.assert_close(both.params(1)[part][key], value, rtol=0, atol=1e-9)
            torch.testing.assert_close(traced.params(1)[part][key], value, rtol=0, atol=1e-9)
    plain = population([1], name="ns")
    if plain.params(1)["d"].keys() == solo.params(1)["d"].keys() and "pack" not in modifier:
        moved = [
            not torch.equal(v, plain.params(1)["d"][k]) for k, v in solo.params(1)["d"].items()
        ]
        assert any(moved)
    assert all(np.isfinite(v).all() for v in solo.history(1).values())
