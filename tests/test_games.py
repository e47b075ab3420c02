"""Game algorithms: the bilinear game against linear algebra, the trainer's contract elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from test_trainer import make, relative

from ganbench import registry
from ganbench.errors import UsageError
from ganbench.optim import SGD, Adam, RMSprop, differentiable
from ganbench.plan import Request, make_plan
from ganbench.train.games import GAMES, find, resolve
from ganbench.train.population import Population
from ganbench.train.state import flatten

STEPS = 40
ARCH, ZEROS = registry.get("arch", "dirac"), registry.get("dataset", "dirac").load(None)
BASE = replace(registry.get("variant", "wgan"), optim=SGD(0.2), d_steps=1, constraint=None)
J = np.array([[0.0, 1.0], [-1.0, 0.0]])  # (theta, psi)' = J (theta, psi): the bilinear game's field
I2 = np.eye(2)


def trajectory(game, variant=BASE, steps=STEPS, seeds=(0,), backend="eager", **kwargs):
    """Return (theta, psi) of lane 0 from step 0 to ``steps``, ``[steps + 1, 2]``."""
    p = Population(variant, lambda: ARCH.build((1,)), ZEROS.train, "dirac", list(seeds), 1, steps,
                   game=game, dtype=torch.float64, backend=backend, **kwargs)  # fmt: skip
    found = []
    for i in range(steps + 1):
        found.append([float(p.state.g["theta"][0]), float(p.state.d["psi"][0])])
        if i < steps:
            p.run(1)
    return np.array(found)


def linear(game, h, weight=10.0):
    """Return the map of one step, and how many values it remembers beside (theta, psi).

    Written by hand from the papers' update rules, for w = (theta, psi) and v(w) = J w.
    """
    first = np.array([[1, 0], [-h, 1]])  # psi moves first: psi - h theta
    second = np.array([[1, h], [0, 1]])  # then theta: theta + h psi
    half = np.zeros((2, 2))
    damp = h * weight  # 1/2 |v|^2 = 1/2 (theta^2 + psi^2)
    maps = {
        "simultaneous": I2 + h * J,
        "alternating": second @ first,
        "extragradient": I2 + h * J @ (I2 + h * J),
        # (w, last u), u = -h v: w' = w - u is looked at, then u = -h J w'
        "past-extragradient": np.block([[I2 + h * J, -h * J], [-h * J, h * J]]),
        # (w, last u): w + 2 h J w + u, and u = -h J w
        "optimistic": np.block([[I2 + 2 * h * J, I2], [-h * J, half]]),
        "consensus": I2 + h * J - damp * I2,
        "consensus-alternating": np.array([[1 - damp, h], [0, 1]])
        @ np.array([[1, 0], [-h, 1 - damp]]),
    }
    for name in GAMES:
        if name.startswith("unrolled-"):
            k = int(name.removeprefix("unrolled-"))
            # G's loss is -(psi - k h theta) theta: its gradient -psi + 2 k h theta
            maps[name] = np.array([[1 - 2 * k * h**2, h], [-h, 1]])
    return maps[game]


def test_every_game_has_a_linear_map_here():
    for game in GAMES:
        assert linear(game, 0.1).shape in ((2, 2), (4, 4))


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("h", [0.05, 0.2])
@pytest.mark.parametrize("backend", ["eager", "loop"])
def test_the_bilinear_game_moves_by_its_linear_map(game, h, backend):
    weight = 0.7
    hyper = {"lr": h} | ({"consensus.weight": weight} if find(game).hyper else {})
    found = trajectory(game, hyper=hyper, backend=backend)
    matrix = linear(game, h, weight)
    w = np.zeros(len(matrix))
    w[:2] = 1
    for here in found:
        assert np.abs(here - w[:2]).max() <= 1e-10 * max(1, np.abs(w).max())
        w = matrix @ w
    assert np.abs(found[-1] - found[0]).max() > 0.1


H = 0.2
RATES = {
    "simultaneous": np.sqrt(1 + H**2),
    "alternating": 1.0,
    "extragradient": np.sqrt((1 - H**2) ** 2 + H**2),
    "optimistic": np.abs(np.roots([1, -1 - 2j * H, 1j * H])).max(),  # x^2 = x + h i (2 x - 1)
    "past-extragradient": np.abs(np.roots([1, -1 - 2j * H, 1j * H])).max(),
    "consensus": np.sqrt((1 - H * 0.5) ** 2 + H**2),
    "consensus-alternating": 1 - H * 0.5,
    "unrolled-5": np.sqrt(1 - 10 * H**2 + H**2),
}


@pytest.mark.parametrize("game", RATES)
def test_rates_have_their_closed_forms(game):
    """Spectral radii: Gidel 2019, section 3; Mescheder 2017, section 4."""
    found = np.abs(np.linalg.eigvals(linear(game, H, 0.5))).max()
    assert found == pytest.approx(RATES[game], abs=1e-12)


def test_simultaneous_grows_and_extragradient_shrinks_by_its_factor_at_every_step():
    for game in ("simultaneous", "extragradient", "consensus"):
        hyper = {"consensus.weight": 0.5} if find(game).hyper else {}
        norms = np.linalg.norm(trajectory(game, hyper=hyper), axis=1)
        assert norms[1:] / norms[:-1] == pytest.approx(RATES[game], abs=1e-10)


def test_alternating_stays_on_its_ellipse():
    found = trajectory("alternating", steps=200)
    theta, psi = found.T
    kept = theta**2 + psi**2 - H * theta * psi
    assert kept == pytest.approx(kept[0], abs=1e-10)


def test_optimism_is_extrapolation_from_the_past_seen_at_the_trial_points():
    """Gidel 2019, section 3.2: with plain gradients both make the same points."""
    past, optimistic = trajectory("past-extragradient"), trajectory("optimistic")
    steps = np.vstack([[0, 0], past[:-2] - past[1:-1]])  # u, the memory at each point
    assert past[:-1] - steps == pytest.approx(optimistic[:-1], abs=1e-10)


@pytest.mark.parametrize("game", GAMES)
def test_with_two_discriminator_steps_the_last_is_the_joint_one(game):
    """After one step: theta of the rule from the psi that one round of D by itself leads to."""
    theta, psi = trajectory(game, replace(BASE, d_steps=2), steps=1, hyper=weights(game))[1]
    single = trajectory(game, replace(BASE, d_steps=1), steps=1, hyper=weights(game))[1]
    if game in ("past-extragradient", "optimistic"):  # D's second round has a last step: h theta
        wanted = {"past-extragradient": (1 + H * (1 - 2 * H), 1 - 2 * H),
                  "optimistic": (1 + 2 * H * (1 - 2 * H), 1 - 3 * H)}[game]  # fmt: skip
    elif game == "extragradient":  # theta rests in D's own round
        wanted = (1 + H * (1 - 2 * H), 1 - H - H * (1 + H * (1 - H)))
    else:
        first = linear("consensus" if weights(game) else "simultaneous", H, 0.5) @ [1, 1]
        rule = linear(game, H, 0.5)
        wanted = rule @ [1, first[1]]
    assert (theta, psi) == pytest.approx(wanted, abs=1e-12)
    assert abs(psi - single[1]) > 0.01


def weights(game):
    return {"consensus.weight": 0.5} if find(game).hyper else {}


@pytest.mark.parametrize("game", GAMES)
def test_clipping_still_holds(game):
    from ganbench.constraints import weight_clip

    found = trajectory(game, replace(BASE, constraint=weight_clip(0.3)), hyper=weights(game))
    assert np.abs(found[1:, 1]).max() <= 0.3 and np.abs(found[1:, 1]).min() < 0.3


def test_the_trial_point_is_clipped_too():
    """Gidel 2019, section 3.1: both points are projected."""
    from ganbench.constraints import weight_clip

    variant = replace(BASE, constraint=weight_clip(0.5))
    theta = trajectory("extragradient", variant, steps=1)[1, 0]
    assert theta == pytest.approx(1 + H * 0.5, abs=1e-12)  # psi' = clip(1 - h) = 0.5


def adam(point, grad, m, v, t, lr=0.01, beta1=0.5, beta2=0.9, eps=1e-8):
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return (
        point - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
    )  # fmt: skip


ADAM = replace(BASE, optim=Adam(0.01, (0.5, 0.9)))
ADAM_STEPS = 30


def test_extra_adam_moves_its_moments_at_the_trial_point():
    """Gidel 2019, Algorithm 4, by hand."""
    w, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        trial, m, v = adam(w, -J @ w, m, v, 2 * t + 1)
        w, m, v = adam(w, -J @ trial, m, v, 2 * t + 2)
        wanted.append(w)
    found = trajectory("extragradient", ADAM, ADAM_STEPS)
    assert np.abs(found - np.array(wanted)).max() <= 1e-10


def test_optimistic_adam():
    """Daskalakis 2018, Algorithm 1, by hand."""
    w, m, v, last = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        moved, m, v = adam(w, -J @ w, m, v, t + 1)
        w, last = w - 2 * (w - moved) + last, w - moved
        wanted.append(w)
    assert np.abs(trajectory("optimistic", ADAM, ADAM_STEPS) - np.array(wanted)).max() <= 1e-10


def test_past_extra_adam_counts_each_gradient_once():
    w, m, v, last = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(2)
    wanted = [w]
    for t in range(ADAM_STEPS):
        moved, m, v = adam(w, -J @ (w - last), m, v, t + 1)
        w, last = moved, w - moved
        wanted.append(w)
    found = trajectory("past-extragradient", ADAM, ADAM_STEPS)
    assert np.abs(found - np.array(wanted)).max() <= 1e-10


@pytest.mark.parametrize("optim", [Adam(0.01, (0.5, 0.9)), RMSprop(0.01)], ids=["adam", "rmsprop"])
def test_the_gradient_through_the_unrolled_optimiser(optim):
    """One step of G by plain gradient: its gradient against differences of the unrolled loss."""
    variant = replace(BASE, optim=SGD(1.0), optim_d=optim)

    def loss(theta, psi=1.0, k=3):
        m, v = 0.0, 0.0
        for t in range(1, k + 1):
            if optim.hyper().keys() >= {"beta1"}:
                psi, m, v = adam(psi, theta, m, v, t)
            else:
                v = 0.99 * v + 0.01 * theta**2
                psi -= 0.01 * theta / (np.sqrt(v) + 1e-8)
        return -psi * theta

    slope = (loss(1 + 1e-6) - loss(1 - 1e-6)) / 2e-6
    found = trajectory("unrolled-3", variant, steps=1)
    assert found[1, 0] == pytest.approx(1 - slope, abs=1e-8)


@pytest.mark.parametrize("optim", [Adam(0.01, (0.5, 0.9)), RMSprop(0.01), SGD(0.01)])
def test_differentiable_optimisers_do_the_same_and_have_derivatives_at_zero(optim):
    rng = np.random.default_rng(0)
    params = {"w": torch.from_numpy(rng.standard_normal(5))}
    hyper = {k: torch.tensor(v, dtype=torch.float64) for k, v in optim.hyper().items()}
    plain, smooth = optim.init(params), optim.init(params)
    ours, theirs = params, params
    for _ in range(3):
        grads = {"w": torch.from_numpy(rng.standard_normal(5))}
        grads["w"][0] = 0
        leaf = {"w": grads["w"].clone().requires_grad_()}
        ours, plain = optim.update(grads, plain, ours, hyper)
        theirs, smooth = differentiable(optim).update(leaf, smooth, theirs, hyper)
        (slope,) = torch.autograd.grad(theirs["w"].sum(), leaf["w"], retain_graph=True)
        assert torch.equal(ours["w"], theirs["w"].detach()) and torch.isfinite(slope).all()


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("subject", ["ns", "wgan-gp"])
def test_lane_equals_solo(game, subject):
    given = {"game": game, "dtype": "float64", "batch": 32, "ema": 0.9}
    together = make(subject, "toy", [0, 1, 2], **given)
    together.run(4)
    solo = make(subject, "toy", [1], **given)
    solo.run(4)
    assert solo.diverged(1) is None
    for part, tree in solo.params(1).items():
        assert max(relative(together.params(1)[part][k], v) for k, v in tree.items()) <= 1e-9


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("subject", ["ns", "wgan-gp"])
def test_loop_agrees_with_eager(game, subject):
    given = {"game": game, "dtype": "float64"}
    reference = make(subject, "toy", [0, 1], backend="eager", **given)
    for _ in range(2):
        other = make(subject, "toy", [0, 1], backend="loop", **given)
        other.load_state_dict(reference.state_dict())
        reference.run(1)
        other.run(1)
        ours, theirs = flatten(other.state), flatten(reference.state)
        for key, value in theirs.items():
            # where a gradient is nothing but rounding, so is the remembered step: some 1e-14
            assert torch.allclose(ours[key], value, rtol=1e-7, atol=1e-12), key


@pytest.mark.parametrize("game", GAMES)
def test_going_on_from_a_checkpoint_is_exact(game):
    straight, first, second = (make("ns", "toy", [0, 1], game=game, ema=0.9) for _ in range(3))
    straight.run(8)
    first.run(3)
    second.load_state_dict(first.state_dict())
    second.run(5)
    ours, theirs = flatten(second.state), flatten(straight.state)
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)
    remembers = any(k.startswith(".game") for k in theirs)
    assert remembers == bool(find(game).init({}, {}))
    if remembers:
        memory = [v for k, v in theirs.items() if k.startswith(".game")]
        assert all(bool((v != 0).any()) for v in memory)


def test_a_checkpoint_of_another_game_is_refused():
    with pytest.raises(ValueError, match="belongs to other"):
        make("ns", "toy", [0], game="optimistic").load_state_dict(
            make("ns", "toy", [0]).state_dict()
        )


def test_the_weight_of_consensus_is_a_hyper_parameter_of_each_lane():
    given = {"game": "consensus", "dtype": "float64"}
    both = make("ns", "toy", [0, 1], hyper={"consensus.weight": [10.0, 0.0]}, **given)
    default, plain = make("ns", "toy", [0], **given), make("ns", "toy", [1], "float64",
                                                           game="simultaneous")  # fmt: skip
    for p in (both, default, plain):
        p.run(5)
    for seed, alone in ((0, default), (1, plain)):
        for part, tree in alone.params(seed).items():
            assert max(relative(both.params(seed)[part][k], v) for k, v in tree.items()) <= 1e-9
    with pytest.raises(UsageError, match="has no hyper-parameter 'consensus.weight'"):
        make("ns", "toy", [0], hyper={"consensus.weight": 1.0})


def test_any_depth_can_be_unrolled_and_nothing_else_can_be_asked_for():
    assert trajectory("unrolled-2", steps=1)[1, 0] == pytest.approx(1 + H - 4 * H**2, abs=1e-12)
    for name in ("unrolled-0", "unrolled-", "unrolled", "chess", ""):
        with pytest.raises(UsageError, match=f"unknown game '{name}'; known: alternating"):
            find(name)


def test_a_variant_can_demand_its_game():
    method = replace(registry.get("variant", "ns"), name="deep", game="unrolled-5")
    assert resolve(method, None) == resolve(method, "unrolled-5") == "unrolled-5"
    with pytest.raises(UsageError, match="deep is trained by game unrolled-5, not by alternating"):
        resolve(method, "alternating")
    free = registry.get("variant", "ns")
    assert (resolve(free, None), resolve(free, "optimistic")) == ("alternating", "optimistic")


def test_a_plan_takes_each_variants_game_and_skips_where_another_is_asked_for(monkeypatch):
    method = replace(registry.get("variant", "ns"), name="deep", game="unrolled-5")
    monkeypatch.setitem(registry._entries["variant"], "deep", method)
    asked = {"variants": ("ns,deep",), "dataset": "ring2d", "preset": "smoke"}
    plan, _ = make_plan(Request(**asked))
    assert [t.game for t in plan.trainings] == ["alternating", "unrolled-5"]
    plan, _ = make_plan(Request(**asked, game="consensus"))
    assert [t.variant for t in plan.trainings] == ["ns"]
    assert plan.skipped == {"deep": "variant deep is trained by game unrolled-5, not by consensus"}
