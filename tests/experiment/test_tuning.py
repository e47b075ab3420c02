"""The search for a recipe: equal for all, on the validation split, resumable."""

import json
import math

import pytest
from click.testing import CliRunner

from ganbench.api import run
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Preset, Where
from ganbench.experiment import recipes, tuning
from ganbench.experiment.plan import make_plan
from ganbench.experiment.recipes import chosen_configuration, load_recipe
from ganbench.experiment.request import Request
from ganbench.experiment.screening import same_gradients
from ganbench.experiment.store import Store

REQUEST = Request(variants=("ns", "wgan"), dataset="ring2d", preset="tiny", batch=8)
PAPER, FAST, FASTEST = {}, {"lr": "x5"}, {"lr": "x20"}
SEEDS = {"tries": 0, "finals": 100_000, "test": 200_000}


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    out = tmp_path_factory.mktemp("search")
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        found = tuning.tune(REQUEST, out, where=Where("inline"))
        before = {p: p.stat().st_mtime_ns for p in out.glob("*/records/*")}
        again = tuning.tune(REQUEST, out, where=Where("inline"))
        after = {p: p.stat().st_mtime_ns for p in out.glob("*/records/*")}
    assert before == after and again == found  # nothing is trained twice
    return out, found


def records(out, stage, variant):
    own = [r for r in Store(out / stage).records() if r.training.variant == variant]
    return sorted(own, key=lambda record: record.seed)


def test_every_variant_has_the_same_search(searched):
    for entry in searched[1]["variants"].values():
        rates = [configuration.get("lr") for configuration, _ in entry["tries"]]
        assert rates == [None, "x2.5", "x5", "x10", "x20"]  # the paper's first
        assert len(entry["finals"]) == 6 and len({tuple(c) for c, _ in entry["finals"]}) <= 2


def test_the_finalists_are_the_best_two_and_have_three_fresh_seeds(searched):
    out, found = searched
    for name, entry in found["variants"].items():
        two = sorted(entry["tries"], key=lambda tried: tried[1])[:2]
        assert [c for c, _ in entry["finals"]] == [c for c, _ in two for _ in range(3)]
        for stage, first in SEEDS.items():
            seeds = [record.seed for record in records(out, stage, name)]
            assert seeds == list(range(first, first + len(seeds)))


def test_the_configuration_taken_has_the_better_median_of_the_two_finalists(searched):
    for entry in searched[1]["variants"].values():
        medians = [(sorted(v for _, v in entry["finals"][k : k + 3])[1], entry["finals"][k][0])
                   for k in (0, 3)]  # fmt: skip
        assert entry["configuration"] == min(medians, key=lambda own: own[0])[1]


def test_the_values_are_those_of_the_records(searched):
    out, found = searched
    for name, entry in found["variants"].items():
        for stage in SEEDS:
            values = [r.measurements[-1].values[r.primary] for r in records(out, stage, name)]
            assert [value for _, value in entry[stage]] == values


def test_lanes_have_the_rates_of_their_configurations_and_are_one_population(searched):
    out, _ = searched
    own = records(out, "tries", "ns")
    rates = [2e-4 * factor for factor in (1, 2.5, 5, 10, 20)]
    assert [r.hyper["g.lr"] for r in own] == pytest.approx(rates)
    assert [r.hyper["d.lr"] for r in own] == pytest.approx(rates)
    assert {r.lanes for r in own} == {5}


def test_a_try_equals_the_solo_run_with_its_seed_and_its_rates(searched, tmp_path):
    """Lane 3 of the search, trained alone by ``--hyper`` on the same split, has its value."""
    out, found = searched
    (own,) = (r for r in records(out, "tries", "ns") if r.seed == 3)
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        run(["ns"], "ring2d", preset="tiny", batch=8, seeds=[3], hyper={"lr": 2e-3}, recipe="paper",
            validation=True, no_controls=True, checkpoints=1, engine="inline",
            out=tmp_path / "run")  # fmt: skip
    (record,) = Store(tmp_path / "run").records()
    value = record.measurements[-1].values["w1"]
    assert own.measurements[-1].values["w1"] == pytest.approx(value, rel=1e-5)


def test_a_larger_search_goes_on_with_the_tries_of_a_smaller_one(tmp_path):
    def tried(trials):
        return tuning.tune(REQUEST, tmp_path, "lr", trials, test_seeds=0, where=Where("inline"))

    with registry.temporarily(Preset("tiny", "for tests", 1, 4, 1, 200, 60)):
        small = tried(2)
        before = {p: p.stat().st_mtime_ns for p in (tmp_path / "tries").glob("records/*")}
        large = tried(4)
    after = {p: p.stat().st_mtime_ns for p in (tmp_path / "tries").glob("records/*")}
    assert len(before) == 4 and len(after) == 8 and before.items() <= after.items()
    first = large["variants"]["ns"]["tries"][:2]
    assert first == small["variants"]["ns"]["tries"]


