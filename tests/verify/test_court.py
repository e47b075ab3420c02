"""The metric court: thresholds, perfect and broken metrics, the distributions, the wiring."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.verify import _court, metrics
from ganbench.verify._court_checks import TRIALS
from ganbench.verify._court_rules import bell, fall, level, line, zero

BY_NAME = {trial.name: trial for trial in TRIALS}
ROWS = [(trial, d) for trial in TRIALS for d in trial.dims]


def holds(rule, *values):
    return rule.passes(np.array(values, float))


# ---- thresholds ----


def test_identical_is_within_a_twentieth_of_1():
    assert holds(level(1), 9, 0.95, 9) and holds(level(1), 9, 1.05, 9)
    assert not holds(level(1), 1, 0.949, 1) and not holds(level(1), 1, 1.051, 1)
    assert not holds(level(0, 2), 1, 1, 0.9)
    assert holds(level(-1, wanted=0.5), 0, 0.55) and not holds(level(-1, wanted=0.5), 0, 0.551)


def test_zero_is_at_most_a_twentieth():
    assert holds(zero(0, -1), 0.05, 9, 0.05) and not holds(zero(0, -1), 0.051, 0, 0)
    assert not holds(zero(0, -1), 0, 0, 0.051)


def test_a_bell_rises_by_a_fifth_on_both_sides_and_ends_near_its_top():
    assert holds(bell(), 0.1, 0.4, 0.3, 0.4, 0.1)
    assert not holds(bell(), 0.11, 0.3, 0.3, 0.3, 0.1) and not holds(bell(), 0, 1, 0.3, 0, 0.11)
    assert not holds(bell(), 0.1, 0.41, 0.3, 0.2, 0.1)
    assert holds(fall(), 1, 1.1, 0.8) and not holds(fall(), 1, 1, 0.81)
    assert not holds(fall(), 1, 1.11, 0)


def test_a_line_has_a_range_of_at_most_a_twentieth():
    assert holds(line(), 0.3, 0.35, 0.31) and not holds(line(), 0.3, 0.351, 0.31)
    assert holds(line([1, 0.5]), 0.9, 0.4) and not holds(line([1, 0.5]), 0.9, 0.46)


@pytest.mark.parametrize("rule", [level(0), zero(0), bell(), fall(), line()])
def test_what_is_no_number_never_passes(rule):
    assert not holds(rule, np.nan, np.nan, np.nan)


# ---- perfect and broken metrics ----


def truth(trial, role):
    """Return what a perfect score of the role is at every point."""
    t = np.array(trial.points)
    some = np.where(t == 0, 1, t)  # what a curve through 0 does not use
    fidelity = role == "fidelity"
    return {
        "scaling": np.where(t <= 1 if fidelity else t >= 1, 1.0, 0.0),
        "sequential mode dropping": np.ones(10) if fidelity else t / 10,
        "simultaneous mode dropping": np.ones(11) if fidelity else 1 - 0.9 * t,
        "mode dropping, then invention": np.minimum(1, 5 / some if fidelity else t / 5),
        "hypercube sizes": np.where(t == 1, 1, np.minimum(1, 1 / some if fidelity else t)),
        "sphere surface": (t == 1) * 1.0,
        "sphere against torus": np.zeros(2),
        "one mode against two": np.array([1, 0, 1]) if fidelity else np.array([0.5, 0, 0.5]),
        "one scaled axis": np.full(4, 0.7),
        "one disjoint axis": np.array([1, 0]),
        "discrete against continuous": np.array([1, 0]),
    }.get(trial.name, np.exp(-(t**2)))


def table_of(score):
    """Return the court's table for one made-up score: ``(trial, role) -> curve``."""
    rows = []
    for trial, d in ROWS:
        found = {key: np.asarray(score(trial, role)) for key, role in _court.ROLES.items()}
        rows += _court.verdicts(trial, d, found)
    return pd.DataFrame(rows)


def test_a_perfect_metric_passes_every_row():
    assert _court.totals(table_of(truth)).to_numpy().all()


def constant(value, trial, role):
    return np.full(len(trial.points), value)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, np.nan])
def test_a_metric_that_always_says_the_same_fails_all_but_level_lines(value):
    passed = _court.totals(table_of(partial(constant, value)))
    for key, role in _court.ROLES.items():
        names = set(passed.index[passed[key]].get_level_values("check"))
        lines = {t.name for t in TRIALS if [r.kind for r in t.rules(role)] == ["line"]}
        always_zero, always_one = {"sphere against torus"}, {"discrete against continuous"}
        allowed = lines | (
            always_zero if value == 0 else always_one if role != "fidelity" else set()
        )
        assert names <= allowed - {"mode dropping, then invention"}, (key, names)
        assert bool(names) == (value == value)


def test_a_reversed_metric_fails():
    passed = _court.totals(table_of(lambda trial, role: 1 - truth(trial, role)))
    assert passed.sum().max() <= 5  # lines, which stay level


def test_totals_ask_for_all_rules_of_a_row():
    table = table_of(truth)
    mask = (table["check"] == "mean shift") & (table["dimension"] == 8) & (table["kind"] == "bell")
    table.loc[mask & (table["metric"] == "recall"), "passed"] = False
    passed = _court.totals(table)
    assert passed.sum().to_dict() == {**dict.fromkeys(_court.ROLES, 30), "recall": 29}


# ---- distributions ----


def test_there_are_fifteen_checks_and_thirty_rows():
    assert len(TRIALS) == len(BY_NAME) == 15 and len(ROWS) == 30
    assert {d for _, d in ROWS} == {1, 3, 8, 64}


