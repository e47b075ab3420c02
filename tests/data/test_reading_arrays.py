"""Arrays and archives that look like something else than they are, and paths of them."""

import os

import numpy as np
import pytest

from ganbench.core.errors import UsageError
from ganbench.data import _given
from ganbench.data._arrays import samples_of
from ganbench.data._files import notes_of, read
from ganbench.data._reading import Reading

RNG = np.random.default_rng(2)
COLOUR = RNG.integers(0, 256, (5, 20, 24, 3), dtype=np.uint8)
PLANES = COLOUR.transpose(0, 3, 1, 2)
BOTH = Reading(value_range="-1..1")


# ---- a range that is not the samples' own ----


def test_values_without_a_sign_in_a_range_with_one_get_a_word(tmp_path):
    unit = (PLANES / 255).astype(np.float32)
    signed = unit * 2 - 1
    assert any("no value is below 0" in note for note in notes_of(samples_of(unit, "x", BOTH)))
    for array, reading in ((signed, BOTH), (unit, Reading(value_range="0..1")),
                           (np.concatenate([unit] * 300 + [signed]), BOTH)):  # fmt: skip
        assert not any("below 0" in note for note in notes_of(samples_of(array, "x", reading)))


def test_float_pictures_in_files_get_it_too(tmp_path):
    from PIL import Image

    unit = (COLOUR[..., 0] / 255).astype(np.float32)
    for name, values, told in (("a", unit, True), ("b", unit * 2 - 1, False)):
        (tmp_path / name).mkdir()
        for i, picture in enumerate(values):
            Image.fromarray(picture).save(tmp_path / name / f"{i}.tif")
        images = read(str(tmp_path / name), BOTH)
        assert any("no value is below 0" in note for note in images.notes) == told
        assert not any("below 0" in note for note in images.done)


# ---- shapes ----


@pytest.mark.parametrize("channels", [3, 4])
def test_one_picture_with_channels_first_is_not_many_grey_ones(channels):
    one = np.concatenate([PLANES[0], PLANES[0, :1]])[:channels]
    with pytest.raises(UsageError) as caught:
        samples_of(one, "x", Reading())
    assert "as one picture" in str(caught.value) and "[N, C, H, W] needed" in str(caught.value)
    assert f"[{channels}, 1, 20, 24]" in str(caught.value)
    assert np.array_equal(samples_of(one[:, None], "x", Reading())[:], one[:, None])
    with pytest.raises(UsageError, match="as one picture"):
        samples_of(one / 255.0, "x", Reading(value_range="0..1"))


def test_stacks_of_other_numbers_of_grey_pictures_are_read():
    for n in (1, 2, 5):
        assert np.array_equal(samples_of(COLOUR[:n, ..., 0], "x", Reading())[:][:, 0],
                              COLOUR[:n, ..., 0])  # fmt: skip


@pytest.mark.parametrize("shape", [(0, 20, 20, 3), (0, 20, 20), (60, 0, 0, 3), (60, 3, 5, 0)])
def test_arrays_without_a_pixel_are_refused(shape):
    with pytest.raises(UsageError, match="x has shape .* of uint8: no pixels"):
        samples_of(np.zeros(shape, np.uint8), "x", Reading())


def test_masked_values_are_no_samples():
    masked = np.ma.masked_array(RNG.normal(size=(40, 3)))
    found = samples_of(masked, "x", Reading())
    assert type(found) is np.ndarray and np.array_equal(found, masked.data)
    masked[3, 1] = np.ma.masked
    with pytest.raises(UsageError, match="x has 1 masked values"):
        samples_of(masked, "x", Reading())


# ---- archives ----


def test_samples_beside_their_statistics_are_read(tmp_path):
    statistics = {"mu": np.zeros(9), "sigma": np.eye(9), "mu_s": np.zeros(9), "sigma_s": np.eye(9)}
    np.savez(tmp_path / "reference.npz", arr_0=COLOUR, **statistics)
    assert np.array_equal(read(str(tmp_path / "reference.npz"))[:], PLANES)
    for alone in ({}, {"n": np.array(5)}):
        np.savez(tmp_path / "alone.npz", **statistics, **alone)
        with pytest.raises(UsageError, match="holds statistics"):
            read(str(tmp_path / "alone.npz"))
    assert np.array_equal(read(f"{tmp_path}/alone.npz:sigma"), np.eye(9))
    np.savez(tmp_path / "two.npz", **statistics, a=COLOUR, b=COLOUR)
    with pytest.raises(UsageError, match="say which, as .*two.npz:a$"):
        read(str(tmp_path / "two.npz"))


def test_members_that_are_no_arrays_are_passed_over(tmp_path):
    import zipfile

    labels = np.array([["a", None]] * 5, object)
    np.savez(tmp_path / "a.npz", labels=labels, images=COLOUR)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as archive:
        archive.writestr("readme.txt", "words")
    assert np.array_equal(read(str(tmp_path / "a.npz"))[:], PLANES)
    with pytest.raises(UsageError, match="pickled objects"):
        read(f"{tmp_path}/a.npz:labels")
    np.savez(tmp_path / "b.npz", labels=labels)
    with pytest.raises(UsageError, match="pickled objects"):
        read(str(tmp_path / "b.npz"))


@pytest.mark.parametrize("ending", ["NPY", "Npz", "NPZ"])
def test_the_ending_of_an_array_is_in_any_case(tmp_path, ending):
    written = tmp_path / f"x.{ending.lower()}"
    (np.save if ending == "NPY" else np.savez)(written, COLOUR)
    os.replace(written, tmp_path / f"x.{ending}")
    assert np.array_equal(read(f"{tmp_path}/x.{ending}")[:], PLANES)
    if ending != "NPY":
        assert np.array_equal(read(f"{tmp_path}/x.{ending}:arr_0")[:], PLANES)
        assert _given.located(f"{tmp_path}/x.{ending}:arr_0") == (
            "x.npz-arr_0", f"{tmp_path}/x.{ending}:arr_0"
        )  # fmt: skip


def test_an_empty_path_is_not_this_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="the path is empty"):
        read("")
