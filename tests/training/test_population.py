"""Populations: checkpoints, arguments, architectures that do not serve."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.resolve import make_population
from ganbench.training.state import LOG_KEYS, flatten
from tests.training._helpers import make, relative


def test_going_on_from_a_checkpoint_is_exact():
    straight = make("wgan-gp", "mlp-classic", [0, 1], ema=0.9)
    straight.run(20)
    first = make("wgan-gp", "mlp-classic", [0, 1], ema=0.9)
    first.run(7)
    second = make("wgan-gp", "mlp-classic", [0, 1], ema=0.9)
    second.load_state_dict(first.state_dict())
    second.run(13)
    ours, theirs = flatten(second.state), flatten(straight.state)
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)
    assert np.array_equal(second.history(1)["g_loss"], straight.history(1)["g_loss"])
    with pytest.raises(ValueError, match="other networks"):
        make("ns", "mlp-classic", [0, 1]).load_state_dict(first.state_dict())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": []}, "no seeds"),
        ({"seeds": [1, 1]}, "repeated"),
        ({"steps": 0}, "steps is 0"),
        ({"game": "chess"}, "unknown game 'chess'"),
        ({"ema": 1.5}, "ema is 1.5"),
        ({"hyper": {"speed": 1}}, "has no hyper-parameter 'speed'"),
        ({"hyper": {"lr": [1, 2]}}, "a number or 1 numbers"),
        ({"rows": 4}, "batch is 8: between 1 and the 4"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(UsageError, match=message):
        make("ns", "toy", **{"seeds": [0], **arguments})


def test_a_variant_that_needs_what_the_arch_lacks_is_refused():
    with pytest.raises(UsageError, match="wgan-gp needs per_sample_d of dcgan"):
        make("wgan-gp", "dcgan", [0], options={"d_norm": "batch"})
    population = make("ns", "dcgan", [0, 1], "float64", options={"d_norm": "batch", "width": 4})
    population.run(3)
    solo = make("ns", "dcgan", [1], "float64", options={"d_norm": "batch", "width": 4})
    solo.run(3)
    for key, value in solo.params(1)["d"].items():
        assert relative(population.params(1)["d"][key], value) < 1e-9


def test_lanes_start_from_weights_of_their_own():
    population = make("ns", "toy", [0, 1, 2])
    for part in ("g", "d"):
        firsts = [population.params(seed)[part] for seed in (0, 1, 2)]
        for key, value in firsts[0].items():
            assert not torch.equal(value, firsts[1][key]), f"{part} {key}"
            assert not torch.equal(firsts[1][key], firsts[2][key])


@pytest.mark.parametrize(("variant", "d_steps"), [("ns", 1), ("wgan", 5)])
def test_images_seen_count_every_batch_of_every_discriminator_update(variant, d_steps):
    population = make(variant, "toy", [0], batch=8)
    population.run(3)
    assert population.d_steps == 3 * d_steps
    assert population.images_seen == 3 * d_steps * 8


def test_lanes_hand_over_what_a_record_holds():
    population = make("wgan-gp", "toy", [4, 7], hyper={"lr": [1e-3, 1e-4]})
    population.run(2)
    first, second = population.lanes()
    assert (first.seed, second.seed, first.diverged_at) == (4, 7, None)
    assert second.hyper["g.lr"] == pytest.approx(1e-4) and first.hyper["d.lr"] == pytest.approx(
        1e-3
    )
    assert first.params_g == sum(p.numel() for p in population.params(4)["g"].values())
    assert first.params_d == sum(p.numel() for p in population.params(4)["d"].values())
    assert len(first.history["d_loss"]) == 2
    assert np.array_equal(second.sample(5, latent_seed=1), population.sample(5, 7, latent_seed=1))


def test_an_empty_history_is_kept_with_every_column():
    """The width of the log is the number of its columns, not a number of its own."""
    population = make("ns", "toy", [0])
    again = make("ns", "toy", [0])
    again.load_state_dict(population.state_dict())
    again.run(1)
    assert set(again.history(0)) == set(LOG_KEYS)
    assert population.state_dict()["logs"].shape == (0, 1, len(LOG_KEYS))


def test_flops_are_those_of_the_matrix_products():
    """toy with width 4 and depth 1, batch 8: 2 m n k for each product, counted by hand.

    D: forward of fake (G) and real and fake (D); gradients of D's weights (both layers, real and
    fake) and of its first activations. G: forward through both, back through both.
    """
    data = registry.datasets.get("ring2d").load(None)
    arch = registry.archs.get("toy")
    options = {"width": 4, "depth": 1, "latent": 2}

    def flops(variant, seeds=(0,)):
        population = make_population(
            registry.variants.get(variant), arch, options, "ring2d", data, seeds, 8, 10
        )
        before = population.state.g["0.weight"].clone()
        counted = population.flops_per_step()
        assert population.step == 0 and before.equal(population.state.g["0.weight"])
        return counted

    layer, head, out = 2 * 8 * 2 * 4, 2 * 8 * 4 * 1, 2 * 8 * 4 * 2
    g_forward, d_forward = layer + out, layer + head
    d_update = g_forward + 2 * (d_forward + layer + 2 * head)  # weights of both, input of the head
    g_update = g_forward + d_forward + (layer + head) + (2 * out + layer)
    assert flops("ns") == d_update + g_update
    assert flops("ns", (0, 1, 2)) == flops("ns")  # of one lane
    assert 4 * flops("ns") < flops("wgan-gp") < 12 * flops("ns")
