"""What figures of last values draw: ranks, bands, seeds, profiles, verdicts, the heat map."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.stats import beta

from ganbench.core.plane import plane
from ganbench.reports import leaderboard
from ganbench.reports.plots import axis_label, final_values, heat_map, profiles, ranks
from ganbench.reports.plots import verdict_rates as rates
from tests.reports import _golden
from tests.reports._shown import CONTROLS, artist, shown, texts

THREE = CONTROLS | {"ns": [3.0, 4.0, 5.0], "wgan-gp": [2.0, 2.5, 3.2], "sn-ns": [6.0, None, 7.0]}


@pytest.fixture
def three():
    return shown(THREE)


def segments(axes, label):
    """Return the lines of a collection, ``[N, 2, 2]``."""
    return np.array(artist(axes, label).get_segments())


def level(axes, label):
    """Return the x of a vertical line."""
    return float(np.ravel(artist(axes, label).get_xdata())[0])


def test_labels_say_the_quantity_in_words_and_its_key():
    known = leaderboard.quantities(_golden.records())
    assert axis_label("fd", known["fd"]) == "Fréchet distance (fd)"
    assert axis_label("precision", known["precision"]) == "precision"


def test_points_are_drawn_in_their_first_two_coordinates():
    points = np.arange(12.0).reshape(3, 4)
    assert np.array_equal(plane(points), points[:, :2])
    assert np.array_equal(plane(points[:, :1]), [[0, 0], [4, 0], [8, 0]])


def test_every_figure_says_what_it_is_made_of(three):
    caption = three.caption()
    for part in ("dots", "net:width=4", "3,000 generator updates", "3 seeds", "protocol aaaa"):
        assert part in caption
    assert "real data (floor) 0.5" in caption
    for figure in (ranks.ranks(three), final_values.final_values(three), profiles.profiles(three)):
        assert caption in {text.get_text().replace("\n", " ") for text in figure.texts}


def test_ranks_are_the_leaderboards_below_real_data(three):
    axes = ranks.ranks(three).axes[0]
    assert texts(axes, "name") == ["control:real", "wgan-gp", "ns", "sn-ns"]
    assert np.array_equal(artist(axes, "ranks").get_offsets(), [[1, 1], [2, 2], [3, 3]])
    bars = segments(axes, "intervals")
    expected = [three.placed[n] for n in ("wgan-gp", "ns", "sn-ns")]
    assert bars[:, :, 0].tolist() == [[r["rank_low"], r["rank_high"]] for r in expected]
    assert bars[:, 0, 1].tolist() == [1, 2, 3]
    low, high = axes.get_ylim()
    assert low > high, "the best one is on top"
    assert axes.get_xlim()[0] < axes.get_xlim()[1]
    assert "2 of 3 learned" in texts(axes) and "∞" in " ".join(texts(axes))
    colours = [to_hex(c).upper() for c in artist(axes, "ranks").get_facecolors()]
    assert colours == ["#E69F00", "#5289C7", "#332288"]


def test_a_screening_has_bands_and_no_ranks():
    few = shown(THREE, steps=1_000)
    assert ranks.ranks(few) is None
    axes = ranks.bands(few).axes[0]
    assert texts(axes, "name") == few.order
    medians = artist(axes, "medians").get_offsets()
    finite = [n for n in few.order if math.isfinite(few.placed[n]["median"])]
    assert [tuple(m) for m in medians] == [
        (few.placed[n]["median"], few.order.index(n)) for n in finite
    ]
    assert level(axes, "floor") == 0.5 and level(axes, "gaussian") == pytest.approx(20.1)
    spans = {
        round(p.get_y() + p.get_height() / 2): to_hex(p.get_facecolor()).upper()
        for p in axes.patches
    }
    assert spans == {
        few.order.index(n): ranks.BAND_COLOURS[int(few.placed[n]["band"])] for n in few.trained
    }
    assert ranks.bands(shown(THREE)) is None


def test_a_median_that_is_not_finite_is_a_cross_at_the_edge_of_the_bands():
    few = shown(CONTROLS | {"ns": [None, None, None], "wgan-gp": [2.0, 3.0, 4.0]}, steps=1_000)
    axes = ranks.bands(few).axes[0]
    (cross,) = artist(axes, "failed").get_offsets()
    assert tuple(cross) == (axes.get_xlim()[1], few.order.index("ns"))
    assert few.order.index("ns") not in artist(axes, "medians").get_offsets()[:, 1]


def test_last_values_show_every_seed_with_its_floor_and_the_gaussian(three):
    axes = final_values.final_values(three).axes[-1]
    drawn = {(round(float(x), 6), round(float(y))) for x, y in artist(axes, "seeds").get_offsets()}
    places = {name: place for place, name in enumerate(three.order)}
    assert drawn == {
        (value, places[name]) for name, own in THREE.items() for value in own if value is not None
    }
    assert three.order[:3] == ["control:real", "wgan-gp", "ns"]
    assert level(axes, "floor") == 0.5 and level(axes, "gaussian") == pytest.approx(20.1)
    medians = {round(y1 + 0.36): x for (x, y1), _ in segments(axes, "medians")}
    assert medians[places["ns"]] == 4.0 and medians[places["sn-ns"]] == 7.0
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] < 0.4 and axes.get_xlim()[1] > 20.2


@pytest.mark.parametrize(("metric", "edge"), [("fd", 1.0), ("precision", 0.0)])
def test_a_failed_seed_is_a_cross_at_the_worse_edge_and_no_dot(three, metric, edge):
    figures = {"fd": final_values.final_values, "precision": final_values.headline_values}
    axes = figures[metric](three).axes[-1]
    row = three.order.index("sn-ns")
    assert artist(axes, "failed").get_offsets().tolist() == [[edge, row]]
    assert "1 failed" in texts(axes)
    assert (artist(axes, "seeds").get_offsets()[:, 1] == row).sum() == 2
    assert axes.get_xlabel().endswith("higher is better" if edge == 0 else "lower is better")


def test_the_top_group_is_shown_from_near():
    names = [f"plugin-{i:02}" for i in range(30)]
    wide = CONTROLS | {n: [4 + 0.01 * i + 0.001 * s for s in range(3)] for i, n in enumerate(names)}
    wide |= {"ns": [400.0, 500.0, 600.0]}
    given = shown(wide)
    near, whole = final_values.final_values(given).axes
    low, high = near.get_xlim()
    assert 3.9 < low < 4 and high < 4.3 and near.get_xscale() == "linear"
    assert whole.get_xlim()[1] > 600
    assert texts(near, "name") == given.order and not texts(whole, "name")
    assert "◂ floor 0.5" in texts(near), "the floor is far below, and its place is said"
    arrows = {round(t.get_position()[1]) for t in near.texts if t.get_text() == "▸"}
    assert given.order.index("ns") in arrows and given.order.index("plugin-00") not in arrows
    inside = artist(near, "seeds").get_offsets()[:, 0]
    assert ((inside >= low) & (inside <= high)).all()
    shaded = {round(p.get_y() + p.get_height() / 2) for p in near.patches}
    assert shaded == {given.order.index(n) for n in final_values.top_group(given)}


def test_the_top_group_are_those_whose_ranks_reach_the_best_ones(three):
    between = {"wgan-gp": (1, 2), "ns": (2, 3), "sn-ns": (3, 3)}
    board = three.board.copy()
    for name, ends in between.items():
        board.loc[board["name"] == name, ["rank_low", "rank_high"]] = ends
    given = type(three)(**{**vars_of(three), "board": board})
    assert final_values.top_group(given) == ["wgan-gp", "ns"]
    few = shown(
        CONTROLS | {"ns": [9.0, 9.1], "wgan-gp": [2.0, 2.1], "sn-ns": [2.1, 2.2]}, steps=500
    )
    assert final_values.top_group(few) == ["wgan-gp", "sn-ns"], "within the noise of the best"


def test_a_profile_is_the_share_of_seeds_that_reach_a_value():
    corners = profiles.profile(np.array([2.0, math.inf, 1.0, 2.0]), False, (0.5, 4.0))
    assert corners.tolist() == [
        [0.5, 0], [1, 0], [1, 0.25], [2, 0.25], [2, 0.5], [2, 0.5], [2, 0.75], [4, 0.75],
    ]  # fmt: skip
    higher = profiles.profile(np.array([0.2, -math.inf, 0.6]), True, (0.0, 1.0))
    assert higher.tolist() == [
        [1, 0], [0.6, 0], [0.6, 1 / 3], [0.2, 1 / 3], [0.2, 2 / 3], [0, 2 / 3],
    ]  # fmt: skip


def test_profiles_colour_the_best_and_count_failed_seeds(three):
    axes = profiles.profiles(three).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines)[:3] == ["wgan-gp", "ns", "sn-ns"]
    assert max(lines["sn-ns"].get_ydata()) == pytest.approx(2 / 3)
    assert max(lines["ns"].get_ydata()) == 1
    assert to_hex(lines["wgan-gp"].get_color()).upper() == "#E69F00"
    assert level(axes, "floor (real data) 0.5") == 0.5
    assert profiles.profiles(shown({"ns": [3.0], "wgan-gp": [2.0]})) is None


def test_profiles_of_one_family_differ_by_their_dashes():
    two = shown(CONTROLS | {"wgan": [2.0, 3.0, 4.0], "wgan-gp": [2.0, 2.5, 3.0]})
    lines = {line.get_label(): line for line in profiles.profiles(two).axes[0].lines}
    assert lines["wgan"].get_color() == lines["wgan-gp"].get_color()
    assert lines["wgan"].get_linestyle() != lines["wgan-gp"].get_linestyle()


def test_profiles_where_higher_is_better_do_not_take_a_failed_seed_for_zero():
    given = shown(THREE, primary="precision")
    axes = profiles.profiles(given).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "sn-ns")
    assert max(line.get_ydata()) == pytest.approx(2 / 3)


def test_verdicts_are_stacked_to_all_seeds_with_exact_intervals(three):
    axes = rates.verdict_rates(three).axes[0]
    assert texts(axes, "name") == ["wgan-gp", "ns", "sn-ns"], "by how many learn"
    by_label = {c.get_label(): c for c in axes.containers}
    learned = [bar.get_width() for bar in by_label["learned"]]
    assert learned == pytest.approx([1, 1, 2 / 3])
    assert [bar.get_width() for bar in by_label["diverged"]] == pytest.approx([0, 0, 1 / 3])
    assert by_label["diverged"][2].get_x() == pytest.approx(2 / 3)
    assert "collapsed" not in by_label
    whiskers = by_label["95 % interval"].lines[2][0].get_segments()
    for (low, high), k in zip(np.array(whiskers)[:, :, 0], (3, 3, 2), strict=True):
        assert low == pytest.approx(beta.ppf(0.025, k, 3 - k + 1))
        assert high == pytest.approx(1.0 if k == 3 else beta.ppf(0.975, k + 1, 3 - k))
    assert {"3 of 3", "2 of 3"} <= set(texts(axes))
    assert rates.verdict_rates(shown({"ns": [3.0, 2.0]})) is None


def test_verdicts_go_from_most_learned_to_fewest_whatever_their_median():
    given = shown(CONTROLS | {"ns": [1.0, 1.0, None], "wgan-gp": [4.0, 4.0, 4.0]})
    assert given.order.index("ns") < given.order.index("wgan-gp")
    assert texts(rates.verdict_rates(given).axes[0], "name") == ["wgan-gp", "ns"]


def test_the_heat_map_divides_by_the_floor_and_starts_with_real_data(three):
    axes = heat_map.heat_map(three).axes[0]
    assert texts(axes, "name")[0] == "control:real"
    assert texts(axes, "name")[1:] == [n for n in three.order if n != "control:real"]
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "fd ↓\n÷ floor", "precision ↑\n÷ floor",
    ]  # fmt: skip
    cells = np.array(axes.collections[0].get_array()).reshape(len(three.order), 2)
    rows = texts(axes, "name")
    ratio = three.placed["ns"]["median"] / 0.5
    worst = three.placed["control:gaussian"]["median"] / 0.5
    assert cells[rows.index("ns"), 0] == pytest.approx(math.log(ratio) / math.log(worst))
    assert cells[0, 0] == 0 and cells[:, 0].max() == 1
    column = heat_map.column(three, "fd")
    assert column.texts[three.order.index("ns")] == "8×"


def test_the_heat_map_takes_an_unsure_floor_for_a_difference():
    made = shown(THREE)
    unsure = type(made)(**{**vars_of(made), "floor_sds": {"fd": 0.25}})
    column = heat_map.column(unsure, "fd")
    assert column.head.endswith("− floor, floor's sd")
    assert column.texts[unsure.order.index("ns")] == "+14"  # (4 - 0.5) / 0.25
    sure = type(made)(**{**vars_of(made), "floor_sds": {"fd": 0.1}})
    assert heat_map.column(sure, "fd").head.endswith("÷ floor")


def vars_of(made):
    return {field: getattr(made, field) for field in made.__dataclass_fields__}


def test_the_heat_map_shows_a_failed_method_as_the_worst():
    given = shown(CONTROLS | {"ns": [None, None, None], "wgan-gp": [2.0, 3.0, 4.0]})
    column = heat_map.column(given, "fd")
    place = given.order.index("ns")
    assert column.texts[place] == "∞" and column.scores[place] == 1
    assert column.scores[given.order.index("wgan-gp")] < 1
