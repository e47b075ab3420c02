"""Executable checks: they pass on the final code (slow), and they can fail."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Quantity
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.reports.literature import literature_values
from ganbench.verify import _linear_mean, bilinear, dirac, metrics, mixtures, stacked_mnist
from ganbench.verify._degrade import DEGRADATIONS, STEPS, Pool
from ganbench.verify._published import compare, judge

RNG = np.random.default_rng(0)
IMAGES = Pool(
    RNG.integers(0, 256, (3000, 1, 8, 8), np.uint8), np.arange(3000) % 10,
    RNG.integers(0, 256, (300, 1, 8, 8), np.uint8), 200,
)  # fmt: skip


def rows(images):
    return {image.tobytes() for image in images}


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_degradations_are_seeded_and_step_0_leaves_real_samples(name):
    def degrade(step):
        return DEGRADATIONS[name](IMAGES, step, np.random.default_rng(1))

    assert rows(degrade(0)) <= rows(IMAGES.samples) and len(rows(degrade(0))) == 200
    for step in range(STEPS):
        found = degrade(step)
        assert found.shape == (200, 1, 8, 8) and found.dtype == np.uint8
        assert np.array_equal(found, degrade(step))
        assert (step == 0) == np.array_equal(found, degrade(0))


def test_degradations_do_what_they_say():
    def at(name, step):
        return DEGRADATIONS[name](IMAGES, step, np.random.default_rng(1))

    labels = {image.tobytes(): label for image, label in zip(*IMAGES_PAIR, strict=True)}
    assert [len({labels[i] for i in rows(at("drop", s))}) for s in range(STEPS)] == [10, 8, 5, 2, 1]
    assert [len(rows(at("duplicate", s))) for s in range(STEPS)] == [200, 100, 50, 25, 12]
    copied = [len(rows(at("copy", s)) & rows(IMAGES.train)) for s in range(STEPS)]
    assert copied == [0, 50, 100, 150, 200]
    spread = [at("blur", s).astype(float).std() for s in range(STEPS)]
    assert spread == sorted(spread, reverse=True)
    points = Pool(np.zeros((50, 2), np.float32), np.zeros(50), np.zeros((9, 2)), 50, std=0.5)
    moved = DEGRADATIONS["noise"](points, 4, np.random.default_rng(0))
    assert moved.std() == pytest.approx(30, rel=0.2) and moved.dtype == np.float32


IMAGES_PAIR = (IMAGES.samples, IMAGES.labels)


def judged(quantity, values, degradation="drop", spread=0.0):
    """Return whether the checks of a made-up series pass."""
    draws = [{"degradation": "none", "step": 0, "draw": i, "value": values[0] + i * spread}
             for i in range(2)]  # fmt: skip
    steps = [{"degradation": degradation, "step": i, "draw": 0, "value": v}
             for i, v in enumerate(values)][1:]  # fmt: skip
    bed = metrics.Bed("bed", None, IMAGES, None, (), ("drop", "copy"))
    found = list(metrics._judge(bed, quantity, pd.DataFrame(draws + steps)))
    return [check.passed for check in found]


def test_a_metric_that_misses_its_control_fails():
    worse = Quantity("q", "", higher_is_better=False, controls=("drop",))
    assert judged(worse, [0, 1, 2, 3, 4]) == [True]
    assert judged(worse, [0, 1, 0.9, 3, 4]) == [True]  # saturation, within the slack
    assert judged(worse, [0, 1, 0.5, 3, 4]) == [False]
    assert judged(worse, [0, 0, 0, 0, 0]) == [False]
    assert judged(worse, [4, 3, 2, 1, 0]) == [False]
    assert judged(worse, [0, 1, 2, 3, 4], spread=2.0) == [False]  # within the noise
    assert judged(replace(worse, higher_is_better=True), [4, 3, 2, 1, 0]) == [True]
    assert judged(replace(worse, controls=("blur",)), [0, 0, 0, 0, 0]) == []  # not on this bed


def test_a_metric_that_should_be_blind_and_is_not_fails():
    blind = Quantity("q", "", higher_is_better=False, blind=("copy",))
    assert judged(blind, [1, 1, 1, 1, 1], "copy") == [True]
    assert judged(blind, [1, 1, 1, 1, 2], "copy") == [False]
    assert judged(blind, [1, 1, 1, 1, 2], "copy", spread=0.6) == [True]


def test_every_metric_of_samples_has_a_positive_control():
    for metric in registry.metrics.items():
        if metric.group in ("quality", "transport", "collapse", "memorisation"):
            for quantity in metric.quantities:
                assert quantity.controls, quantity.key
                assert set(quantity.controls + quantity.blind) <= set(DEGRADATIONS)


def test_unknown_check_is_one_line():
    done = CliRunner().invoke(main, ["verify", "metrcs"])
    assert done.exit_code == 2 and "unknown check 'metrcs'" in done.stderr


@pytest.mark.slow
def test_verify_metrics(tmp_path):
    done = CliRunner().invoke(main, ["verify", "metrics", "--out", str(tmp_path), "--json"])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert done.exit_code == 0 and found["passed"] and found["checks"] > 90, done.output
    assert {p.name for p in tmp_path.iterdir()} == {
        "verify-metrics.csv", "verify-metrics.png", "verify-metrics.svg"
    }  # fmt: skip


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# (dtheta, dpsi) as functions of (theta, psi): minus the gradients of both losses, by hand
FIELDS = {
    "minimax": lambda t, p: (p * sigmoid(p * t), -t * sigmoid(p * t)),
    "ns": lambda t, p: (p * sigmoid(-p * t), -t * sigmoid(p * t)),
    "wgan": lambda t, p: (p, -t),
    "wgan-gp": lambda t, p: (p, -t - 0.35 * 2 * (abs(p) - 1) * np.sign(p)),
}


def damped(name, gamma):
    def field(t, p):
        dt, dp = FIELDS[name](t, p)
        return dt, dp - gamma * p

    return field


def agreeing(t, p):
    """The minimax field less the gradient of 1/2 |v|^2 = 1/2 s^2 (t^2 + p^2), s = sigmoid(p t)."""
    dt, dp = FIELDS["minimax"](t, p)
    s = sigmoid(p * t)
    square, slope = t**2 + p**2, s * s * (1 - s)
    return dt - slope * p * square - s**2 * t, dp - slope * t * square - s**2 * p


FIELDS |= {
    "minimax-r1-0.3": damped("minimax", 0.3),
    "minimax-r1-1": damped("minimax", 1.0),
    "ns-r1-0.3": damped("ns", 0.3),
    "consensus": agreeing,
}


def by_hand(name, game, steps):
    t, p = 1.0, 1.0
    found = [(t, p)]
    for _ in range(steps):
        dt, dp = FIELDS[name](t, p)
        p += 0.2 * dp
        if name == "wgan":
            p = min(max(p, -1.0), 1.0)
        t += 0.2 * (FIELDS[name](t, p)[0] if game == "alternating" else dt)
        found.append((t, p))
    return np.array(found)


@pytest.mark.parametrize("game", dirac.GAMES)
@pytest.mark.parametrize("case", dirac.cases(), ids=lambda case: case.name)
def test_dirac_trajectories_equal_a_loop_written_by_hand(case, game):
    found = dirac.trajectory(case, game, steps=60)
    assert np.abs(found - by_hand(case.name, game, 60)).max() <= 1e-10


def test_dirac_has_its_cases():
    assert [case.name for case in dirac.cases()] == list(FIELDS)


def hand_made(name, **replaced):
    (case,) = (c for c in dirac.cases() if c.name == name)
    paths = {game: by_hand(name, game, dirac.STEPS) for game in dirac.GAMES}
    return case, [check.passed for check in case.judge(case, paths | replaced)]


@pytest.mark.parametrize("name", FIELDS)
def test_dirac_checks_pass_on_the_hand_written_loop(name):
    assert all(hand_made(name)[1])


@pytest.mark.parametrize(
    ("name", "other", "passed"),
    [
        ("minimax", "minimax-r1-0.3", [False, False]),
        ("minimax", "ns", [False, False]),
        ("ns", "minimax", [False, False]),
        ("ns", "ns-r1-0.3", [False, False]),
        ("wgan", "minimax-r1-0.3", [False, False]),
        ("wgan-gp", "consensus", [False, False]),
        ("minimax-r1-0.3", "minimax", [False] * 4),
        ("minimax-r1-0.3", "minimax-r1-1", [True, False] * 2),  # it converges at another rate
        ("consensus", "minimax-r1-0.3", [True, False] * 2),
    ],
)
def test_dirac_checks_fail_on_another_cases_trajectories(name, other, passed):
    wrong = {game: by_hand(other, game, dirac.STEPS) for game in dirac.GAMES}
    assert hand_made(name, **wrong)[1] == passed


@pytest.mark.parametrize("name", ["minimax-r1-0.3", "consensus"])
def test_dirac_tells_the_two_games_apart_by_their_rates(name):
    at_once, turns = (by_hand(name, game, dirac.STEPS) for game in dirac.GAMES)
    swapped = hand_made(name, simultaneous=turns, alternating=at_once)[1]
    assert swapped == [True, False, True, False]


def test_dirac_eigenvalues_are_the_theorys_and_a_wrong_gamma_fails():
    for case in (c for c in dirac.cases() if c.smooth):
        found = dirac.eigenvalues(case)
        assert dirac._linear(case, found).passed
        assert not dirac._linear(replace(case, gamma=case.gamma + 0.01), found).passed
    roots = dirac.theory(replace(case, gamma=0.3))
    assert roots == pytest.approx([-0.15 + 0.47696960j, -0.15 - 0.47696960j], abs=1e-8)


def spiral(factor, steps=bilinear.STEPS):
    z = (factor * np.exp(0.2j)) ** np.arange(steps + 1)
    return np.stack([z.real + 0.3 * z.imag, z.imag], -1)  # an ellipse: its norm wobbles


def test_bilinear_measures_the_factor_and_fails_on_another():
    for factor in (0.5, 0.98, 1.0, 1.02):
        assert bilinear.rate(spiral(factor)) == pytest.approx(factor, abs=1e-9)
    wanted = [bilinear.radius("extragradient", h) for h in bilinear.LRS]
    right = np.stack([spiral(x) for x in wanted], 1)
    wrong = np.stack([spiral(x + 1e-5) for x in wanted], 1)
    assert [c.passed for c in bilinear.judge("extragradient", right)] == [True] * 4
    assert [c.passed for c in bilinear.judge("extragradient", wrong)] == [False] * 4
    assert [c.passed for c in bilinear.judge("past-extragradient", right)] == [False] * 4


def test_a_linear_discriminator_learns_the_mean_as_published():
    """Daskalakis 2018, section 2: the clipped game goes round the mean, optimism reaches it."""
    found = _linear_mean.checks()
    assert len(found) == 4 and [check for check in found if not check.passed] == []


def test_the_linear_mean_game_is_a_loop_written_by_hand_and_fails_on_another_step(monkeypatch):
    w, theta = np.full(2, 1.4), np.full(2, 1.7)
    for here in _linear_mean.path("simultaneous")[:50]:
        assert here == pytest.approx(theta, abs=1e-12)
        w, theta = np.clip(w + 0.1 * (np.array([3, 4]) - theta), -1, 1), theta + 0.1 * w
    monkeypatch.setattr(_linear_mean, "LR", 0.1 + 1e-7)
    assert not any(check.passed for check in _linear_mean.checks())


def test_every_game_has_a_theory_in_bilinear():
    unrolled = {v.game for v in registry.variants.items() if v.game}
    assert set(bilinear.POLYNOMIALS) == {*registry.games.names(), *unrolled}


def trials(**changed):
    """Rows of results.csv in which ten trials come out as published, but for what is changed."""
    rows = []
    for task in mixtures.STUDY.tasks:
        for row in literature_values(task).query("study == @mixtures.STUDY.source").itertuples():
            mean = changed.get(f"{task}_{row.variant.replace('-', '')}_{row.metric}", row.value)
            spread = row.spread * 3 * np.resize([-1, 1], 10)  # sd of the mean: the published one
            rows += [
                {"dataset": task, "variant": row.variant, "metric": row.metric, "seed": seed,
                 "checkpoint": c, "value": mean + off if c == 20 else -9.0}
                for seed, off in enumerate(spread) for c in (19, 20)
            ]  # fmt: skip
    return pd.DataFrame(rows)


def test_mixtures_passes_on_the_published_means_and_fails_on_others():
    def failing(**changed):
        checks = judge(compare(mixtures.STUDY, trials(**changed)))
        assert len(checks) == 16
        return [check.name for check in checks if not check.passed]

    assert failing() == []
    assert failing(ring2d_ns_hq=0.97) == ["ring2d, ns: hq"]
    assert failing(grid2d_pacgan4_modes=17.0) == [
        "grid2d, pacgan-4: modes", "grid2d, modes: pacgan-4 above ns"
    ]  # fmt: skip
    lost = trials()
    lost.loc[(lost["checkpoint"] == 20) & (lost["seed"] == 3), "value"] = np.nan
    assert sum(not c.passed for c in judge(compare(mixtures.STUDY, lost))) == 12


@pytest.mark.slow
def test_mixtures_trains_in_a_folder_and_goes_on_there(tmp_path):
    words = ["verify", "mixtures", "--scale", "0.00001", "--seeds", "2", "--out", str(tmp_path)]
    done = CliRunner().invoke(main, [*words, "--json"])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert done.exit_code == 1 and found["scale"] == 1e-5 and len(found["means"]) == 12, done.output
    assert (tmp_path / "verify-mixtures.png").exists()
    written = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*/records/*")}
    assert len(written) == 8
    CliRunner().invoke(main, words)
    assert written == {p: p.stat().st_mtime_ns for p in tmp_path.glob("*/records/*")}
    trained = [json.loads(path.read_text())["training"] for path in written]
    assert all(t["hyper"] == mixtures.STUDY.hyper and t["game"] == "simultaneous" for t in trained)
    batches = {t["variant"]: (t["batch"], t["steps"]) for t in trained}
    # As many steps each; a batch of packs holds as many packs as another holds samples.
    assert batches == {"ns": (100, 4), "pacgan-2": (200, 4), "pacgan-4": (400, 4)}


def test_stacked_mnist_is_planned_as_published(tmp_path):
    study = stacked_mnist.STUDY
    plan, _ = make_plan(
        Request(
            variants=("ns", "pacgan-2"),
            dataset="stacked-mnist",
            arch=study.arch,
            preset="paper",
            hyper=study.hyper,
            batch=study.batch,
            metrics=",".join(study.metrics),
        )
    )  # fmt: skip
    first = plan.trainings[0]
    assert (first.steps, first.n_fake, len(plan.seeds)) == (100_000, 26_000, 10)
    paper = literature_values("stacked-mnist").query("study == @study.source")
    asked = {(v, m) for v in ("ns", "pacgan-2") for m in study.metrics}
    assert asked == set(zip(paper["variant"], paper["metric"], strict=True))
    with pytest.raises(UsageError, match="--scale is 2"):
        stacked_mnist.run(scale=2.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "checks"), [("dirac", 29), ("bilinear", 4 * len(bilinear.POLYNOMIALS) + 4)]
)
def test_verify_games(name, checks, tmp_path):
    done = CliRunner().invoke(main, ["verify", name, "--out", str(tmp_path), "--json"])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert done.exit_code == 0 and found["passed"], done.output
    assert f"{checks} of {checks} checks passed" in done.stdout
    assert {p.suffix for p in tmp_path.iterdir()} == {".csv", ".png", ".svg"}
    if name == "dirac":
        for case, final in found["cases"].items():
            for game, value in final.items():
                wanted = np.linalg.norm(by_hand(case, game, dirac.STEPS)[-1])
                assert value == pytest.approx(wanted, abs=1e-10)


def test_tick_labels_of_logarithmic_axes_are_numbers():
    """Text is drawn as it is, so that formulas would show their source."""
    path = np.ones((bilinear.STEPS + 1, len(bilinear.LRS), 2))
    figure = bilinear.draw({"simultaneous": path})
    figure.canvas.draw()
    labels = [t.get_text() for axis in figure.axes for t in axis.get_yticklabels()]
    assert any(labels) and not any("$" in label for label in labels)
