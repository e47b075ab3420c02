"""What a method's authors do on a family of data, and how many methods there are."""

import numpy as np
import pytest
import torch

from ganbench import Adam, Constants, Paper, Variant, losses
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import FAMILIES, data_family, distinct_methods
from ganbench.training.build import hyper_targets
from tests.methods._helpers import PACKAGE, VARIANTS
from tests.training._helpers import make

IMAGES, POINTS = (1, 28, 28), (2,)


def variant(**fields):
    paper = Paper("x", "y", 2020, venue="z")
    return Variant("v", paper, losses.logistic_d, losses.nonsaturating_g, Adam(), **fields)


def options(arch, variant, **chosen):
    spec = registry.archs.get(arch)
    return spec.options_for(registry.variants.get(variant), {**spec.options, **chosen})


@pytest.mark.parametrize(
    ("name", "norm"),
    [("wgan", "batch"), ("mmd-gan", "batch"), ("ns", "none"), ("wgan-gp", "none"),
     ("wgan+r1", "none"), ("wgan+pack2", "batch"), ("sinkhorn-gan", "none")],
)  # fmt: skip
def test_d_is_normalised_as_the_authors_did_it(name, norm):
    """A penalty that needs the gradient of each sample excludes it."""
    assert options("dcgan", name)["d_norm"] == norm
    assert options("dcgan", name, width=4)["width"] == 4


def test_a_choice_and_an_architecture_without_one_stay_as_they_are():
    assert options("dcgan", "ns", d_norm="batch")["d_norm"] == "batch"
    assert options("toy", "wgan") == dict(registry.archs.get("toy").options)
    given = dict(registry.archs.get("dcgan").options)
    registry.archs.get("dcgan").options_for(registry.variants.get("wgan"), given)
    assert given == registry.archs.get("dcgan").options


@pytest.mark.parametrize("name", ["wgan", "mmd-gan"])
def test_a_lane_equals_its_solo_run_with_d_normalised(name):
    """Real and generated batches are normalised apart, each lane by itself."""
    data = np.random.default_rng(0).standard_normal((64, 1, 8, 8)).astype(np.float32)
    given = {"options": options("dcgan", name, width=4), "dtype": "float64", "data": data}
    both = make(name, "dcgan", [0, 1], steps=3, **given)
    solo = make(name, "dcgan", [1], steps=3, together=False, **given)
    assert "per_sample_d" not in both.problem.networks.provides
    both.run(3)
    solo.run(3)
    for part, params in solo.params(1).items():
        for key, value in params.items():
            torch.testing.assert_close(both.params(1)[part][key], value, rtol=0, atol=1e-9)


def test_wgan_gp_on_points_is_the_authors_toy():
    wgan_gp = registry.variants.get("wgan-gp")
    assert wgan_gp.constants_for(POINTS) == {"gradient_penalty.weight": 0.1, "beta1": 0.5}
    assert wgan_gp.constants_for(IMAGES) == {}
    assert registry.variants.get("ns").constants_for(POINTS) == {}
    assert registry.variants.get("wgan-gp+pack2").constants_for(POINTS)["beta1"] == 0.5


@pytest.mark.parametrize("subject", [v.name for v in VARIANTS if v.constants])
def test_every_constant_has_a_family_a_target_and_a_source(subject):
    variant = registry.variants.get(subject)
    for family, constants in variant.constants.items():
        assert family in FAMILIES and len(constants.source) > 20
        for key in constants.values:
            assert hyper_targets(variant, "alternating", key)


def test_families_are_told_by_the_shape():
    assert [data_family(shape) for shape in (POINTS, (512,), IMAGES)] == [
        "points", "points", "images",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"d_norm": "layer"}, "variant v: d_norm is none or batch, not 'layer'"),
        ({"constants": {"sound": Constants({}, "?")}}, "points or images, not 'sound'"),
        ({"constants": {"points": Constants({"rate": 1.0}, "?")}}, "no hyper-parameter 'rate'"),
    ],
)
def test_what_there_is_not_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        variant(**fields).check()


def test_methods_are_counted_once():
    """One method under several numbers of samples or steps, or written in another way, is one."""
    again = {v.name: v.same_method_as for v in VARIANTS if v.same_method_as}
    assert again == {
        "fgan-js": "ns", "pacgan-3": "pacgan-2", "pacgan-4": "pacgan-2",
        "unrolled-10": "unrolled-5",
    }  # fmt: skip
    for target in again.values():
        assert not registry.variants.get(target).same_method_as
    count = len(distinct_methods(VARIANTS))
    assert count == len(VARIANTS) - len(again)
    readme = (PACKAGE.parent / "README.md").read_text()
    assert f"{count} methods under {len(VARIANTS)} names" in readme
    assert len(distinct_methods([registry.variants.get("fgan-js")])) == 1
    with_r1 = registry.variants.get("fgan-js+r1")
    assert not with_r1.same_method_as and not with_r1.same_gradients_as


def test_fgan_js_has_the_gradients_of_ns():
    torch.manual_seed(0)
    ns, js = (registry.variants.get(name) for name in ("ns", "fgan-js"))
    r, f = torch.randn(2, 9, dtype=torch.float64, requires_grad=True)
    for ours, theirs in ((ns.d_loss, js.d_loss), (ns.g_loss, js.g_loss)):
        a, b = (torch.autograd.grad(loss(r, f), (r, f), allow_unused=True)
                for loss in (ours, theirs))  # fmt: skip
        for x, y in zip(a, b, strict=True):
            assert (x is None and y is None) or torch.equal(x, y)


def test_two_rates_and_negative_momentum_replace_what_authors_say_of_rates_and_momentum():
    get = registry.variants.get
    rates = get("wgan-gp+ttur").hyper()
    assert (rates["d.lr"], rates["g.lr"], get("wgan-gp+ttur").d_steps) == (3e-4, 1e-4, 1)
    assert get("alpha-gan+ttur").constants_for(POINTS) == {"beta1": 0.9}
    assert get("wgan+ttur").hyper()["d.lr"] == 3e-4  # RMSprop's too
    momentum = get("hinge+negative-momentum").hyper()
    assert (momentum["d.beta1"], momentum["g.beta1"]) == (-0.5, 0.5)
    assert get("wgan-gp+negative-momentum").constants_for(POINTS) == {
        "gradient_penalty.weight": 0.1, "g.beta1": 0.5,
    }  # fmt: skip
    both = get("rpgan-r1r2+ttur+negative-momentum")
    assert (both.hyper()["d.beta1"], both.hyper()["d.lr"]) == (-0.5, 3e-4)
    assert "g.beta2" in both.schedules and "g.lr" not in both.schedules
    with pytest.raises(UsageError, match="D's optimiser is RMSprop, which has no momentum"):
        get("wgan+negative-momentum")