def test_nothing_of_the_held_out_split_is_read_before_the_choice(searched):
    out, found = searched
    plan, data = make_plan(Request(variants=("ns",), dataset="ring2d", preset="smoke"))
    for stage in ("tries", "finals"):
        for record in Store(out / stage).records():
            assert record.training.validation and not record.training.control
            assert record.training.dataset_sha256 != data.sha256
    tested = Store(out / "test").records()
    assert {r.training.dataset_sha256 for r in tested} == {data.sha256}
    assert not any(r.training.validation for r in tested)
    assert found["n_validation"] == 10_000
    assert not list(out.glob("*/models"))  # nobody needs them


def test_the_test_split_compares_the_choice_with_the_papers_constants(searched):
    for entry in searched[1]["variants"].values():
        own = [entry["configuration"]] * 3 if entry["configuration"] else []
        assert [c for c, _ in entry["test"]] == [*own, *[PAPER] * 3]


def test_the_file_is_a_recipe(searched, tmp_path):
    path = tmp_path / "r.json"
    path.write_bytes(tuning.as_json(searched[1]))
    made = load_recipe(str(path), "ring2d", "tiny", "toy")
    assert made.name == "ring2d-tiny" and set(made.configurations) == {"ns", "wgan"}
    for name, entry in searched[1]["variants"].items():
        assert made.configurations[name] == entry["configuration"]


def test_configurations_at_which_training_diverges_are_the_worst():
    tries = [(PAPER, 5.0), (FAST, math.inf), ({"lr": "x10"}, 4.0), (FASTEST, 4.0)]
    assert tuning.best(tries, 2) == [{"lr": "x10"}, FASTEST]  # the first tried among equals
    seeds = [(PAPER, 1.0), (PAPER, 9.0), (PAPER, 9.0), *[(FAST, 8.0)] * 3]
    assert tuning.best(seeds, 1) == [FAST]


def test_variants_with_the_same_gradients_share_their_search():
    """Alone ``ns`` would take the paper's and ``fgan-js`` x5; ``hinge`` is nobody's twin."""
    tries = {
        "ns": [(PAPER, 1.0), (FAST, 3.0)],
        "fgan-js": [(PAPER, 4.0), (PAPER, 6.0), (FAST, 2.0), (FAST, 3.0)],
        "hinge": [(PAPER, 7.0), (FAST, 8.0)],
    }
    shared = tuning.pooled(tries)
    assert shared["hinge"] == tries["hinge"]
    for name in ("ns", "fgan-js"):
        assert sorted(v for c, v in shared[name] if c == PAPER) == [1.0, 4.0, 6.0]
        assert tuning.best(shared[name], 1) == [FAST]
    assert tuning.pooled({"ns": tries["ns"]}) == {"ns": tries["ns"]}


def test_the_packaged_recipes_give_twins_one_rate():
    for path in sorted(recipes.PACKAGED.glob("*.json")):
        chosen = json.loads(path.read_text())["variants"]
        for name, other in same_gradients([registry.variants.get(n) for n in chosen]):
            assert chosen_configuration(chosen[name]) == chosen_configuration(chosen[other])


def test_the_command_writes_a_recipe_that_run_takes(tmp_path):
    words = ["tune", "--dataset", "ring2d", "--preset", "smoke", "--steps", "2", "--variants", "ns",
             "--engine", "inline", "--out", str(tmp_path / "t"), "--json"]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert json.loads((tmp_path / "t" / "recipe.json").read_text()) == found
    refused = CliRunner().invoke(main, [*words, "--seeds", "3"])
    assert refused.exit_code == 2 and "the search's own" in refused.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": "speed=1|2"}, "no variant of the search has 'speed'"),
        ({"space": "speed"}, "speed needs values"),
        ({"trials": 0}, "--trials is 0"),
        ({"test_seeds": -1}, "--test-seeds is -1"),
        ({"sampler": "luck"}, "grid or optuna"),
    ],
)
def test_searches_that_cannot_be_are_named_before_any_training(options, message, tmp_path):
    request = Request(variants=("ns",), dataset="ring2d", preset="smoke")
    with pytest.raises(UsageError, match=message):
        tuning.tune(request, tmp_path, where=Where("inline"), **options)
    assert not list(tmp_path.iterdir())


def test_what_the_user_sets_is_not_searched(tmp_path):
    request = Request(variants=("ns",), dataset="ring2d", preset="smoke", hyper={"d.lr": 1e-3})
    with pytest.raises(UsageError, match="lr of --space and d.lr of --hyper"):
        tuning.tune(request, tmp_path, where=Where("inline"))
