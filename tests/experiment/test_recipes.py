"""Recipes, and the validation split on which they are chosen."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Constants
from ganbench.data._validation import validation_split
from ganbench.experiment import recipes
from ganbench.experiment.plan import make_plan
from ganbench.experiment.recipes import Recipe, constants, load_recipe
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import load_data, overrides, population_of

pytestmark = pytest.mark.usefixtures("no_plots")

MADE = {"name": "mine", "dataset": "ring2d", "arch": "toy",
        "variants": {"ns": {"rate_factor": 5.0}}}  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "recipe.json"
    path.write_text(json.dumps(MADE))
    return str(path)


def trainings(**options):
    given = {"variants": ("ns", "wgan-gp"), "dataset": "ring2d", "preset": "tiny", "batch": 8}
    plan, _ = make_plan(Request(**{**given, **options}))
    return {t.variant: t for t in plan.trainings}


def test_a_recipe_multiplies_the_papers_rates(tiny, file):
    own = trainings(recipe=file)
    assert own["ns"].constants == {"g.lr": 1e-3, "d.lr": 1e-3} and own["ns"].recipe == "mine"
    assert len(own["ns"].recipe_sha256) == 64
    assert "g.lr" not in own["wgan-gp"].constants  # not in the recipe: its paper's
    assert trainings(recipe="paper")["ns"].constants == {}


def test_the_users_word_is_last(tiny, file):
    training = trainings(recipe=file, hyper={"d.lr": 7.0})["ns"]
    assert overrides(training) == {"g.lr": 1e-3, "d.lr": 7.0}
    population = population_of(training, [0], load_data(training), "cpu", "reference")
    assert population.hyper["g.lr"].item() == pytest.approx(1e-3)
    assert population.hyper["d.lr"].item() == 7.0


def test_constants_of_a_family_of_data_are_taken_and_their_rate_is_multiplied():
    ns = replace(
        registry.variants.get("ns"),
        constants={"points": Constants({"lr": 1e-2, "beta1": 0.1}, "sec. 5")},
    )
    ring, digits = (registry.datasets.get(n).load(None) for n in ("ring2d", "digits"))
    paper, faster = Recipe("paper"), Recipe("x", "", {"ns": {"lr": "x2"}})
    assert constants(ns, paper, ring) == {"lr": 1e-2, "beta1": 0.1}
    assert constants(ns, faster, ring) == {"g.lr": 2e-2, "d.lr": 2e-2, "beta1": 0.1}
    assert constants(ns, paper, digits) == {} and constants(ns, faster, digits)["g.lr"] == 4e-4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a recipe"),
        ('{"name": "x"}', "not a recipe"),
        (json.dumps(MADE | {"variants": {"ns": {"rate_factor": "fast"}}}), "not a recipe"),
        (json.dumps(MADE | {"variants": {"ns": {"configuration": {"lr": "x0"}}}}), "'x0'"),
        (json.dumps(MADE | {"variants": {"ns": {"configuration": 3}}}), "not a recipe"),
        (json.dumps(MADE | {"arch": "mlp-bn"}), "made for ring2d on mlp-bn, not for ring2d on toy"),
    ],
)
def test_what_is_no_recipe_for_this_run_is_named(content, message, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        load_recipe(str(path), "ring2d", "quick", "toy")
    with pytest.raises(UsageError, match="it is paper, auto or a file"):
        load_recipe(str(tmp_path / "none"), "ring2d", "quick", "toy")


def test_another_recipe_is_another_protocol(tiny, file):
    plain, other = trainings(recipe="paper")["ns"], trainings(recipe=file)["ns"]
    assert plain.run_id(0) != other.run_id(0)


def test_the_validation_split_is_seeded_and_apart_from_what_is_trained_on():
    data = registry.datasets.get("digits").load(None)
    split = validation_split(data)
    assert len(split.test) == len(data.train) // 10
    assert len(split.test) + len(split.train) == len(data.train)
    whole = np.concatenate([split.train, split.test]).reshape(len(data.train), -1)
    assert np.array_equal(
        np.sort(whole, axis=0), np.sort(data.train.reshape(len(data.train), -1), axis=0)
    )
    assert np.array_equal(split.test, validation_split(data).test)
    assert split.sha256 not in (data.sha256, validation_split(data, 7).sha256)
    held = {x.tobytes() for x in data.test}
    assert not any(x.tobytes() in held for x in split.test)
    for n in (0, len(data.train)):
        with pytest.raises(ValueError, match="a validation split of"):
            validation_split(data, n)


def test_mnist_holds_out_ten_thousand():
    plan, data = make_plan(
        Request(variants=("ns",), dataset="mnist", preset="smoke", validation=True)
    )
    assert (len(data.train), len(data.test)) == (50_000, 10_000)
    assert plan.trainings[0].validation and load_data(plan.trainings[0]).sha256 == data.sha256


def test_a_family_of_data_sets_shares_recipes_and_each_may_have_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "PACKAGED", tmp_path)
    for name in ("large", "folder-b"):
        content = MADE | {"name": name, "dataset": name.replace("-", ":")}
        (tmp_path / f"{name}-core.json").write_text(json.dumps(content))
    assert load_recipe("auto", "folder:a", "core", "toy", "large").name == "large"
    assert load_recipe("auto", "folder:b", "core", "toy", "large").name == "folder-b"
    for words in (("folder:a", "core", "toy"), ("folder:a", "quick", "toy", "large"),
                  ("folder:a", "core", "mlp-bn", "large")):  # fmt: skip
        assert load_recipe("auto", *words).name == "paper"
    file = str(tmp_path / "large-core.json")
    assert load_recipe(file, "folder:a", "core", "toy", "large").name == "large"
    with pytest.raises(UsageError, match="made for large on toy, not for folder:a on toy"):
        load_recipe(file, "folder:a", "core", "toy")
