"""The leaderboard's aggregates and ranks."""

import math

import numpy as np
import pandas as pd
import pytest

from ganbench.experiment.records import QuantityInfo
from ganbench.reports import leaderboard

FD = QuantityInfo(unit="", higher_is_better=False, worst=math.inf)


def test_leaderboard_against_a_hand_computed_case():
    rows = [
        {"protocol_id": "p", "metric": "fd", "higher_is_better": False, "dataset": "d", "arch": "a",
         "variant": variant, "seed": seed, "status": "ok" if value else "diverged",
         "checkpoint": checkpoint, "value": value, "train_s": 1.0, "train_cpu_s": 1.0,
         "verdict": "learned" if value else "diverged", "g_steps": 3000, "batch": 8,
         "hyper_id": "", "floor": 0.0, "params_g": 1, "params_d": 1, "d_norm": "none"}
        for variant, curves in {
            "ns": [(4.0, 2.0), (6.0, 6.0), (1.0, 3.0)],
            "x": [(1.0, 1.0), (9.0, None), (2.0, 2.0)],
        }.items()
        for seed, curve in enumerate(curves)
        for checkpoint, value in enumerate(curve, 1)
    ]  # fmt: skip
    rows = [
        r | {"status": "diverged"} if r["variant"] == "x" and r["seed"] == 1 else r for r in rows
    ]
    board = leaderboard.leaderboard(pd.DataFrame(rows), {"fd": FD}).set_index("variant")
    ns, x = board.loc["ns"], board.loc["x"]
    assert (ns["median"], ns["mean"], ns["best"], ns["n_diverged"]) == (3.0, 11 / 3, 2.0, 0)
    assert ns["last_over_best"] == 1.0 and ns["sd"] == pytest.approx(np.std([2, 6, 3], ddof=1))
    assert (x["median"], x["n_diverged"], x["mean"], x["iqm"]) == (2.0, 1, 1.5, math.inf)
    assert (x["rank"], ns["rank"]) == (1, 2)
    assert math.isnan(ns["p_vs_baseline"]) and math.isnan(x["p_vs_baseline"])
