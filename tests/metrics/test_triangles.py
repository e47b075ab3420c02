"""The distance from triangles: exact pictures, known distances, broken ones, bad input."""

import itertools
import time

import numpy as np
import pytest

from ganbench.core import triangle
from ganbench.data import triangles as data
from ganbench.metrics import triangle_precision_recall
from ganbench.metrics.triangles import ORDERS, nearest_triangles
from tests.metrics._helpers import check_entry

LIMITS = (data.LOW, data.HIGH, data.HEIGHT)
TRUE = data.vertices(400, 5)
PICTURES = triangle.render(TRUE, 28)
X, Y, _ = triangle.middles(28)


def measured(pictures, n=400):
    return triangle_precision_recall(pictures, data.vertices(n, 6), LIMITS)


def distance(pictures):
    return nearest_triangles(np.asarray(pictures).reshape(len(pictures), -1), 28)[1]


def apart(one, other):
    """Return the largest distance of two triangles' vertices, in their best order."""
    orders = itertools.permutations(range(3))
    gaps = [np.linalg.norm(one[:, list(o)] - other, axis=2).max(1) for o in orders]
    return np.min(gaps, 0)


# ---- pictures ----


def test_a_pixel_is_the_distance_from_the_nearest_edge():
    """A right triangle with legs on the axes: its middle pixels are white, its edges a ramp."""
    (picture,) = triangle.render(np.array([[[2.0, 2.0], [2.0, 22.0], [22.0, 2.0]]]), 28)
    assert picture[5, 5] == 1 and picture[20, 20] == 0
    assert picture[5, 2] == 1 and picture[5, 1] == 0  # middles half a pixel inside and outside
    (moved,) = triangle.render(np.array([[[2.3, 2.0], [2.3, 22.0], [22.3, 2.0]]]), 28)
    assert moved[5, 2] == pytest.approx(0.7)


def test_the_sense_of_rotation_and_the_first_vertex_do_not_matter():
    for order in itertools.permutations(range(3)):
        assert np.allclose(triangle.render(TRUE[:9, list(order)], 28), PICTURES[:9])


def test_the_sum_of_greys_is_the_area_but_for_the_corners():
    area = abs(triangle.doubled_area(TRUE)) / 2
    assert PICTURES.sum((1, 2)) == pytest.approx(area, rel=0.03)


def test_the_least_height():
    heights = triangle.least_height(np.array([[[0, 0], [10, 0], [3, 4]], [[0, 0], [0, 9], [2, 0]]]))
    assert heights == pytest.approx([4, 18 / np.hypot(9, 2)])


# ---- the search ----


def test_a_triangle_is_found_exactly():
    found, far = nearest_triangles(PICTURES.reshape(len(PICTURES), -1), 28)
    assert far.max() < 1e-3
    assert apart(found, TRUE).max() < 1e-2


def test_noise_is_as_far_as_it_is_but_for_the_six_directions_of_the_triangle():
    """|noise| = sigma sqrt(784); the fit takes sqrt(784 - 6) at the least."""
    noise = 0.05 * np.random.default_rng(0).standard_normal(PICTURES.shape)
    far = distance(PICTURES + noise)
    size = np.linalg.norm(noise.reshape(len(noise), -1), axis=1)
    assert (far <= size + 1e-5).all() and (far > 0.98 * size).all()


def test_the_search_is_as_good_as_one_that_starts_at_the_truth():
    """Of blurred pictures, by SciPy's minimiser from the true vertices."""
    from scipy.ndimage import gaussian_filter
    from scipy.optimize import least_squares

    blurred = gaussian_filter(PICTURES[:15], (0, 0.7, 0.7))
    for true, picture, far in zip(TRUE, blurred, distance(blurred), strict=False):

        def rest(v, picture=picture):
            return (triangle.render(v.reshape(1, 3, 2), 28)[0] - picture).ravel()

        wanted = np.sqrt(2 * least_squares(rest, true.ravel()).cost)
        assert far <= 1.02 * wanted + 1e-6


def test_a_disc_and_a_square_are_far_and_farther_where_they_are_larger():
    discs = [np.clip(r + 0.5 - np.hypot(X - 14, Y - 14), 0, 1) for r in (4, 6, 8)]
    squares = [np.clip(r + 0.5 - np.maximum(abs(X - 14), abs(Y - 14)), 0, 1) for r in (4, 6, 8)]
    for shapes in (discs, squares):
        found, far = nearest_triangles(np.stack(shapes), 28)
        assert far[0] > 3 and (np.diff(far) > 1).all()
        assert (far / np.sqrt(triangle.perimeter(found)) > 0.5).all()


