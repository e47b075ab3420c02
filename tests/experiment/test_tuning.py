"""The search for a recipe: equal for all, on the validation split, resumable."""

import json
import math

import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.experiment import recipes, tuning
from ganbench.experiment.plan import make_plan
from ganbench.experiment.recipes import load_recipe
from ganbench.experiment.request import Request
from ganbench.experiment.screening import same_gradients
from ganbench.experiment.store import Store

REQUEST = Request(variants=("ns", "wgan"), dataset="ring2d", preset="tiny", batch=8)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    from ganbench.core import registry
    from ganbench.core.kinds import Preset

    out = tmp_path_factory.mktemp("search")
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        found = tuning.tune(REQUEST, out, engine="inline")
        before = {p: p.stat().st_mtime_ns for p in out.glob("rate-*/records/*")}
        again = tuning.tune(REQUEST, out, engine="inline")
    after = {p: p.stat().st_mtime_ns for p in out.glob("rate-*/records/*")}
    assert before == after and again == found  # nothing is trained twice
    return out, found


def test_every_variant_has_the_same_search(searched):
    _, found = searched
    for chosen in found["variants"].values():
        counts = sorted(len(values) for values in chosen["values"].values())
        assert counts == [1, 1, 1, 3, 3] and chosen["rate_factor"] in tuning.FACTORS


def test_the_factor_taken_has_the_better_median_of_the_two_finalists(searched):
    for chosen in searched[1]["variants"].values():
        finals = {f: sorted(v)[1] for f, v in chosen["values"].items() if len(v) == 3}
        assert finals[f"{chosen['rate_factor']:g}"] == min(finals.values())


def test_rates_are_those_of_the_paper_times_the_factor(searched):
    out, _ = searched
    for factor, rate in ((1, 2e-4), (20, 4e-3)):
        records = [r for r in Store(out / f"rate-{factor}").records() if r.seed == 0]
        (ns,) = (r for r in records if r.training.variant == "ns")
        assert ns.hyper["g.lr"] == pytest.approx(rate) and ns.hyper["d.lr"] == pytest.approx(rate)


def test_nothing_of_the_held_out_split_is_read(searched):
    out, found = searched
    record = Store(out / "rate-1").records()[0]
    assert record.training.validation and found["n_validation"] == 10_000
    plan, data = make_plan(Request(variants=("ns",), dataset="ring2d", preset="smoke"))
    assert record.training.dataset_sha256 != data.sha256 == plan.trainings[0].dataset_sha256
    assert not any(r.training.control for r in Store(out / "rate-1").records())
    assert not list(out.glob("rate-*/models"))  # nobody needs them


def test_the_file_is_a_recipe(searched, tmp_path):
    path = tmp_path / "r.json"
    path.write_bytes(tuning.as_json(searched[1]))
    made = load_recipe(str(path), "ring2d", "tiny", "toy")
    assert made.name == "ring2d-tiny" and set(made.rate_factors) == {"ns", "wgan"}


def test_a_rate_at_which_training_diverges_is_the_worst():
    values = {1.0: [5.0], 2.5: [math.inf], 5.0: [4.0], 10.0: [4.0]}
    assert tuning.best_factors(values, 2) == [5.0, 10.0]  # the smaller rate first among equals
    assert tuning.best_factors({1.0: [1.0, 9.0, 9.0], 2.5: [8.0, 8.0, 8.0]}, 1) == [2.5]


def test_variants_with_the_same_gradients_share_their_search():
    """Alone ``ns`` would take 1 and ``fgan-js`` 5; ``hinge`` is nobody's twin."""
    values = {
        "ns": {1.0: [1.0], 5.0: [3.0]},
        "fgan-js": {1.0: [4.0, 6.0], 5.0: [2.0, 3.0]},
        "hinge": {1.0: [7.0], 5.0: [8.0]},
    }
    shared = tuning.pooled(values)
    both = {1.0: [1.0, 4.0, 6.0], 5.0: [2.0, 3.0, 3.0]}
    assert shared["hinge"] == values["hinge"]
    for name in ("ns", "fgan-js"):
        assert {f: sorted(v) for f, v in shared[name].items()} == both
        assert tuning.best_factors(shared[name], 1) == [5.0]
    assert tuning.pooled({"ns": values["ns"]}) == {"ns": values["ns"]}


def test_the_packaged_recipes_give_twins_one_rate():
    for path in sorted(recipes.PACKAGED.glob("*.json")):
        chosen = json.loads(path.read_text())["variants"]
        for name, other in same_gradients([registry.variants.get(n) for n in chosen]):
            assert chosen[name]["rate_factor"] == chosen[other]["rate_factor"]


def test_the_command_writes_a_recipe_that_run_takes(tmp_path):
    words = ["tune", "--dataset", "ring2d", "--preset", "smoke", "--steps", "2", "--variants", "ns",
             "--engine", "inline", "--out", str(tmp_path / "t"), "--json"]  # fmt: skip
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert json.loads((tmp_path / "t" / "recipe.json").read_text()) == found
    refused = CliRunner().invoke(main, [*words, "--seeds", "3"])
    assert refused.exit_code == 2 and "the search's own" in refused.stderr
