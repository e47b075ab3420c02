"""The user's own samples, ``folder:PATH`` and ``array:PATH``, and classifiers trained on demand."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors import safe_open

import ganbench
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.data import _given
from ganbench.evaluation.choose import load_extractor
from ganbench.experiment.store import Store


def call(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


def run(out, dataset, **more):
    given = {"preset": "tiny", "engine": "inline", "seeds": 1} | more
    return ganbench.run("ns", dataset, out=out, **given)


def load(name):
    return registry.datasets.get(name).load(None)


def pictures(folder, n=30, size=(8, 8), mode="L", seed=0):
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shape = (n, *size, 3) if mode == "RGB" else (n, *size)
    for i, image in enumerate(rng.integers(0, 256, shape, dtype=np.uint8)):
        Image.fromarray(image).save(folder / f"{i:03}.png")
    return folder


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3)])
def test_a_folder_is_split_into_seeded_disjoint_parts(tmp_path, mode, channels):
    folder = pictures(tmp_path / "faces", 150, mode=mode)
    data = load(f"folder:{folder}")
    assert data.train.shape == (100, channels, 8, 8) and data.test.shape == (50, channels, 8, 8)
    assert data.train.dtype == np.uint8
    files = {np.atleast_3d(np.asarray(Image.open(p))).transpose(2, 0, 1).tobytes()
             for p in folder.iterdir()}  # fmt: skip
    train, test = ({x.tobytes() for x in part} for part in (data.train, data.test))
    assert train | test == files and not train & test
    assert np.array_equal(load(f"folder:{folder}").test, data.test)
    first = sorted(folder.iterdir())[0]
    shutil.copy(sorted(folder.iterdir())[1], first)
    assert load(f"folder:{folder}").sha256 != data.sha256


def test_the_held_out_part_is_enough_for_metrics_within_bounds(tmp_path, monkeypatch):
    sizes = [(20, 10), (90, 30), (3_000, 1_000), (9_000, 1_000), (50_000, 5_000), (10**6, 10_000)]
    assert [(n, _given.held_out(n)) for n, _ in sizes] == sizes
    monkeypatch.setattr(_given, "MOST_HELD_OUT", 40)
    for n, held_out in [(20, 10), (90, 30), (1_000, 40)]:
        np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(n, 3)))
        data = load(f"array:{tmp_path}/x.npy")
        assert (len(data.train), len(data.test)) == (n - held_out, held_out)


def test_arrays_keep_their_values(tmp_path):
    rng = np.random.default_rng(0)
    signals = rng.normal(5, 100, (60, 7))
    images = rng.integers(0, 256, (60, 9, 12, 3), dtype=np.uint8)
    np.savez(tmp_path / "both.npz", signals=signals, images=images)
    np.save(tmp_path / "counts.npy", np.arange(90).reshape(30, 3))
    found = load(f"array:{tmp_path}/both.npz:signals")
    assert found.train.dtype == np.float32
    rows = np.concatenate([found.train, found.test])
    assert np.array_equal(np.sort(rows, 0), np.sort(signals.astype(np.float32), 0))
    found = load(f"array:{tmp_path}/both.npz:images")
    assert found.train.shape == (40, 3, 9, 12) and found.train.dtype == np.uint8
    assert load(f"array:{tmp_path}/counts.npy").train.dtype == np.float32


def test_defaults_follow_the_content(tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(40, 7)))
    np.save(tmp_path / "y.npy", rng.integers(0, 256, (40, 28, 28), dtype=np.uint8))
    found = []
    np.save(tmp_path / "z.npy", rng.integers(0, 256, (40, 15, 13), dtype=np.uint8))
    for name in ("x.npy", "y.npy", "z.npy"):
        dataset = registry.datasets.get(f"array:{tmp_path}/{name}")
        fitted = dataset.settle(dataset, dataset.load(None))
        found.append((fitted.name, fitted.shape, fitted.arch, fitted.features, fitted.batch))
    assert found == [
        ("array:x.npy", (7,), "toy:latent=7", "none", 27),
        ("array:y.npy", (1, 28, 28), "dcgan", "auto", 27),
        ("array:z.npy", (1, 15, 13), "mlp-classic", "auto", 27),
    ]
    population = ganbench.train("ns", f"array:{tmp_path}/x.npy", steps=2)
    assert population.sample(3, seed=0).shape == (3, 7)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("/a/b/Celeb A", "celeb-a"), ("celeba/", "celeba"), ("x.npy", "x.npy"),
        ("/a/F.npz:La/tent", "f.npz-la-tent"), ("/a/日本", "data"), ("a" * 90, "a" * 48),
        ("/a/-._x", "x"), ("/a/" + "b" * 47 + "--c", "b" * 47),
    ],
)  # fmt: skip
def test_short_names_are_keys_and_name_themselves(written, name):
    assert _given.located(written)[0] == name == _given.located(name)[0]
    assert registry.datasets.get(f"array:{written}").name == f"array:{name}"


def test_results_hold_a_short_name_and_no_path(tmp_path):
    """In worker processes, which find the data by the short name and the place beside it."""
    folder = pictures(tmp_path / "here" / "My Faces")
    words = ["run", "--variants", "ns", "--preset", "smoke", "--budget", 64, "--workers", 1,
             "--features", "pixels"]  # fmt: skip
    done = call(*words, "--dataset", f"folder:{folder}", "--out", tmp_path / "o")
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "o" / "results.csv")
    assert set(table["dataset"]) == {"folder:my-faces"} and set(table["engine"]) == {"local"}
    assert set(table["status"]) == {"ok"}
    assert set(pd.read_csv(tmp_path / "o" / "leaderboard.csv")["dataset"]) == {"folder:my-faces"}
    records = list((tmp_path / "o" / "records").iterdir())
    (record,) = (path for path in records if path.name.startswith("ns"))
    assert record.name.startswith("ns-folder-my-faces-dcgan-")
    for path in [record, *(tmp_path / "o").glob("*.csv"), *(tmp_path / "o").rglob("*.svg")]:
        assert str(tmp_path / "here") not in path.read_text()
    # the same content elsewhere is the same data set, and all is done
    moved = tmp_path / "there" / "my faces"
    moved.parent.mkdir()
    folder.rename(moved)
    done = call(*words, "--dataset", f"folder:{moved}", "--out", tmp_path / "o", "--json")
    assert json.loads(done.stdout.splitlines()[-1])["trained"] == 0
    done = call(*words, "--dataset", "folder:my-faces", "--data-dir", moved,
                "--out", tmp_path / "o", "--json")  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])["trained"] == 0


def test_run_folders_of_families_have_plain_names(tmp_path):
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    names = []
    for home in ("a", "b"):
        folder = pictures(tmp_path / home / "faces")
        plan, _ = make_plan(Request(variants=("ns",), dataset=f"folder:{folder}", preset="smoke"))
        names.append(plan.name)
    assert names[0] == names[1] and names[0].startswith("folder-faces-smoke-")
    other = pictures(tmp_path / "c" / "faces", seed=1)
    plan, _ = make_plan(Request(variants=("ns",), dataset=f"folder:{other}", preset="smoke"))
    assert plan.name != names[0] and plan.name.startswith("folder-faces-smoke-")


@pytest.mark.parametrize(("kind", "size"), [("vectors", (40, 1)), ("vectors", (40, 5)),
                                            ("images", (40, 3, 32, 32))])  # fmt: skip
def test_arrays_run_to_the_last_plot(tiny, tmp_path, kind, size):
    rng = np.random.default_rng(0)
    array = rng.normal(size=size)
    np.save(tmp_path / "x.npy", array if kind == "vectors" else (array * 50).astype(np.uint8))
    result = run(tmp_path / "o", f"array:{tmp_path}/x.npy", batch=8)
    assert not result.failed and set(result.results["dataset"]) == {"array:x.npy"}
    assert any(p.name.startswith("ns-") and p.suffix == ".png" for p in result.written)


def test_data_that_change_after_the_plan_fail_the_unit(tiny, tmp_path):
    from ganbench.experiment.execute import execute
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    np.save(tmp_path / "x.npy", np.arange(80.0).reshape(40, 2))
    plan, _ = make_plan(Request(variants=("ns",), dataset=f"array:{tmp_path}/x.npy", preset="tiny"))
    store = Store(tmp_path / "o")
    store.prepare()
    np.save(tmp_path / "x.npy", np.arange(1.0, 81.0).reshape(40, 2))
    (unit, *_) = plan.units(store.ended())
    with pytest.raises(UsageError, match="array:x.npy has changed since the run was planned"):
        execute(unit, store, lambda event: None, "inline")


def make_bad(tmp_path):
    """Return the path to each kind of bad input."""
    rng = np.random.default_rng(0)
    for name in ("damaged", "text", "sizes", "few", "flat"):
        pictures(tmp_path / name, 5 if name == "few" else 25)
    file = tmp_path / "damaged" / "003.png"
    file.write_bytes(file.read_bytes()[:-40])
    (tmp_path / "text" / "004.png").write_text("no image")
    pictures(tmp_path / "sizes" / "more", 1, (9, 8))
    for path in (tmp_path / "flat").iterdir():
        Image.new("L", (8, 8), 7).save(path)
    (tmp_path / "empty").mkdir()
    bad = rng.normal(size=(30, 2))
    bad[3, 1], bad[4, 0] = np.nan, 1e300
    for name, array in {
        "nan": bad, "constant": np.ones((30, 2)), "none": np.zeros((0, 2)),
        "narrow": np.zeros((30, 0)), "words": np.array([["a"] * 2] * 30), "line": np.arange(30.0),
        "cube": rng.normal(size=(30, 4, 4)),
    }.items():  # fmt: skip
        np.save(tmp_path / f"{name}.npy", array)
    np.save(tmp_path / "pickled.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "two.npz", a=bad, b=bad)
    (tmp_path / "short.npy").write_bytes((tmp_path / "nan.npy").read_bytes()[:-8])


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("folder:{}/nowhere", "nowhere does not exist"),
        ("folder:{}/empty", "empty holds no images"),
        ("folder:{}/damaged", "003.png is not a readable image"),
        ("folder:{}/text", "004.png is not a readable image"),
        ("folder:{}/sizes", "000.png 9x8: give --resize HxW"),
        ("folder:{}/few", "few holds 5 samples: at least 20 needed"),
        ("folder:{}/flat", "every sample of"),
        ("folder:{}/nan.npy", "is a file: a folder of images needed, or --dataset array:"),
        ("array:{}/empty", "is a folder: a .npy or .npz file needed, or folder:"),
        ("array:{}/nowhere.npy", "nowhere.npy does not exist"),
        ("array:{}/damaged/000.png", "is neither a folder of images nor a .npy or .npz file"),
        ("array:{}/nan.npy", "holds 2 values that are NaN, infinite or beyond float32"),
        ("array:{}/constant.npy", "every sample of"),
        ("array:{}/none.npy", "none.npy holds 0 samples"),
        ("array:{}/narrow.npy", "every sample of"),
        ("array:{}/words.npy", "holds <U1, not numbers"),
        ("array:{}/line.npy", "has shape (30,) of float64"),
        ("array:{}/cube.npy", "has shape (30, 4, 4) of float64"),
        ("array:{}/pickled.npy", "pickled objects, which are never loaded"),
        ("array:{}/two.npz", "has arrays a, b: say which"),
        ("array:{}/two.npz:c", "has no array 'c'; it has a, b"),
        ("array:{}/short.npy", "short.npy is damaged"),
    ],
)
def test_bad_input_is_answered_on_one_line(dataset, message, tmp_path, monkeypatch):
    make_bad(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    done = call("run", "--variants", "ns", "--dataset", dataset.format(tmp_path),
                "--preset", "smoke")  # fmt: skip
    assert done.exit_code == 2 and message in done.stderr, done.output
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "runs").exists()


# Classifiers trained on demand


@pytest.fixture
def quick_recipe(monkeypatch, tmp_path):
    from ganbench.evaluation.features import _classifier

    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_classifier, "EPOCHS", 2)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield _classifier
    torch.set_num_threads(threads)


def test_prepare_trains_once_and_its_classifier_serves(quick_recipe, monkeypatch, tmp_path):
    with pytest.raises(UsageError, match="run `ganbench prepare digits`"):
        load_extractor("classifier:digits")
    done = call("prepare", "digits", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["test_accuracy"] > 0.5 and f"{said['test_accuracy']:.4f}" in done.stdout
    path = quick_recipe.prepared("digits")
    assert said["path"] == str(path) and path.is_relative_to(tmp_path / "cache")
    first = path.read_bytes()
    with safe_open(path, "pt") as file:
        assert len(file.metadata()) == 1  # of several, safetensors writes any one first

    data = load("digits")
    extractor = load_extractor("classifier:digits")
    found = extractor.function(data.test)
    assert found.features.shape == (450, 128) and found.probs.shape == (450, 10)
    assert (found.labels == data.test_labels).mean() == pytest.approx(
        said["test_accuracy"], abs=1e-4
    )

    with monkeypatch.context() as patch:
        patch.setattr(quick_recipe, "fit", lambda *a: pytest.fail("trained again"))
        assert call("prepare", "digits").exit_code == 0
    path.unlink()
    assert call("prepare", "digits").exit_code == 0 and path.read_bytes() == first

    monkeypatch.setattr(quick_recipe, "VERSION", 2)  # another recipe
    with pytest.raises(UsageError, match="run `ganbench prepare digits`"):
        load_extractor("classifier:digits")


def test_a_prepared_classifier_measures_runs_and_is_tied_to_its_data(
    tiny, quick_recipe, tmp_path, monkeypatch
):
    from dataclasses import replace

    assert call("prepare", "digits").exit_code == 0
    result = run(tmp_path / "o", "digits", features="classifier:digits", metrics="fd,modes")
    assert set(result.results["metric"]) >= {"fd", "modes"}
    digits = registry.datasets.get("digits")
    other = replace(digits, load=lambda _: replace(digits.load(None), sha256="0" * 64))
    with (
        registry.temporarily(other),
        pytest.raises(UsageError, match="was trained on other files than these"),
    ):
        run(tmp_path / "p", "digits", features="classifier:digits", metrics="fd")
    path = quick_recipe.prepared("digits")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UsageError, match="or it is damaged: run `ganbench prepare digits`"):
        load_extractor("classifier:digits")


def test_prepare_on_fetched_files_and_where_nothing_is_to_train(quick_recipe, remote, monkeypatch):
    folder, _, _ = remote("cifar10")
    done = call("prepare", "cifar10", "--data-dir", folder)
    assert done.exit_code == 0 and "cifar10: 100 + 40 samples of 3x32x32" in done.stdout
    assert load_extractor("classifier:cifar10").function(
        np.zeros((2, 3, 32, 32), np.uint8)
    ).probs.shape == (2, 10)  # fmt: skip
    monkeypatch.setattr(quick_recipe, "fit", lambda *a: pytest.fail("trained"))
    for name, message in [
        ("ring2d", "no classes: nothing to train"),
        ("mnist", "classifier:mnist: test accuracy 0.9965"),
        ("stacked-mnist", "its classes come from stacked:mnist"),
    ]:
        done = call("prepare", name)
        assert done.exit_code == 0 and message in done.stdout
    done = call("prepare", "mnst")
    assert done.exit_code == 2 and "did you mean mnist" in done.stderr


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 8, 8), (3, 9, 13)])
def test_the_classifier_takes_images_of_any_size(shape):
    from ganbench.evaluation.features._classifier import Classifier, augment

    features, logits = Classifier(7, shape).eval()(torch.zeros(2, *shape))
    assert features.shape == (2, 128) and logits.shape == (2, 7)
    x = -torch.ones(4, *shape)
    assert torch.equal(augment(x, torch.Generator().manual_seed(0)), x)


def test_shipped_classifiers_say_what_they_are():
    from ganbench.evaluation.features import _classifier, classifier

    files = {p.stem for p in classifier.WEIGHTS.glob("*.safetensors")}
    assert files == set(classifier.SHA256)
    for name in files:
        said = _classifier.record(classifier.path(name))
        assert said["dataset"] == name and 0.9 < float(said["test_accuracy"]) < 1
        assert classifier.path(name).stat().st_size < 2_000_000
        assert load_extractor(f"classifier:{name}").trained_on == ""


def test_features_of_given_images_are_chosen_and_told(tmp_path, monkeypatch):
    from ganbench.data import mnist
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    digits = mnist.load(None)
    np.save(tmp_path / "digits.npy", digits.test[:200])
    plan, _ = make_plan(Request(dataset=f"array:{tmp_path}/digits.npy", variants=("ns",)))
    assert plan.trainings[0].features == "classifier:mnist"
    assert any("classifier:mnist" in note for note in plan.notes)
    asked = Request(dataset=f"array:{tmp_path}/digits.npy", variants=("ns",), features="pixels")
    plan, _ = make_plan(asked)
    assert plan.trainings[0].features == "pixels" and plan.notes == ()


def test_large_images_train_core_unless_variants_are_named(tmp_path):
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request, variant_groups

    core = {variant.name for variant in variant_groups()["core"]}
    for size, only_core in ((64, True), (32, False)):
        folder = pictures(tmp_path / f"of{size}", 40, (size, size))
        plan, _ = make_plan(Request(dataset=f"folder:{folder}", features="pixels"))
        assert ({t.variant for t in plan.trainings} <= core) == only_core
    named = Request(dataset=f"folder:{tmp_path}/of64", features="pixels", variants=("bcr",))
    assert {t.variant for t in make_plan(named)[0].trainings} == {"bcr"}
    core = Request(dataset=f"folder:{tmp_path}/of64", features="pixels", variants=("core",))
    plan, _ = make_plan(core)
    assert {(t.steps, t.checkpoints) for t in plan.trainings} == {(700, 2)}
    assert plan.seeds == (0, 1, 2)
    rates = {t.variant: t.constants["g.lr"] for t in plan.trainings}
    papers = make_plan(replace(core, recipe="paper"))[0].trainings
    assert {t.recipe for t in papers} == {"paper"} and not any(t.constants for t in papers)
    assert {t.recipe for t in plan.trainings} == {"large-images-core"}
    assert rates.keys() == {v.name for v in variant_groups()["core"]} and rates["ns"] == 1e-3


def test_class_folders_are_labels(tmp_path):
    for name, seed in (("cats", 1), ("ants", 2)):
        pictures(tmp_path / "pets" / name, 30, seed=seed)
    data = load(f"folder:{tmp_path}/pets")
    labels = np.concatenate([data.train_labels, data.test_labels])
    assert sorted(np.bincount(labels)) == [30, 30]
    ants = {np.asarray(Image.open(p)).tobytes() for p in (tmp_path / "pets" / "ants").iterdir()}
    for image, label in zip(data.test, data.test_labels, strict=True):
        assert (image.tobytes() in ants) == (label == 0)  # in order of names
    pictures(tmp_path / "pets", 1)  # one beside the folders
    assert load(f"folder:{tmp_path}/pets").train_labels is None


def test_what_was_done_to_files_and_raw_pixels_are_told(tmp_path):
    folder = pictures(tmp_path / "faces")
    (folder / "notes.txt").write_text("x")
    assert load(f"folder:{folder}").notes == ("1 files are left out: 1 of another kind (.txt)",)
    np.save(tmp_path / "raw.npy", np.random.default_rng(0).integers(0, 256, (40, 9)))
    assert "whole numbers of 0..255" in load(f"array:{tmp_path}/raw.npy").notes[0]
    done = call("plan", "--variants", "ns", "--dataset", f"array:{tmp_path}/raw.npy",
                "--preset", "smoke")  # fmt: skip
    assert "whole numbers of 0..255" in " ".join(done.stdout.split())