def test_edges_that_are_moved_are_off_by_so_many_pixels():
    """All edges moved outwards by d, corners apart: |difference|^2 = perimeter d^2."""
    around = triangle.perimeter(TRUE)
    radius = abs(triangle.doubled_area(TRUE)) / around  # of the circle within
    opposite = np.linalg.norm(np.roll(TRUE, -1, 1) - np.roll(TRUE, 1, 1), axis=2)
    centre = (opposite[..., None] * TRUE).sum(1, keepdims=True) / around[:, None, None]
    for d in (0.2, 0.4):
        moved = centre + (TRUE - centre) * (1 + d / radius)[:, None, None]
        gap = (triangle.render(moved, 28) - PICTURES).reshape(len(TRUE), -1)
        edge = np.linalg.norm(gap, axis=1) / np.sqrt(around)
        assert np.median(edge) == pytest.approx(d, rel=0.15)


# ---- precision and recall ----


def test_a_perfect_sampler_is_at_the_top():
    found = measured(data.sample(1_000, 8))
    assert found["triangle_precision"] == 1.0
    assert 0.8 < found["triangle_recall"] < 0.95
    wanted = 2 * found["triangle_recall"] / (1 + found["triangle_recall"])
    assert found["triangle_f1"] == pytest.approx(wanted)


def test_broken_samplers_are_far():
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    broken = {
        "noise": rng.integers(0, 256, (50, 1, 28, 28), dtype=np.uint8),
        "black": np.zeros((50, 1, 28, 28), np.uint8),
        "white": np.full((50, 1, 28, 28), 255, np.uint8),
        "blurred": gaussian_filter(data.sample(50, 1), (0, 0, 1.5, 1.5)),
        "two": np.maximum(data.sample(50, 1), data.sample(50, 2)),
    }
    for name, samples in broken.items():
        assert measured(samples)["triangle_precision"] < (0.2 if name == "two" else 0.01), name
    blank = measured(broken["black"])
    assert blank == {"triangle_precision": 0.0, "triangle_recall": 0.0, "triangle_f1": 0.0}


def test_triangles_of_another_kind_are_not_precise():
    """Slivers and triangles beyond the square are triangles, but none of the data."""
    sliver = np.array([[[4.0, 4.0], [24.0, 6.0], [24.0, 9.0]]])
    outside = np.array([[[-6.0, 4.0], [24.0, 4.0], [10.0, 24.0]]])
    whole = np.array([[[4.0, 4.0], [24.0, 4.0], [10.0, 24.0]]])
    for vertices, share in ((sliver, 0), (outside, 0), (whole, 1)):
        assert measured(triangle.render(vertices, 28))["triangle_precision"] == share


def test_a_collapsed_sampler_is_precise_and_has_no_recall():
    found = measured(np.repeat(data.sample(5, 1), 40, 0))
    assert found["triangle_precision"] == 1.0
    assert found["triangle_recall"] < 0.1 and found["triangle_f1"] < 0.2


def test_recall_against_all_pairs():
    wanted = data.vertices(150, 7)
    gaps = [
        np.sqrt(((wanted[:, None, list(o)] - TRUE[None]) ** 2).sum(-1).mean(-1)) for o in ORDERS
    ]
    brute = (np.min(gaps, 0).min(1) <= 2.5).mean()
    found = triangle_precision_recall(PICTURES, wanted, LIMITS)
    assert found["triangle_recall"] == pytest.approx(brute, abs=1 / 150)
    assert len(set(ORDERS)) == 6


def test_greys_of_uint8_and_of_0_to_1_are_the_same():
    greys = np.rint(255 * PICTURES[:40]).astype(np.uint8)
    assert measured(greys) == measured(greys / 255) == measured(greys[:, None])


@pytest.mark.parametrize("shape", [(5, 784), (5, 1, 28, 27), (5, 3, 28, 28)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[N, 1, S, S\] needed"):
        measured(np.zeros(shape))


def test_bad_values_are_refused():
    with pytest.raises(ValueError, match="pictures holds 784 values that are NaN"):
        measured(np.stack([np.full((28, 28), np.nan), np.zeros((28, 28))]))
    with pytest.raises(ValueError, match="pictures has 0 samples"):
        measured(np.zeros((0, 28, 28)))


def test_the_entry_is_the_function(tmp_path):
    fake, known = data.sample(30, 1), {"vertices": TRUE, "limits": np.array(LIMITS)}
    wanted = triangle_precision_recall(fake, TRUE, LIMITS)
    check_entry("triangles", tmp_path, (known, fake), fake, wanted)


def test_a_thousand_samples_take_some_seconds():
    started = time.process_time()
    measured(data.sample(1_000, 1))
    assert time.process_time() - started < 20  # 2 to 3 s of one core
