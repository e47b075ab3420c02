"""What figures of trainings draw: cost, curves, losses, collapse, pairs; which there are."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ganbench.experiment.store import Store
from ganbench.reports.build import run_names
from ganbench.reports.plots import (
    _panels,
    _style,
    collapse,
    cost,
    curves,
    losses,
    profiles,
    same_gradients,
    verdict_rates,
    write,
)  # fmt: skip
from ganbench.reports.plots._page import Page
from ganbench.reports.plots.shown import LONGEST, short
from tests.reports._shown import CONTROLS, artist, records, shown, texts

THREE = CONTROLS | {"ns": [3.0, 4.0, 5.0], "wgan-gp": [2.0, 2.5, 3.2], "sn-ns": [6.0, None, 7.0]}
HISTORY = {
    "step": [10.0, 20.0, 30.0, 40.0],
    "d_loss": [1.0, 2.0, None, 4.0], "g_loss": [4.0, 3.0, 2.0, 1.0],
    "d_real": [0.0, 1.0, 1.0, 1.0], "d_fake": [0.0, -1.0, -1.0, -1.0],
    "d_grad_norm": [1.0, 10.0, 10.0, 10.0], "g_grad_norm": [0.1, 0.1, 0.1, 0.1],
}  # fmt: skip


def one_panel(log=False, y=(0.0, 10.0)):
    return _panels.Panels(Page(2.0, "", "", ""), 0.5, 6.5, 2, 2, (0.0, 100.0), [y] * 4, [log] * 4)


def test_a_panel_places_values_by_its_axes():
    panels = one_panel()
    (left, low), (right, high), (_, middle) = panels.points(3, [0, 100, 50], [0, 10, 5])
    assert 1 < left < right < 2 and 1 < high < low < 2, "the second column of the second line"
    assert middle == pytest.approx((low + high) / 2)
    beyond = panels.points(0, [50, 50, 50], [-99, 99, math.nan])
    assert len(beyond) == 2, "what is not finite is left out"
    assert beyond[0, 1] > beyond[1, 1] and (beyond < 1).all() and (beyond > 0).all()
    logarithmic = one_panel(log=True, y=(0.1, 10.0))
    (_, low), (_, middle), (_, high) = logarithmic.points(0, [1, 1, 1], [0.1, 1, 10])
    assert middle == pytest.approx((low + high) / 2)


@pytest.mark.parametrize(
    ("ends", "log", "expected"),
    [
        ((0, 2060), False, [0, 1000, 2000]),
        ((0.02, 1.2), True, [0.1, 1]),
        ((2, 60), True, [3, 10, 30]),
    ],
)
def test_ticks_of_panels_are_round(ends, log, expected):
    assert _panels.ticks(ends, log, 3) == pytest.approx(expected)


def test_curves_go_through_every_seed_and_the_median_in_the_methods_own_panel():
    given = shown(THREE)
    panels = curves.curve_panels(given, "fd")
    assert texts(panels.axes, "title") == ["wgan-gp", "ns", "sn-ns"], "no control, best first"
    x = [1500, 3000]
    seeds = [points.round(9).tolist() for points in artist(panels.axes, "seeds").get_segments()]
    for last in THREE["ns"]:
        assert panels.points(1, x, [3 * last, last]).round(9).tolist() in seeds
    assert len(seeds) == 8, "the seed that failed was never measured"
    medians = artist(panels.axes, "medians")
    drawn = [points.round(9).tolist() for points in medians.get_segments()]
    own = drawn.index(panels.points(1, x, [12, 4]).round(9).tolist())
    assert to_hex(medians.get_colors()[own]).upper() == "#5289C7"
    for label, value in (("floor", 0.5), ("gaussian", 20.1)):
        lines = artist(panels.axes, label).get_segments()
        assert len(lines) == 3
        assert lines[0][0, 1] == pytest.approx(panels.points(0, [0], [value])[0, 1])
    assert len(artist(panels.axes, "others").get_segments()) == 3 * 2


def test_curves_have_the_floor_of_their_own_quantity():
    panels = curves.curve_panels(shown(THREE), "precision")
    (line, *_) = artist(panels.axes, "floor").get_segments()
    assert line[0, 1] == pytest.approx(panels.points(0, [0], [0.8])[0, 1])
    assert curves.curves(shown(CONTROLS), "fd") is None


def test_the_best_are_drawn_over_each_other_by_updates_and_by_seconds():
    figure = curves.top_curves(shown(THREE))
    labels = [axes.get_xlabel() for axes in figure.axes]
    assert labels == ["generator updates", "CPU seconds"], "images follow from the updates"
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert [label for label in lines if label in THREE] == ["wgan-gp", "ns", "sn-ns"]
    assert lines["ns"].get_xydata().tolist() == [[1500, 12], [3000, 4]]
    lines = {line.get_label(): line for line in figure.axes[1].lines}
    assert lines["ns"].get_xydata().tolist() == [[1, 12], [2, 4]]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_the_front_is_nobody_that_is_both_dearer_and_worse():
    costs = np.array([1.0, 2.0, 3.0, 4.0, 1.0, 5.0])
    values = np.array([9.0, 5.0, 6.0, 1.0, 8.0, math.inf])
    assert cost.front(costs, values) == [4, 1, 3]


def test_cost_is_drawn_in_cpu_seconds_against_the_median():
    given = shown(THREE)
    axes = cost.cost(given).axes[0]
    offsets = np.concatenate([
        artist(axes, family).get_offsets()
        for family in ("f-divergence", "wasserstein", "spectral-normalisation")
    ])  # fmt: skip
    assert offsets.tolist() == [[2, 4], [7, 2.5], [5, 7]]  # seconds: letters of the name
    front = artist(axes, "front").get_xydata()
    assert front[1:3].tolist() == [[2, 4], [7, 2.5]]
    assert front[0, 1] == axes.get_ylim()[1], "nothing is reached for less than the cheapest"
    assert axes.get_xscale() == "log"
    assert {"ns", "wgan-gp"} <= {text.get_text() for text in axes.texts}
    assert float(np.ravel(artist(axes, "floor").get_ydata())[0]) == 0.5
    assert cost.cost(shown(CONTROLS)) is None


def test_a_method_without_a_finite_median_is_a_cross_at_the_worse_edge_of_cost():
    values = CONTROLS | {"ns": [3.0, 4.0, 5.0], "wgan-gp": [2.0, None, None]}
    axes = cost.cost(shown(values)).axes[0]
    (at,) = artist(axes, "no finite median").get_offsets()
    assert tuple(at) == (7, axes.get_ylim()[1])


def test_names_on_the_figure_of_cost_do_not_overlap():
    names = ["ns", "hinge", "wgan", "wgan-gp", "lsgan", "rsgan", "minimax", "sn-ns", "dragan"]
    close = CONTROLS | {name: [3 + 0.01 * i] * 3 for i, name in enumerate(names)}
    figure = cost.cost(shown(close))
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in figure.axes[0].texts if t.get_text() in names]
    assert len(boxes) == len(names)
    inside = figure.axes[0].get_window_extent()
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1


def test_windows_hold_the_median_and_the_range_of_all_seeds():
    other = HISTORY | {"d_loss": [3.0, 2.0, None, 8.0]}
    middles, found = losses.windows([HISTORY, other, other], "d_loss")
    assert found.tolist() == [[3, 1, 3], [2, 2, 2], [8, 4, 8]]
    assert (np.diff(middles) > 0).all() and middles[0] >= 10 and middles[-1] <= 40
    empty = HISTORY | {"d_loss": [None] * 4}
    assert losses.windows([empty], "d_loss")[1].shape == (0, 3)


def test_losses_are_drawn_for_every_method_on_its_own_axis():
    given = shown(THREE)
    histories = {name: [HISTORY] for name in given.trained}
    histories["ns"] = [HISTORY | {"d_loss": [100.0, 200.0, None, 400.0]}]
    panels = losses.loss_panels(given, histories, "losses")
    assert texts(panels.axes, "title") == given.trained
    ns = given.trained.index("ns")
    assert panels.y[ns][1] > 400 > panels.y[1 - ns][1]
    _, found = losses.windows(histories["ns"], "d_loss")
    steps, _ = losses.windows(histories["ns"], "d_loss")
    drawn = artist(panels.axes, "d_loss").get_segments()[ns]
    assert np.allclose(drawn, panels.points(ns, steps, found[:, 0]))
    assert drawn[-1][1] < drawn[0][1], "a loss that grows goes up"
    gradients = losses.loss_panels(given, histories, "gradient-norms")
    assert gradients.log == [True] * 3
    assert losses.losses(given, {name: [{}] for name in given.trained}, "losses") is None


FREQUENCIES = {
    "control:real": [[0.25] * 4] * 2,
    "control:gaussian": [[0.5, 0.5, 0.0, 0.0]] * 2,
    "ns": [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5], [0.25] * 4],
    "wgan-gp": [[0.25] * 4, [0.3, 0.2, 0.3, 0.2], [0.25] * 4],
    "sn-ns": [[0.25] * 4] * 3,
}


def collapsed():
    made = records(THREE, frequencies=FREQUENCIES)
    return shown(THREE, made=made), made, run_names(made)


def test_collapse_shows_every_seed_against_an_even_share_real_data_first():
    given, made, names = collapsed()
    figure = collapse.collapse(given, made, names)
    axes = figure.axes[0]
    rows = axes.images[0].get_array()
    assert texts(axes, "name") == ["control:real", "wgan-gp", "ns", "sn-ns", "control:gaussian"]
    assert rows[0].tolist() == [1, 1, 1, 1]
    assert np.allclose(rows[2:5], 4 * np.array(FREQUENCIES["wgan-gp"]))
    assert np.allclose(rows[5:8], 4 * np.array(FREQUENCIES["ns"]))
    assert len(rows) == 2 + 3 + 3 + 2 + 2, "a seed that failed has no row"
    labels = [t.get_text() for t in figure.axes[1].get_yticklabels()]
    assert labels[-1] == "≥ 2" and axes.images[0].get_clim() == (0, 2)
    assert collapse.collapse(shown(THREE), records(THREE), names) is None


def test_too_many_seeds_are_one_row_a_method_sorted_within_each_seed(monkeypatch):
    monkeypatch.setattr(collapse, "MOST_ROWS", 5)
    given, made, names = collapsed()
    rows = collapse.collapse(given, made, names).axes[0].images[0].get_array()
    assert len(rows) == 5
    assert rows[2].tolist() == [2, 1, 0, 0], "ns: of 4 0 0 0, 2 2 0 0 and 1 1 1 1"


@pytest.mark.parametrize("count", [10, 1000])
def test_many_classes_keep_a_plot_of_ordinary_size(count):
    made = records({"ns": [1.0, 2.0]}, frequencies={"ns": [[1 / count] * count] * 2})
    given = shown({}, made=made)
    assert collapse.collapse(given, made, run_names(made)).get_size_inches()[0] <= 7


def test_a_pair_lies_in_the_band_of_its_noise():
    pair = CONTROLS | {"ns": [3.0, 4.0, 5.0], "fgan-js": [3.5, 4.0, 4.2]}
    (found,) = same_gradients.pairs(shown(pair))
    assert found.names == ("fgan-js", "ns") and found.inside
    centre = math.exp(np.log(pair["ns"]).mean())
    assert found.centres[1] == pytest.approx(centre)
    assert math.sqrt(found.band[0] * found.band[1]) == pytest.approx(centre)
    axes = same_gradients.same_gradient_pairs(shown(pair)).axes[0]
    assert artist(axes, "ns").get_offsets()[:, 0].tolist() == pair["ns"]
    assert "inside the noise" in texts(axes)
    apart = CONTROLS | {"ns": [3.0, 3.1, 3.2], "fgan-js": [9.0, 9.1, 9.2]}
    axes = same_gradients.same_gradient_pairs(shown(apart)).axes[0]
    assert "OUTSIDE the noise" in texts(axes)
    assert same_gradients.same_gradient_pairs(shown(THREE)) is None


def test_long_names_keep_both_ends():
    name = "ns+r1+gp+lecam+noise+minibatch-std+pack2+ttur"
    assert len(short(name)) == LONGEST
    assert short(name).startswith("ns+r1") and short(name).endswith("ttur")
    assert short("ns") == "ns"


def drawn(folder):
    return {path.stem for path in folder.glob("*.png")}


def test_a_directory_has_the_figures_that_it_allows_and_loses_those_it_does_not(tmp_path):
    store = Store(tmp_path)
    values = CONTROLS | {"ns": [3.0, 4.0, 5.0], "fgan-js": [2.0, 2.5, 3.2]}
    made = records(values, history=HISTORY)
    store.prepare()
    written = write.write_all(store, shown(values, made=made), made, run_names(made))
    expected = {
        "ranks", "final-values", "final-values-headlines", "profiles", "verdict-rates", "heat-map",
        "cost", "curves-top", "curves-fd", "same-gradients", "losses", "gradient-norms", "logits",
    }  # fmt: skip
    assert drawn(tmp_path / "plots") == expected
    assert {path.name for path in written} == {f"{n}.{k}" for n in expected for k in ("png", "svg")}
    few = {"ns": [3.0]}
    made = records(few, steps=500)
    store.write_record(made[0])
    write.write_all(store, shown(few, made=made), made, run_names(made))
    expected = {"bands", "final-values", "final-values-headlines", "heat-map"}
    assert drawn(tmp_path / "plots") == expected | {"curves-fd", "curves-top"}


def test_losses_are_of_the_first_seeds_and_no_controls(tmp_path):
    store = Store(tmp_path)
    values = CONTROLS | {"ns": [3.0] * 7}
    made = records(values, history=HISTORY)
    store.prepare()
    for record in made:
        store.write_record(record)
    bare = [record.model_copy(update={"history": {}}) for record in made]
    found = write.histories(store, bare, run_names(made))
    assert found["ns"] == [HISTORY] * write.LOSS_SEEDS and not found["control:real"]


@pytest.mark.parametrize(
    ("values", "floor"),
    [
        ({"ns": [3.0]}, None),
        (CONTROLS, 0.5),
        (CONTROLS | {"ns": [None, None, None], "wgan": [None, None, None]}, 0.5),
        (CONTROLS | {"ns+r1+gp+lecam+noise+minibatch-std+pack2+$x$": [2.0, 3.0, 4.0]}, None),
    ],
)
def test_unusual_directories_have_whole_figures(tmp_path, values, floor):
    made = records(values, floor=floor, history=HISTORY)
    store = Store(tmp_path)
    store.prepare()
    written = write.write_all(store, shown(values, made=made), made, run_names(made))
    assert {"final-values", "heat-map"} <= {path.stem for path in written}
    assert all(path.stat().st_size > 1000 for path in written)


def test_an_axis_has_the_floor_only_where_it_hides_no_differences():
    assert _style.axis_for([30.0, 40.0], 29.0) == ((28.45, 40.55), False)
    (low, high), log = _style.axis_for([30.0, 40.0], 0.5)
    assert (low, high) == (29.5, 40.5) and not log
    (low, high), log = _style.axis_for([1.0, 10.0], 0.5)
    assert log and low < 0.5
    assert _style.axis_for([math.inf, math.nan], math.nan) == ((0.0, 1.0), False)


def test_a_value_beyond_an_axis_is_written_at_its_edge():
    axes = Page(1.0, "", "", "").panel(1.0, 5.0)
    axes.set_xlim(2, 3)
    assert not _style.edge_note(axes, "x", 2.5, "floor 2.5")
    assert _style.edge_note(axes, "x", 1, "floor 1") and _style.edge_note(axes, "x", 4, "floor 4")
    assert texts(axes) == ["◂ floor 1", "floor 4 ▸"]


def test_rates_and_profiles_are_drawn_where_most_methods_have_the_seeds():
    one = CONTROLS | {"ns": [3.0, 4.0, 5.0], "wgan-gp": [2.0], "sn-ns": [6.0]}
    assert verdict_rates.verdict_rates(shown(one)) is None
    assert profiles.profiles(shown(one)) is None