@pytest.mark.parametrize(("trial", "d"), ROWS, ids=lambda value: getattr(value, "name", value))
def test_samples_are_seeded_finite_and_of_their_dimension(trial, d):
    for point in trial.points:
        one, other = (trial.draw(np.random.default_rng(1), 40, d, point) for _ in range(2))
        for a, b in zip(one, other, strict=True):
            assert a.shape == (40, d) and np.isfinite(a).all() and np.array_equal(a, b)


def drawn(name, point, d, n=4000):
    return BY_NAME[name].draw(np.random.default_rng(0), n, d, point)


def test_distributions_are_what_their_names_say():
    real, fake = drawn("mean shift", 3.0, 8)
    assert np.allclose(fake.mean(0) - real.mean(0), 3, atol=0.1)
    for name, side in (("mean shift, real outlier", 0), ("mean shift, fake outlier", 1)):
        assert (drawn(name, -6.0, 8)[side][0] == 6).all()
    real, fake = drawn("hypercube sizes", 0.1, 8)
    assert np.allclose(np.ptp(real, 0), 1, atol=0.01)
    assert np.ptp(fake, 0).prod() == pytest.approx(0.1, rel=0.02)
    real, fake = drawn("sphere surface", 2.0, 8)
    assert np.allclose(np.linalg.norm(real, axis=1), 1) and np.allclose(
        np.linalg.norm(fake, axis=1), 2
    )
    sphere, torus = drawn("sphere against torus", 0.0, 3)
    assert np.allclose(np.linalg.norm(sphere, axis=1), 0.3)
    assert np.linalg.norm(torus, axis=1).min() >= 0.5 - 1e-9
    swapped = drawn("sphere against torus", 1.0, 3)
    assert np.array_equal(swapped[0], torus) and np.array_equal(swapped[1], sphere)
    real, fake = drawn("discrete against continuous", 0.0, 1)
    assert (real == np.round(real)).all() and (fake == np.round(fake)).all()
    assert (drawn("discrete against continuous", 1.0, 1)[1] % 1 != 0).all()
    real, fake = drawn("one disjoint axis", 10.0, 8)
    assert np.allclose((fake - real).mean(0), [10] + 7 * [0], atol=0.15)
    real, fake = drawn("one scaled axis", 100.0, 8)
    assert np.allclose((fake - real).mean(0)[1:], 0.5, atol=0.1) and real[:, 0].std() > 90
    assert drawn("one Pareto axis", 0.0, 8)[0][:, 0].max() > 100


def test_modes_are_dropped_and_invented_as_named():
    def modes(samples):
        from sklearn.cluster import DBSCAN

        labels = DBSCAN(eps=8).fit_predict(samples)
        return np.sort(np.unique(labels, return_counts=True)[1])[::-1]

    n = 400
    real, fake = drawn("sequential mode dropping", 4.0, 8, n)
    assert modes(real).tolist() == [40] * 10 and modes(fake).tolist() == [100] * 4
    fake = drawn("simultaneous mode dropping", 0.5, 8, n)[1]
    assert len(modes(fake)) == 10 and modes(fake)[0] == pytest.approx(220, abs=30)
    real, fake = drawn("mode dropping, then invention", 7.0, 8, n)
    assert len(modes(real)) == 5 and len(modes(fake)) == 7
    assert len(modes(np.vstack([real, fake]))) == 7


# ---- wiring ----


def test_every_judged_quantity_is_registered():
    keys = [q.key for name in _court.judged() for q in registry.metrics.get(name).quantities]
    assert sorted(keys) == sorted(_court.ROLES) and set(_court.PUBLISHED) <= set(keys)
    targets = {q.target for n in _court.judged() for q in registry.metrics.get(n).quantities}
    assert targets <= {"higher", "floor"}


def test_a_curve_is_the_mean_of_the_metric_itself():
    trial, d = BY_NAME["one disjoint axis"], 8
    found = _court.curves(trial, d, 30, 2)
    rngs = [np.random.default_rng(_court.derive("court", trial.name, d, i)) for i in range(2)]
    metric = registry.metrics.get("density-coverage")
    wanted = [
        [metric.compute(metric.prepare(r, k=5), f, k=5)["coverage"]
         for r, f in (trial.draw(rng, 30, d, point) for point in trial.points)]
        for rng in rngs
    ]  # fmt: skip
    assert found["coverage"] == pytest.approx(np.mean(wanted, 0), abs=1e-12)


def test_the_command_writes_the_table_and_the_figure_and_exits_with_0(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics._court, "hold", partial(_court.hold, n=20, draws=1))
    words = ["verify", "metrics", "--court", "--json", "--out", str(tmp_path)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["rows"] == 30 and set(found["passed_rows"]) == set(_court.ROLES)
    assert min(found["passed_rows"].values()) > 0 and max(found["passed_rows"].values()) < 30
    names = {f"verify-court.{kind}" for kind in ("csv", "png", "svg")}
    assert {path.name for path in tmp_path.iterdir()} == names
    table = pd.read_csv(tmp_path / "verify-court.csv")
    assert list(table) == ["check", "dimension", "metric", "role", "kind", "points", "values",
                           "passed"]  # fmt: skip
    assert _court.totals(table).sum().to_dict() == found["passed_rows"]


def test_other_checks_hold_no_court():
    done = CliRunner().invoke(main, ["verify", "dirac", "--court"])
    assert done.exit_code == 2 and "verify dirac has no option --court" in done.stderr
