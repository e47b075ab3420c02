"""Pictures of more than 8 bits a value, and what of any picture is transparent."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from ganbench.core.errors import UsageError
from ganbench.data._files import read
from ganbench.data._reading import Reading
from tests.data._pngs import by_value, folder_of, png, transparent

RNG = np.random.default_rng(1)
RED = Reading(background="#ff0000")


def deep(channels):
    """Four pictures, most of whose values are cut to another byte than they are rounded to."""
    return RNG.integers(0, 255, (4, 6, 5, channels), dtype=np.uint16) * 256 + 250


def tiffs(path, pictures, **how):
    tifffile = pytest.importorskip("tifffile")
    files = [io.BytesIO() for _ in pictures]
    for file, picture in zip(files, pictures, strict=True):
        tifffile.imwrite(file, picture, **how)
    return folder_of(path, [file.getvalue() for file in files], "tif")


def last(path, reading=None):
    """Return the pictures of a folder with channels last, as floats, and what is told of them."""
    images = read(str(path), reading or Reading())
    return images[:].transpose(0, 2, 3, 1).astype(float), images


# ---- 16 bits ----


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bits_of_any_png_are_scaled_by_value(tmp_path, channels):
    pixels = deep(channels)
    if channels in (2, 4):
        pixels[..., -1] = 65_535
    found, images = last(folder_of(tmp_path / "a", [png(p) for p in pixels]))
    assert np.array_equal(found, by_value(pixels[..., : 1 if channels < 3 else 3]))
    assert "4 of 4 images: 16 bits scaled to 8" in images.notes
    assert "16 bits scaled to 8" in images.done


def test_one_picture_is_read_alike_in_every_kind_of_16_bits(tmp_path):
    grey = deep(1)
    opaque = np.full_like(grey, 65_535)
    kinds = (grey, np.repeat(grey, 3, -1), np.concatenate([grey, opaque], -1),
             np.concatenate([grey, grey, grey, opaque], -1))  # fmt: skip
    for k, pixels in enumerate(kinds):
        found, images = last(folder_of(tmp_path / f"{k}", [png(p) for p in pixels]))
        assert np.array_equal(found, by_value(grey)) and images.channels == 1


def test_alpha_of_16_bits_is_composited(tmp_path):
    for channels in (2, 4):
        pixels = deep(channels)
        values, alpha = by_value(pixels[..., :-1]), by_value(pixels[..., -1:]) / 255
        path = folder_of(tmp_path / f"{channels}", [png(p) for p in pixels])
        found, images = last(path, RED)
        right = values * alpha + np.array([255.0, 0, 0]) * (1 - alpha)
        assert found.shape[-1] == 3 and np.abs(found - right).max() <= 0.5
        assert images.done == ("alpha composited on #ff0000", "16 bits scaled to 8")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}, {"rowsperstrip": 2},
                                 {"tile": (16, 16)}])  # fmt: skip
def test_16_bits_of_tiffs_are_scaled_by_value(tmp_path, order, how):
    colour, inks, layers = deep(3), deep(4), deep(4)
    found, _ = last(tiffs(tmp_path / "a", colour, photometric="rgb", byteorder=order, **how))
    assert np.array_equal(found, by_value(colour))
    layers[..., 3] = RNG.integers(0, 65_536, layers.shape[:3])
    path = tiffs(tmp_path / "b", layers, photometric="rgb", extrasamples=["unassalpha"],
                 byteorder=order, **how)  # fmt: skip
    alpha = by_value(layers[..., 3:]) / 255
    right = by_value(layers[..., :3]) * alpha + 255 * (1 - alpha)
    assert np.abs(last(path)[0] - right).max() <= 0.5
    found, images = last(
        tiffs(tmp_path / "c", inks, photometric="separated", byteorder=order, **how)
    )
    shallow = [np.asarray(Image.frombytes("CMYK", (5, 6), by_value(p).astype(np.uint8).tobytes())
                          .convert("RGB")) for p in inks]  # fmt: skip
    assert np.array_equal(found, shallow)
    assert images.done == ("16 bits scaled to 8", "CMYK converted to RGB")


def test_16_bits_are_turned_as_others_are(tmp_path):
    pixels = deep(3)
    path = tiffs(tmp_path / "a", pixels, photometric="rgb", extratags=[(274, 3, 1, 6, True)])
    found, images = last(path)
    assert np.array_equal(found, by_value(np.rot90(pixels, -1, (1, 2))))
    assert images.size == (5, 6)


@pytest.mark.parametrize("how", [{"planarconfig": "separate"},
                                 {"planarconfig": "separate", "compression": "zlib"},
                                 {"extrasamples": ["assocalpha"]}])  # fmt: skip
def test_16_bits_that_pillow_cannot_read_are_refused(tmp_path, how):
    pixels = deep(4 if "extrasamples" in how else 3)
    if "planarconfig" in how:
        pixels = pixels.transpose(0, 3, 1, 2)
    path = tiffs(tmp_path / "a", pixels.copy(), photometric="rgb", **how)
    with pytest.raises(UsageError, match="00.tif is not a readable image .*16 bits.*save"):
        read(str(path))[:]


# ---- transparent values ----


def test_a_transparent_grey_is_seen_as_the_background(tmp_path):
    grey = RNG.integers(8, 256, (4, 6, 5, 1), dtype=np.uint8)
    grey[:, :2] = 7
    path = folder_of(tmp_path / "a", [png(p, transparent(7)) for p in grey])
    found, images = last(path, RED)
    assert np.array_equal(found, np.where(grey == 7, [255, 0, 0], grey))
    assert not any("grey" in note for note in images.notes)
    found, images = last(path)
    assert np.array_equal(found, np.where(grey == 7, 255, grey)) and images.channels == 1


def test_a_transparent_value_of_16_bits_is_seen_as_the_background(tmp_path):
    for values in ((1_234,), (1_234, 5_678, 1_235)):
        pixels = deep(len(values))
        pixels[:, :2] = values
        pixels[:, 2] = np.add(values, 1)  # which 8 bits could not tell apart
        files = [png(p, transparent(*values)) for p in pixels]
        found, images = last(folder_of(tmp_path / f"{len(values)}", files), RED)
        hidden = (pixels == values).all(-1, keepdims=True)
        assert np.array_equal(found, np.where(hidden, [255, 0, 0], by_value(pixels)))
        assert images.done == ("alpha composited on #ff0000", "16 bits scaled to 8")


# ---- TIFFs of other kinds ----


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_where_0_is_white_is_told_by_the_file(tmp_path, kind, compression):
    grey = deep(1)[..., 0].astype(kind)
    how = {"photometric": "miniswhite", "compression": compression}
    found, _ = last(tiffs(tmp_path / "a", grey, **how))
    most = np.iinfo(kind).max
    assert np.array_equal(found[..., 0], by_value(most - grey.astype(int), most))


def test_where_0_is_white_in_floats(tmp_path):
    grey = RNG.uniform(0, 1, (4, 6, 5)).astype(np.float32)
    found, _ = last(
        tiffs(tmp_path / "a", grey, photometric="miniswhite"), Reading(value_range="0..1")
    )
    assert np.array_equal(found[..., 0], by_value(1 - grey.astype(float), 1))


def test_float_pictures_are_turned_as_others_are(tmp_path):
    grey = RNG.uniform(-1, 1, (4, 6, 5)).astype(np.float32)
    path = tiffs(tmp_path / "a", grey, extratags=[(274, 3, 1, 6, True)])
    found, images = last(path, Reading(value_range="-1..1"))
    assert images.size == (5, 6)
    assert np.array_equal(found[..., 0], by_value(np.rot90(grey, -1, (1, 2)) + 1.0, 2))


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int16])
def test_wide_integers_are_read_only_where_they_cannot_be_8_bits(tmp_path, kind):
    shallow = RNG.integers(0, 256, (1, 6, 5)).astype(kind)
    shallow[0, 0, :2] = 0, 255
    with pytest.raises(
        UsageError, match="00.tif is not .*from 0 to 255 .*of 8 bits or of 16.*save"
    ):
        read(str(tiffs(tmp_path / "a", shallow)))[:]
    wide = (np.arange(30).reshape(1, 6, 5) * 1_100).astype(kind)
    assert np.array_equal(last(tiffs(tmp_path / "b", wide))[0][..., 0], by_value(wide))
    assert last(tiffs(tmp_path / "c", wide * 0))[0].max() == 0
    dark = folder_of(tmp_path / "d", [png(shallow[0, ..., None].astype(np.uint16))])
    assert np.array_equal(last(dark)[0][..., 0], by_value(shallow))  # 16 bits, and no others


def test_12_bits_are_scaled_by_value(tmp_path):
    values = RNG.integers(0, 4_096, (6, 4))
    pairs = values.reshape(-1, 2)
    packed = np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1]])
    content = (packed.T & 255).astype(np.uint8).tobytes()
    tags = {256: 4, 257: 6, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 6, 279: len(content)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    start = struct.pack("<2sHI", b"II", 42, 8 + len(content))
    whole = start + content + struct.pack("<H", len(tags)) + entries + bytes(4)
    found, _ = last(folder_of(tmp_path / "a", [whole], "tif"))
    assert np.array_equal(found[0, ..., 0], by_value(values, 4_095))
