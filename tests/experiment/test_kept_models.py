"""Kept models: what is in the file, what comes out of it, and files that are not to be trusted."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment import kept_models
from ganbench.experiment.record_files import read_record
from ganbench.experiment.resolve import evaluator_of, load_data
from tests.experiment._helpers import run


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    out = tmp_path_factory.mktemp("images")
    with_smoke(out, dataset="digits", ema=0.9)
    return out


def with_smoke(out, variants=("ns", "wgan-gp"), **options):
    given = {"preset": "smoke", "engine": "inline", "steps": 4, "checkpoints": 2, "seeds": 2}
    return ganbench.run(list(variants), out=out, no_controls=True, **given | options)


def only(folder):
    (path,) = folder.glob("*")
    return path


def damaged(source, target, change):
    """Write a kept model with other content, its own SHA-256 unless that is what changes."""
    described, tensors = kept_models.read(source)
    change(described, tensors)
    save_file(tensors, target, {"ganbench": json.dumps(described)})
    return target


def call(*words):
    return CliRunner().invoke(main, ["sample", *map(str, words)])


def test_every_finished_seed_is_kept_and_has_the_values_of_its_record(images):
    """Every metric, to the last bit, from the file alone."""
    assert len(list((images / "models").glob("*.safetensors"))) == 4
    for variant in ("ns", "wgan-gp"):
        for seed in (0, 1):
            model = ganbench.load(images, variant, seed)
            path = kept_models.find(images, variant, seed)
            record = read_record(images / "records" / f"{path.stem}.json")
            training = record.training
            evaluator = evaluator_of(training, load_data(training))
            measured = evaluator.measure(model.sample(training.n_fake), final=True)
            last = record.measurements[-1].values
            assert measured.values and measured.values == {k: last[k] for k in measured.values}
            assert model.steps == 4 and model.seed == seed


def test_a_user_needs_torch_and_safetensors_alone(images):
    path = kept_models.find(images, "ns", 0)
    with safe_open(path, "pt") as file:
        described = json.loads(file.metadata()["ganbench"])
        weights = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    assert described["latent"] == {"kind": "normal", "shape": [100]}
    assert "127.5" in described["scaling"] and described["training"]["arch"] == "dcgan"
    parts = {name.split(".")[0] for name in weights}
    assert parts == {"generator", "averaged", "statistics", "discriminator", "training"}
    model = ganbench.load(images, "ns", 0)
    for name, value in model.generator.named_parameters():
        assert torch.equal(value, weights[f"averaged.{name}"])
        assert not torch.equal(value, weights[f"generator.{name}"])
    for name, value in model.generator.named_buffers():
        assert torch.equal(value, weights[f"statistics.{name}"])
    for name, value in model.discriminator.named_parameters():
        assert torch.equal(value, weights[f"discriminator.{name}"])


def test_points_from_a_file_by_torch_alone_are_those_of_the_population(tiny, tmp_path):
    """As the documentation shows it; all lanes in one program."""
    run(tmp_path, variants=["ns"], seeds=3, steps=6)
    model = ganbench.load(tmp_path, "ns", 2)
    with safe_open(kept_models.find(tmp_path, "ns", 2), "pt") as file:
        weights = {
            name.removeprefix("generator."): file.get_tensor(name)
            for name in file.keys()  # noqa: SIM118
            if name.startswith("generator.")
        }
    layers = torch.nn
    generator = layers.Sequential(
        layers.Linear(2, 128), layers.ReLU(), layers.Linear(128, 128), layers.ReLU(),
        layers.Linear(128, 2),
    )  # fmt: skip
    generator.load_state_dict(weights)
    z = model.latents(50)
    assert np.array_equal(model.sample(50), generator(z).detach().numpy())
    population = ganbench.train("ns", "ring2d", seeds=[2], steps=6, batch=8)
    assert np.allclose(model.sample(50), population.sample(50, seed=2), atol=1e-4)


def test_conditional_networks_sample_one_class(tmp_path):
    with_smoke(tmp_path, ["ns"], dataset="digits", arch="dcgan-conditional", seeds=1)
    model = ganbench.load(tmp_path, "ns")
    assert model.sample(5).shape == model.sample(5, label=3).shape == (5, 1, 8, 8)
    z = model.latents(5)
    inner = model.generator(model._of_class(z, 3))
    assert (inner[:, 1:].mean((2, 3)).argmax(1) == 3).all()
    for label in (-1, 10):
        with pytest.raises(UsageError, match="0 to 9 needed"):
            model.sample(5, label=label)


def test_truncated_latents_keep_their_order_and_have_the_truncated_distribution(images):
    model = ganbench.load(images, "ns")
    z = model.latents(2000, 1)
    moved = model._truncated(z, 0.5)
    assert moved.abs().max() <= 0.5
    assert (moved.flatten()[z.flatten().argsort()].diff() >= 0).all()
    # sd of a standard normal number truncated at 0.5: sqrt(1 - 2 a phi(a) / (2 Phi(a) - 1))
    assert float(moved.std()) == pytest.approx(0.2835, rel=0.01)
    assert torch.allclose(model._truncated(z, 30.0), z, atol=1e-5)


def test_interpolation_goes_from_each_latent_to_the_next_on_great_circles(images):
    model = ganbench.load(images, "ns")
    z = model.latents(3, 1)
    way = model._on_the_way(z, 5).reshape(3, 5, -1)
    assert torch.allclose(way[:, 0], z, atol=1e-5)
    assert torch.allclose(way[:, -1], z.roll(-1, 0), atol=1e-5)
    angles = torch.cosine_similarity(way[:, :-1], way[:, 1:], dim=-1).acos()
    assert torch.allclose(angles, angles.mean(1, keepdim=True).expand_as(angles), atol=0.1)
    assert model.sample(3, interpolate=5).shape[0] == 15


@pytest.mark.parametrize(
    ("keep", "parts"),
    [
        ("none", None),
        ("generator", {"generator", "averaged", "statistics"}),
        ("all", {"generator", "averaged", "statistics", "discriminator", "training"}),
        ("auto", {"generator", "averaged", "statistics", "discriminator", "training"}),
    ],
)
def test_what_is_kept_is_as_asked_for(keep, parts, tmp_path):
    with_smoke(tmp_path, ["ns"], dataset="digits", seeds=1, ema=0.9, keep=keep)
    if parts is None:
        assert not (tmp_path / "models").exists()
        with pytest.raises(UsageError, match="no model of ns, seed 0, was kept"):
            ganbench.load(tmp_path, "ns")
        return
    _, tensors = kept_models.read(only(tmp_path / "models"))
    assert {name.split(".")[0] for name in tensors} == parts
    model = ganbench.load(tmp_path, "ns")
    assert (model.discriminator is None) == (keep == "generator")


def test_auto_keeps_the_generator_alone_of_large_networks(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_models, "SMALL", 1000)
    with_smoke(tmp_path, ["ns"], dataset="digits", seeds=1)
    _, tensors = kept_models.read(only(tmp_path / "models"))
    assert {name.split(".")[0] for name in tensors} == {"generator", "statistics"}


def test_the_plan_says_what_the_models_will_need(tmp_path):
    words = ["--variants", "ns,wgan-gp", "--dataset", "digits", "--preset", "smoke", "--steps", "4",
             "--seeds", "2", "--no-controls", "--out", str(tmp_path)]  # fmt: skip
    done = CliRunner().invoke(main, ["plan", *words, "--json"])
    promised = json.loads(done.stdout.splitlines()[-1])["kept_bytes"]
    with_smoke(tmp_path, dataset="digits")
    files = sum(path.stat().st_size for path in (tmp_path / "models").glob("*"))
    assert promised <= files <= 1.1 * promised + 4 * 8192
    again = CliRunner().invoke(main, ["plan", *words, "--keep", "none", "--json"])
    assert json.loads(again.stdout.splitlines()[-1])["kept_bytes"] == 0


@pytest.mark.parametrize("name", ["grid.png", "x.npy", "x.npz", "folder"])
def test_sample_writes_what_its_target_says(name, images, tmp_path):
    target = tmp_path / "new" / name
    done = call(images, "--variant", "ns", "--seed", 1, "-n", 10, "--to", target)
    assert done.exit_code == 0, done.output
    samples = ganbench.load(images, "ns", 1).sample(10)
    if name == "grid.png":
        assert Image.open(target).size == (8 * 10 - 2, 2 * 10 - 2)
    elif name == "folder":
        assert len(list(target.iterdir())) == 10
        first = np.asarray(Image.open(target / "000003.png"))
        assert np.array_equal(first, samples[3, 0])
    else:
        written = np.load(target)
        written = written["samples"] if name == "x.npz" else written
        assert np.array_equal(written, samples)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-n", "0"], "-n is 0: at least 1 needed"),
        (["--seed", "7"], "has no seed 7; there are 0, 1"),
        (["--variant", "lsgan"], "no record of lsgan"),
        (["--label", "1"], "the networks are not conditional"),
        (["--truncation", "0"], "truncation is 0.0: above 0 needed"),
        (["--truncation", "nan"], "truncation is nan"),
        (["--interpolate", "1"], "at least 2 needed"),
        (["--interpolate", "4", "-n", "1"], "at least 2 samples"),
        (["--to", "x.jpg"], "--to is x.jpg"),
        (["--to", "/proc/x/y.npy"], "cannot write to"),
    ],
)
def test_bad_words(words, message, images):
    done = call(images, "--variant", "ns", "--to", "/nowhere/else.npy", *words)
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def other_shape(described, tensors):
    name = next(k for k in tensors if k.startswith("averaged.") and tensors[k].ndim > 1)
    tensors[name] = tensors[name][:1]
    described["sha256"] = kept_models.digest_of(tensors)


def later(described, tensors):
    described["format"] = 2


def untold(described, tensors):
    described["training"]["steps"] = "many"


def unknown(described, tensors):
    described["training"]["arch"] = "gone"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda p: flip(p, -3), "is damaged: its content has another SHA-256"),
        (lambda p: p.write_bytes(p.read_bytes()[:-100]), "is not a kept model"),
        (lambda p: torch.save({"a": torch.zeros(2)}, p), "is not a kept model"),
        (lambda p: p.write_bytes(b""), "is not a kept model"),
        (lambda p: save_file({"a": torch.zeros(2)}, p), "is not a kept model"),
        (lambda p: damaged(p, p, other_shape), "holds other networks than are built here"),
        (lambda p: damaged(p, p, later), "has format 2: 1 is known here"),
        (lambda p: damaged(p, p, unknown), "unknown arch 'gone'"),
        (lambda p: damaged(p, p, untold), "does not say what it was trained by"),
        (lambda p: save_file({"a": torch.zeros(2)}, p, {"ganbench": "3"}), "is not a kept model"),
    ],
)
def test_a_file_that_is_not_to_be_trusted_is_one_line(harm, message, images, tmp_path):
    import shutil

    shutil.copytree(images, tmp_path / "run")
    harm(kept_models.find(tmp_path / "run", "ns", 0))
    done = call(tmp_path / "run", "--variant", "ns", "--to", tmp_path / "x.npy")
    assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "x.npy").exists()


def test_two_trainings_of_one_name_are_told_apart(tiny, tmp_path):
    with registry.temporarily():
        run(tmp_path, variants=["ns"], seeds=1, metrics="w1")
    first = only(tmp_path / "models")
    record = read_record(tmp_path / "records" / f"{first.stem}.json")
    other = record.model_copy(update={"run_id": "ns-other"})
    (tmp_path / "records" / "ns-other.json").write_text(other.model_dump_json())
    (tmp_path / "models" / "ns-other.safetensors").write_bytes(first.read_bytes())
    with pytest.raises(UsageError, match="several trainings of ns, seed 0"):
        ganbench.load(tmp_path, "ns")
