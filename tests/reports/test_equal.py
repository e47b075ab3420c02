"""Curves read at equal images and equal seconds."""

import math

import pandas as pd
import pytest

from ganbench.reports.equal import common_point, read_at


def rows(variant, x, values, verdict="learned", status="ok", metric="fd"):
    return [
        {"run_id": variant, "variant": variant, "metric": metric, "status": status,
         "verdict": verdict, "checkpoint": i, "value": v, "images_seen": at, "g_steps": 10.0 * i,
         "train_cpu_s": at / 10}
        for i, (at, v) in enumerate(zip(x, values, strict=True), 1)
    ]  # fmt: skip


@pytest.fixture
def table():
    """One update of b shows five times as many images as one of a."""
    return pd.DataFrame(
        rows("a", (100, 200, 300), (8.0, 4.0, 2.0))
        + rows("b", (250, 500, 750), (16.0, 1.0, 0.5))
        + rows("c", (500, 1000), (3.0, 2.0))
        + rows("gaussian", (0,), (7.0,), verdict="control")
        + rows("broken", (100, math.nan), (9.0, math.nan), status="diverged")
    )


def last(table):
    return table.sort_values("checkpoint").groupby("variant")["value"].last()


def test_curves_are_interpolated_in_their_logarithm_and_never_beyond(table):
    assert common_point(table, "images") == 300
    read, left_out = read_at(table, "images")
    values = last(read)
    assert values["a"] == pytest.approx(2.0)
    assert values["b"] == pytest.approx(16 * (1 / 16) ** (50 / 250))  # a fifth of the way
    assert left_out == ["c"] and "c" not in values  # its first checkpoint is at 500
    assert values["gaussian"] == 7.0 and (read["variant"] == "broken").sum() == 2
    assert (read.loc[read["variant"] == "b", "images_seen"] <= 300).all()


def test_equal_updates_cut_nothing_but_the_longer_curves(table):
    read, left_out = read_at(table[table["variant"] != "c"], "g_steps")
    assert not left_out and last(read)["b"] == pytest.approx(0.5)
    assert common_point(table, "seconds") == 30 and common_point(table, "g_steps") == 20


def test_values_that_are_not_positive_are_interpolated_as_they_are():
    table = pd.DataFrame(rows("a", (0, 10), (1.0, -1.0)) + rows("b", (0, 5), (1.0, 1.0)))
    assert last(read_at(table, "images")[0])["a"] == pytest.approx(0.0)


def test_what_is_measured_at_the_last_checkpoint_only_is_not_read_before_it(table):
    late = table[table["checkpoint"] == table.groupby("variant")["checkpoint"].transform("max")]
    late = late[late["variant"].isin(["a", "gaussian"])].assign(metric="w2")
    read, left_out = read_at(pd.concat([table, late]), "images")
    assert set(read["metric"]) == {"fd"} and left_out == ["c"]
    ends = read_at(late, "images")[0]  # there is nothing else
    assert last(ends)["a"] == 2.0


def test_a_curve_without_values_or_places_is_left_out(table):
    table.loc[table["variant"] == "a", "value"] = math.nan
    table.loc[table["variant"] == "b", "images_seen"] = math.nan
    read, left_out = read_at(table, "images")
    assert left_out == ["a", "b"] and last(read)["c"] == pytest.approx(2.0)
