"""Class labels given to both networks."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import norm

import ganbench
from ganbench.archs._labels import (
    Conditional,
    ReadLabels,
    class_coordinates,
    class_frequencies,
    label_planes,
)
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.training.build import network_builder, network_shape
from ganbench.training.population import Population

pytestmark = pytest.mark.usefixtures("no_plots")

ARCH = registry.archs.get("dcgan-conditional")
OPTIONS = {"width": 4, "latent": 6, "d_norm": "none"}
DATA = registry.datasets.get("digits").load(None)


def population(variant="ns", seeds=(0, 1), **kwargs):
    method = registry.variants.get(variant)
    return Population(
        method, network_builder(ARCH, OPTIONS, DATA, method), DATA.train, "digits",
        seeds, batch=8, steps=20, labels=DATA.train_labels, **kwargs,
    )  # fmt: skip


def networks_for(shares, channels=1, size=28):
    shape = (channels + len(shares), size, size)
    torch.manual_seed(0)
    return ARCH.build(shape, class_frequencies=shares, channels=channels, **OPTIONS)


def test_classes_are_drawn_as_often_as_the_data_have_them():
    shares = class_frequencies(torch.tensor([0, 0, 0, 1, 3, 3]))
    assert shares == (0.5, 1 / 6, 0, 1 / 3)
    generator = networks_for(shares).generator
    n = 4000
    told = generator(torch.randn(n, 7))[:, 1:].mean((2, 3))
    assert set(told.unique().tolist()) == {0, 1} and torch.equal(told.sum(1), torch.ones(n))
    found = told.mean(0)
    assert torch.allclose(found, torch.tensor(shares), atol=4 * 0.5 / n**0.5) and found[2] == 0


def test_a_coordinate_is_read_as_its_class():
    shares = (0.2, 0.5, 0.3)
    points = class_coordinates(shares)
    assert np.allclose(points, norm.ppf([0.1, 0.45, 0.85]))
    z = torch.cat([torch.zeros(3, 4), points[:, None].float()], dim=1)
    told = Conditional(torch.nn.Linear(7, 8).double(), shares)

    def inner(z):
        assert torch.equal(z[:, 4:], torch.eye(3))  # what the generator itself sees of it
        return torch.zeros(3, 1, 2, 2)

    told.inner.forward = inner
    assert torch.equal(told(z)[:, 1:], label_planes(torch.arange(3), 3, torch.zeros(3, 1, 2, 2)))


def test_the_discriminator_reads_the_label_through_noise_and_packing():
    layer, image = ReadLabels(1, 3), torch.randn(5, 1, 8, 8)
    x = torch.cat([image, label_planes(torch.tensor([0, 2, 1, 1, 0]), 3, image)], dim=1)
    assert torch.equal(layer(x), x)
    noisy = x + 0.1 * torch.randn_like(x)
    assert torch.equal(layer(noisy)[:, :1], noisy[:, :1])
    assert (layer(noisy) - x)[:, 1:].abs().max() < 0.1
    side_by_side = torch.cat([noisy[:2], noisy[2:4]], dim=1)
    apart = torch.cat([layer(noisy[:2]), layer(noisy[2:4])], dim=1)
    assert torch.equal(layer(side_by_side), apart)


def test_a_penalty_reads_the_gradient_of_the_image_alone():
    networks = networks_for((0.5, 0.5))
    image = torch.randn(3, 1, 28, 28)
    x = torch.cat([image, label_planes(torch.tensor([0, 1, 1]), 2, image)], dim=1).requires_grad_()
    (slope,) = torch.autograd.grad(networks.discriminator(x).sum(), x)
    assert slope[:, :1].abs().max() > 0 and not slope[:, 1:].any()


def test_both_networks_depend_on_the_label():
    networks = networks_for((0.5, 0.5))
    z = torch.randn(1, 7).expand(2, 7).clone()
    z[:, -1] = class_coordinates((0.5, 0.5))
    one, two = networks.generator(z)
    assert not torch.equal(one[0], two[0])
    x = torch.stack([one, torch.cat([one[:1], two[1:]])])
    r, f = networks.discriminator(x)
    assert r != f


@pytest.mark.parametrize("variant", ["ns", "rpgan-r1r2", "wgan-gp"])
def test_real_and_fake_have_the_same_labels_row_by_row(variant):
    subject = population(variant)
    real, noise, _ = subject.inputs_at(0)
    generator = subject.problem.networks.generator
    told = real[:, :, :, 1:]
    assert torch.equal(told.mean((-1, -2)).sum(-1), torch.ones(told.shape[:3]))
    index = subject.order.at(0, subject.problem.variant.d_steps)
    assert (told.mean((-1, -2)).argmax(-1).numpy() == DATA.train_labels[index]).all()
    for lane in (0, 1):
        for part, wanted in (("d", told[lane]), ("g", told[lane, -1:])):
            z = noise[part]["z"][lane].reshape(-1, 7)
            fake = generator(z)[:, 1:]
            assert torch.equal(fake, wanted.reshape(fake.shape))


def test_it_goes_on_exactly_from_what_was_saved():
    whole, first, second = population(), population(), population()
    whole.run(6)
    first.run(3)
    second.load_state_dict(first.state_dict())
    second.run(3)
    for part, tree in whole.params(1).items():
        assert all(torch.equal(v, second.params(1)[part][k]) for k, v in tree.items())


def test_samples_are_images_of_the_label_asked_for():
    subject = population()
    every = [subject.sample(4, seed=1, latent_seed=3, label=k) for k in range(10)]
    assert all(x.shape == (4, *DATA.train.shape[1:]) and x.dtype == np.uint8 for x in every)
    assert not any((every[0] == x).all() for x in every[1:])
    assert subject.sample(3, seed=0).shape == (3, *DATA.train.shape[1:])
    with pytest.raises(UsageError, match="label is 10: 0 to 9 needed"):
        subject.sample(1, seed=0, label=10)


def test_what_cannot_be_conditional_says_so():
    with pytest.raises(UsageError, match="needs labels, and these data have none"):
        network_shape(ARCH, replace(DATA, train_labels=None))
    with pytest.raises(UsageError, match="makes images, not vectors"):
        make_plan(Request(variants=("ns",), dataset="ring2d", arch="dcgan-conditional"))
    plan, _ = make_plan(
        Request(variants=("ns,ebgan,ali",), dataset="digits", arch="dcgan-conditional")
    )
    assert [t.variant for t in plan.trainings] == ["ns"]
    assert "ebgan needs decoder" in plan.skipped["ebgan"] and "ali" in plan.skipped
    plain = ganbench.train("ns", "ring2d", steps=1)
    with pytest.raises(UsageError, match="not conditional"):
        plain.sample(1, seed=0, label=1)


def test_a_run_from_the_command_line(tmp_path):
    from click.testing import CliRunner

    from ganbench.cli import main

    given = "run --variants ns,pacgan-2,bcr --dataset digits --arch dcgan-conditional:width=4"
    given += f" --seeds 1 --steps 2 --engine inline --json --out {tmp_path}"
    done = CliRunner().invoke(main, given.split())
    assert done.exit_code == 0, done.output
    told = json.loads(done.output.splitlines()[-1])
    trained = {r["variant"] for r in told["ranking"] if not r["variant"].startswith("control:")}
    assert trained == {"ns", "pacgan-2", "bcr"}
    assert told["failed"] == [] and all(
        row["arch"].startswith("dcgan-cond") for row in told["ranking"]
    )
