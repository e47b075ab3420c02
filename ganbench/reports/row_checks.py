"""What is wrong with the rows of ``results.csv``, all at once: for boards of a million rows."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ganbench.experiment.records import CONTROL, QuantityInfo

COLUMNS = ["variant", "run_id", "reason"]
NAME = re.compile(r"(control:)?[a-z0-9][a-z0-9_.+-]{0,127}")  # and nothing a table program executes
ARCH = re.compile(r"[a-z0-9][a-z0-9_.:=,+-]{0,255}")
DATASET = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,127}")
SPREADS = 5.0  # standard deviations of a floor's draws, by which a value may lie below it


def flawed_variants(
    table: pd.DataFrame, known: Mapping[str, QuantityInfo], floor_sds: Mapping[str, float]
) -> pd.DataFrame:
    """Return the variants that no board may hold: ``variant, run_id, reason``, one row a reason.

    A variant without one of its seeds would be a chosen few of them: all of it is left out.

    Args:
        table: in the columns of ``results.csv``.
        known: the quantities in it.
        floor_sds: the standard deviation of one draw of each floor.
    """
    found = [_names(table), _values(table, known, floor_sds), _protocols(table), _seeds(table)]
    found.append(_repeated(table))
    flaws = pd.concat([part for part in found if len(part)] or [pd.DataFrame(columns=COLUMNS)])
    return flaws.drop_duplicates(["variant", "run_id", "reason"])[COLUMNS]


def _flaws(rows: pd.DataFrame, reason: pd.Series | str) -> pd.DataFrame:
    return rows[["variant", "run_id"]].assign(reason=reason)


def _names(table: pd.DataFrame) -> pd.DataFrame:
    """Find names that are none, such as a formula that a table program would execute."""
    bad = []
    for column, pattern in (("variant", NAME), ("arch", ARCH), ("dataset", DATASET)):
        named = table.drop_duplicates([column, "variant"])
        wrong = named[~named[column].astype(str).map(lambda s, p=pattern: bool(p.fullmatch(s)))]
        bad.append(_flaws(wrong, f"{column} " + wrong[column].map(repr) + " is no name"))
    return pd.concat(bad)


def _values(
    table: pd.DataFrame, known: Mapping[str, QuantityInfo], floor_sds: Mapping[str, float]
) -> pd.DataFrame:
    """Find values that are impossible: infinite, out of range, below the floor, of another sign.

    Of each variant, quantity and reason the first one is named.
    """
    value, floor = table["value"].to_numpy(float), table["floor"].to_numpy(float)
    metric, unit = table["metric"], table["unit"]
    control = table["variant"].str.startswith(CONTROL).to_numpy()
    distance = unit.map({u: str(u).endswith("distance") for u in unit.unique()}).to_numpy(bool)
    share = unit.map({u: str(u).startswith("share") for u in unit.unique()}).to_numpy(bool)
    higher = metric.map({key: info.higher_is_better for key, info in known.items()})
    spread = metric.map(floor_sds).to_numpy(float)  # unknown: nothing is below
    cases = {
        "not finite": np.isinf(value),
        "no share of 0 to 1": share & ((value < 0) | (value > 1)),
        "below its floor": distance & ~control & (value < floor - SPREADS * spread),
        "a negative distance": distance & (value < -1e-9),
        "of another direction than the rest": higher.notna()
        & (higher != table["higher_is_better"]),
        "of no known quantity": higher.isna(),
    }
    bad = []
    for said, wrong in cases.items():
        rows = table[np.asarray(wrong, bool)].drop_duplicates(["variant", "metric"])
        told = zip(rows["metric"], rows["value"], rows["g_steps"], rows["floor"], strict=True)
        reasons = [
            f"{key} is {found:.6g} at {steps:.0f} updates, {said}"
            + (f" {least:.4g}" if said == "below its floor" else "")
            for key, found, steps, least in told
        ]
        bad.append(_flaws(rows, pd.Series(reasons, rows.index, object)))
    return pd.concat(bad)


def _protocols(table: pd.DataFrame) -> pd.DataFrame:
    """Find variants that were measured or trained otherwise than the rest."""
    parts = table.drop_duplicates(
        [
            "dataset",
            "metric",
            "protocol_id",
            "variant",
            "arch",
            "dataset_sha256",
            "batch",
            "hyper_id",
        ]
    )
    bad = []
    first = parts[parts["verdict"] != "control"]
    of_variant = ["variant", "arch"]
    shared = ((["dataset"], "dataset_sha256"), (of_variant, "batch"), (of_variant, "hyper_id"))
    for columns, said in shared:
        usual = first.groupby(columns)[said].agg(lambda s: s.mode(dropna=False).iloc[0])
        keys = first[columns[0]] if len(columns) == 1 else pd.MultiIndex.from_frame(first[columns])
        expected = usual.reindex(keys).to_numpy()
        own = first[said].to_numpy()
        other = ~((own == expected) | (pd.isna(own) & pd.isna(expected)))
        wrong = first[other].drop_duplicates("variant")
        bad.append(_flaws(wrong, f"{said} is not that of the others"))
    counts = table.groupby(["dataset", "metric", "variant", "arch", "seed"])["protocol_id"]
    users = table.groupby(["dataset", "metric", "protocol_id"])["variant"].transform("nunique")
    most = users.groupby([table["dataset"], table["metric"]]).transform("max")
    lone = table[(users == 1) & (most > 2) & (counts.transform("nunique") == 1)]
    lone = lone.drop_duplicates(["variant", "metric"])
    bad.append(_flaws(lone, lone["metric"] + " has a protocol of its own"))
    return pd.concat(bad)


def _seeds(table: pd.DataFrame) -> pd.DataFrame:
    """Find variants that lack a seed before others that are there."""
    trained = table[~table["variant"].str.startswith(CONTROL)]
    groups = trained.groupby(["arch", "variant"])["seed"].agg(["nunique", "max"]).reset_index()
    missing = groups[groups["nunique"] <= groups["max"]]
    return missing.assign(run_id="", reason="seeds are missing: all that were begun must be shown")[
        COLUMNS
    ]


def _repeated(table: pd.DataFrame) -> pd.DataFrame:
    """Find trainings with all the values of another one, digit for digit."""
    rows = table[~table["variant"].str.startswith(CONTROL) & table["value"].notna()]
    rows = rows.sort_values(["run_id", "checkpoint", "metric"], kind="stable")
    hashed = pd.util.hash_pandas_object(rows[["checkpoint", "metric", "value"]], index=False)
    fraction = rows["value"].mod(1) != 0
    sums = hashed.groupby(rows["run_id"]).sum()
    varied = fraction.groupby(rows["run_id"]).any()
    twice = sums[varied & sums.duplicated(keep=False)].index
    named = rows[rows["run_id"].isin(twice)].drop_duplicates("run_id")
    return _flaws(named, "has the values of another training, digit for digit")
