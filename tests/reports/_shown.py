"""Figures' input from a few numbers: variants, the last value of each seed, and the floor."""

import numpy as np

from ganbench.experiment.records import Measurement
from ganbench.reports import leaderboard
from ganbench.reports.build import run_names
from ganbench.reports.plots import shown_of
from tests.reports import _golden


def records(values, floor=0.5, steps=3_000, frequencies=None, history=None, precision=None):
    """Return the records of ``{variant: [last fd of each seed]}``; None for a seed that failed.

    Every seed has three times its last value at half the updates. A seed's training takes as many
    seconds as its variant has letters.

    Args:
        frequencies: ``{variant: [[share of each class] of each seed]}``.
        history: of each record. precision: of every seed; 0.25 by default.
    """
    made = []
    for variant, own in values.items():
        given = _golden.training(variant).model_copy(update={"budget": steps, "steps": steps})
        for seed, last in enumerate(own):
            points = [] if last is None else [(1, 3 * last), (2, last)]
            if variant.startswith("control:"):
                points = points[1:]
            measurements = [
                Measurement(
                    checkpoint=at, images_seen=10 * at * steps // 2, g_steps=at * steps // 2,
                    d_steps=at * steps // 2, train_s=float(at), eval_s=0.1,
                    train_cpu_s=at * len(variant) / 2,
                    values={"fd": float(value), "precision": precision or 0.25},
                )
                for at, value in points
            ]  # fmt: skip
            record = _golden.whole(given, seed, measurements, diverged=last is None)
            shares = frequencies and last is not None and frequencies[variant][seed]
            floors = {} if floor is None else {"fd": floor, "precision": 0.8}
            change = {"floors": floors, "history": history or {}, "frequencies": shares or None}
            made.append(record.model_copy(update=change))
    return made


def shown(values, made=None, primary="fd", **given):
    """Return what figures show of ``records``."""
    made = made or records(values, **given)
    made = [record.model_copy(update={"primary": primary}) for record in made]
    table, known = leaderboard.results(made), leaderboard.quantities(made)
    board = leaderboard.leaderboard(table, known)
    return shown_of(made, table, board, known, run_names(made))


CONTROLS = {"control:real": [0.4, 0.6], "control:gaussian": [20.0, 20.2]}


def many(variants, seeds, failed=(), scale=0.3):
    """Return last values of so many variants and seeds, drawn at random, with controls."""
    from ganbench.core import registry

    rng = np.random.default_rng(0)
    names = [v.name for v in registry.variants.items()][:variants]
    values = {
        name: list(3 * np.exp(scale * rng.normal(size=seeds) + 0.05 * place))
        for place, name in enumerate(names)
    }
    for name in failed:
        values[name] = [None] * seeds
    return CONTROLS | values


def texts(axes, gid=None):
    """Return the texts of a panel, of one kind."""
    return [text.get_text() for text in axes.texts if gid is None or text.get_gid() == gid]


def artist(axes, label):
    """Return the one artist of a panel with this label."""
    found = [a for a in axes.get_children() if a.get_label() == label]
    assert len(found) == 1, f"{label}: {len(found)}"
    return found[0]
