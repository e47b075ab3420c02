"""Reading what people have: pictures as a viewer shows them, each kind of file, each layout."""

import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from ganbench.core.errors import UsageError
from ganbench.data import _reading
from ganbench.data._arrays import like_raw_pixels, samples_of
from ganbench.data._files import read
from ganbench.data._reading import RESIZERS, Reading, composited, parse_size, resized, to_bytes

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (4, 6, 5), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
PLANES = COLOUR.transpose(0, 3, 1, 2)


def folder(path, pictures, ending="png", **options):
    path.mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(pictures):
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        image.save(path / f"{i:02}.{ending}", **options)
    return path


def whole(path, reading=None):
    return read(str(path), reading or Reading())[:]


# ---- pictures as a viewer shows them ----


@pytest.mark.parametrize("ending", ["png", "PNG", "bmp", "tif", "TIFF", "webp", "gif"])
def test_formats_without_loss_are_read_as_they_are(tmp_path, ending):
    options = {"lossless": True} if ending == "webp" else {}
    images = [Image.fromarray(p) for p in GREY]
    found = whole(folder(tmp_path / "a", images, ending, **options))
    assert np.array_equal(found[:, 0], GREY) and found.shape == (4, 1, 6, 5)


def test_grey_is_grey_whatever_it_is_stored_as(tmp_path):
    greys = [Image.fromarray(p) for p in GREY]
    palette = Image.fromarray(GREY[0]).convert("P")
    stored = [greys[0], greys[1].convert("RGB"), greys[2].convert("LA"), greys[3].convert("RGBA")]
    images = read(str(folder(tmp_path / "a", stored)))
    assert np.array_equal(images[:][:, 0], GREY) and images.channels == 1
    assert any("every image is grey" in note for note in images.notes)
    assert read(str(folder(tmp_path / "p", [palette]))).channels == 1


def test_one_picture_in_colour_makes_a_set_of_colour(tmp_path):
    images = read(str(folder(tmp_path / "a", [*GREY[:3], COLOUR[3]])))
    assert images.shape == (4, 3, 6, 5)
    assert np.array_equal(images[:][3], PLANES[3])
    assert np.array_equal(images[:][0], np.repeat(GREY[:1], 3, 0))
    assert "3 of 4 images are grey: all are read as colour" in images.notes


def test_alpha_is_what_is_seen_on_the_background(tmp_path):
    rgba = np.concatenate([COLOUR, RNG.integers(0, 256, (4, 6, 5, 1), dtype=np.uint8)], -1)
    rgba[0, :2, :, 3] = 0
    path = folder(tmp_path / "a", rgba)
    for name, level in (("white", 255), ("black", 0), ("#ffffff", 255)):
        alpha = rgba[..., 3:] / 255
        right = rgba[..., :3] * alpha + level * (1 - alpha)
        images = read(str(path), Reading(background=name))
        assert np.abs(images[:].transpose(0, 2, 3, 1) - right).max() <= 0.5
        assert f"4 of 4 images: alpha composited on {name}" in images.notes
        assert images.done == (f"alpha composited on {name}",)
    hidden = rgba.copy()
    hidden[0, :2, :, :3] = 77  # a colour that nobody sees
    assert np.array_equal(whole(folder(tmp_path / "b", hidden)), whole(path))
    array = samples_of(rgba, "x", Reading())[:]
    assert np.array_equal(array, whole(path))  # arrays alike


@pytest.mark.parametrize("ending", ["tif", "jpg", "png", "webp"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_pictures_are_turned_as_exif_says(tmp_path, tag, ending):
    exif = Image.Exif()
    exif[0x0112] = tag
    images = [Image.fromarray(p) for p in COLOUR]
    path = folder(tmp_path / "a", images, ending, exif=exif)
    from PIL import ImageOps

    with Image.open(path / f"00.{ending}") as first:
        right = np.asarray(ImageOps.exif_transpose(first)).transpose(2, 0, 1)
    found = read(str(path))
    assert np.array_equal(found[:][0], right) and found.shape[2:] == right.shape[1:]
    assert any("turned as EXIF says" in note for note in found.notes) == (tag > 1)


def test_deep_pixels_are_scaled_by_value(tmp_path):
    deep = np.array([[0, 1, 128, 129, 257, 65_535, 32_768, 256]], np.uint16)
    found = whole(folder(tmp_path / "a", [Image.fromarray(deep)]))
    assert found.ravel().tolist() == np.round(deep.ravel() / 257).astype(int).tolist()
    wide = Image.fromarray(np.array([[0, 70_000]], np.int32))
    with pytest.raises(UsageError, match="from 0 to 70000, beyond 16 bits"):
        whole(folder(tmp_path / "b", [wide], "tif"))


def test_float_pictures_need_their_range(tmp_path):
    floats = Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))
    path = folder(tmp_path / "a", [floats], "tif")
    assert whole(path, Reading(value_range="0..1")).ravel().tolist() == [0, 128, 255]
    with pytest.raises(UsageError, match="say --range 0..1"):
        whole(path)


def test_cmyk_and_palettes_with_holes_become_what_is_seen(tmp_path):
    cmyk = Image.fromarray(COLOUR[0]).convert("CMYK")
    found = whole(folder(tmp_path / "a", [cmyk], "tif"))
    assert np.array_equal(found[0], np.asarray(cmyk.convert("RGB")).transpose(2, 0, 1))
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 200, 100, 50])
    holes = whole(folder(tmp_path / "b", [palette], transparency=0))
    assert holes[0].transpose(1, 2, 0).tolist() == [[[255, 255, 255], [200, 100, 50]]]


def test_the_first_of_several_frames_is_read(tmp_path):
    (tmp_path / "a").mkdir()
    frames = [Image.fromarray(p) for p in GREY[:2]]
    frames[0].save(tmp_path / "a" / "x.gif", save_all=True, append_images=frames[1:])
    images = read(str(tmp_path / "a"))
    assert np.array_equal(images[:][0, 0], GREY[0]) and "several frames" in images.notes[0]


# ---- which files are samples ----


def test_what_is_left_out_is_counted_by_reason(tmp_path):
    path = folder(tmp_path / "a", GREY)
    (path / "._00.png").write_bytes(b"junk")
    (path / ".cache").mkdir()
    Image.fromarray(GREY[0]).save(path / ".cache" / "x.png")
    (path / "Thumbs.db").write_bytes(b"junk")
    (path / "README").write_text("words")
    os.mkfifo(path / "pipe.png")
    (path / "gone.png").symlink_to(path / "nothing.png")
    images = read(str(path))
    assert len(images) == 4
    assert images.notes == (
        "6 files are left out: 2 hidden, 1 links to nothing, 1 no regular files, "
        "1 of another kind (.db), 1 of another kind (no ending)",
    )


def test_links_are_followed_once_and_those_that_lead_out_are_told(tmp_path):
    path, other = folder(tmp_path / "a", GREY[:2]), folder(tmp_path / "b", GREY[2:])
    (path / "linked").symlink_to(other)
    (path / "loop").symlink_to(path)
    (path / "again.png").symlink_to(path / "00.png")
    images = read(str(path))
    assert len(images) == 5
    assert any("1 links lead out of the folder" in note for note in images.notes)
    assert any("linked to a folder that was read before" in note for note in images.notes)


def test_sizes_that_differ_are_named_with_the_way_out(tmp_path):
    path = folder(tmp_path / "a", [GREY[0], GREY[1][:4]])
    with pytest.raises(UsageError, match=r"6x5 \(HxW\) and .*01.png 4x5: give --resize HxW"):
        read(str(path))
    assert read(str(path), Reading((8, 8)))[:].shape == (2, 1, 8, 8)


def test_pictures_with_too_many_pixels_are_refused_by_their_header(tmp_path, monkeypatch):
    monkeypatch.setattr(_reading, "MOST_PIXELS", 29)
    with pytest.raises(UsageError, match="6?5?x.* is 30 pixels: at most 29 are read"):
        read(str(folder(tmp_path / "a", GREY)))
    with pytest.raises(UsageError, match="--resize is 60000x60000: at most"):
        Reading((60_000, 60_000))


@pytest.mark.parametrize("size", ["28", "0x4", "axb", "²x²", "-1x4", "4x4x4", "9999999x1"])
def test_what_is_no_size_is_named(size):
    with pytest.raises(UsageError, match="HxW needed"):
        parse_size(size)
    assert parse_size("28X30") == (28, 30) and parse_size(None) is None


def test_names_in_messages_are_one_line(tmp_path):
    odd = tmp_path / "a\nganbench: all is well\x1b[31m"
    with pytest.raises(UsageError) as caught:
        read(str(odd))
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
    for name in ("x" * 5_000, "a\0b"):
        with pytest.raises(UsageError) as caught:
            read(name)
        assert len(str(caught.value)) < 300
    with pytest.raises(UsageError, match="root of the file system"):
        read("/")


def test_a_damaged_file_is_named_whatever_is_raised(tmp_path):
    path = folder(tmp_path / "a", COLOUR)
    good = (path / "00.png").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        bad = bytearray(good)
        for place in rng.integers(0, len(bad), 3):
            bad[place] = rng.integers(256)
        (path / "00.png").write_bytes(bytes(bad[: rng.integers(1, len(bad) + 1)]))
        try:
            read(str(path), Reading((6, 5)))[:]
        except UsageError as error:
            assert "00.png" in str(error) and "\n" not in str(error)


# ---- resizing ----


def test_resizers_are_those_of_pillow_and_of_torch():
    for name, how in (("bicubic", Image.Resampling.BICUBIC), ("area", Image.Resampling.BOX),
                      ("bilinear-antialias", Image.Resampling.BILINEAR),
                      ("lanczos", Image.Resampling.LANCZOS)):  # fmt: skip
        right = np.asarray(Image.fromarray(COLOUR[0]).resize((3, 2), how)).transpose(2, 0, 1)
        assert np.array_equal(resized(PLANES[:1], Reading((2, 3), name))[0], right)
    plain = resized(PLANES[:1], Reading((3, 5), "bilinear"))[0]
    rows = PLANES[0].astype(float).reshape(3, 3, 2, 5).mean(2)  # every second border, no antialias
    assert np.abs(plain - rows).max() <= 0.5
    assert len({resized(PLANES, Reading((2, 2), n)).tobytes() for n in RESIZERS}) == len(RESIZERS)


def test_options_of_reading_that_there_are_not():
    for given, message in (({"resizer": "magic"}, "--resizer is 'magic'"),
                           ({"background": "pink"}, "--background is 'pink'"),
                           ({"value_range": "0..2"}, "--range is '0..2'")):  # fmt: skip
        with pytest.raises(UsageError, match=message):
            Reading(**given)


# ---- arrays and tensors ----


def test_layouts():
    for array, shape in ((GREY, (4, 1, 6, 5)), (COLOUR, (4, 3, 6, 5)), (PLANES, (4, 3, 6, 5)),
                         (GREY[..., None], (4, 1, 6, 5)),
                         (np.zeros((2, 3, 9, 3), np.uint8), (2, 1, 9, 3))):  # fmt: skip
        found = samples_of(array, "x", Reading())
        assert found.shape == shape == found[:].shape
    assert np.array_equal(samples_of(COLOUR, "x", Reading())[:], PLANES)


def test_one_picture_in_colour_is_not_many_grey_ones():
    with pytest.raises(UsageError, match=r"as one picture in colour: \[N, H, W, C\] needed"):
        samples_of(COLOUR[0], "x", Reading())


def test_float_pictures_are_rounded_over_their_range():
    for name, low, high in (("0..1", 0, 1), ("-1..1", -1, 1)):
        floats = (PLANES / 255 * (high - low) + low).astype(np.float32)
        assert np.array_equal(samples_of(floats, "x", Reading(value_range=name))[:], PLANES)
        with pytest.raises(UsageError, match="say --range 0..1 or --range -1..1"):
            samples_of(floats, "x", Reading())
    with pytest.raises(UsageError, match="x has pixels from .* beyond --range 0..1"):
        samples_of(PLANES / 255 * 2 - 1, "x", Reading(value_range="0..1"))[:]
    with pytest.raises(ValueError, match="NaN"):
        to_bytes(np.array([np.nan]), "0..1")


def test_tensors_are_samples_with_or_without_gradients_in_any_type():
    torch = pytest.importorskip("torch")
    vectors = torch.randn(5, 3, requires_grad=True)
    right = vectors.detach().numpy()
    for tensor in (vectors, vectors.double(), vectors.bfloat16(), vectors.half()):
        found = samples_of(tensor, "x", Reading())
        assert found.dtype in (np.float32, np.float64) and np.allclose(found, right, atol=0.02)
    pictures = torch.from_numpy(PLANES.copy())
    assert np.array_equal(samples_of(pictures, "x", Reading())[:], PLANES)


def test_large_files_are_read_where_they_are_sliced(tmp_path):
    np.save(tmp_path / "a.npy", COLOUR)
    found = read(str(tmp_path / "a.npy"))
    assert isinstance(found.array.base, np.memmap) or isinstance(found.array, np.memmap)
    some = found[np.array([2, 0])]
    assert np.array_equal(some[:], PLANES[[2, 0]])


def test_archives_of_samples_with_labels_and_of_statistics(tmp_path):
    np.savez(tmp_path / "guided.npz", COLOUR, np.arange(4))  # arr_0 and arr_1
    assert np.array_equal(whole(tmp_path / "guided.npz"), PLANES)
    np.savez(tmp_path / "stats.npz", mu=np.zeros(3), sigma=np.eye(3))
    with pytest.raises(UsageError, match="holds statistics"):
        read(str(tmp_path / "stats.npz"))
    np.savez(tmp_path / "two.npz", a=GREY, b=GREY)
    with pytest.raises(UsageError, match="has arrays a, b: say which"):
        read(str(tmp_path / "two.npz"))
    np.savez(tmp_path / "none.npz")
    with pytest.raises(UsageError, match="holds no arrays"):
        read(str(tmp_path / "none.npz"))


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ganbench.data._npy.MOST_BYTES", 10_000)
    np.savez_compressed(tmp_path / "bomb.npz", np.zeros((1_000, 1_000)))
    assert zipfile.ZipFile(tmp_path / "bomb.npz").infolist()[0].file_size > 8_000_000
    with pytest.raises(UsageError, match="unpacks to 8,000,128 bytes, .* times its size"):
        read(str(tmp_path / "bomb.npz"))


def test_vectors_like_raw_pixels():
    assert like_raw_pixels(GREY.reshape(4, -1)) and like_raw_pixels(GREY.reshape(4, -1) * 1.0)
    for other in (RNG.normal(size=(9, 4)), RNG.integers(0, 2, (9, 4)), GREY.reshape(4, -1) / 255):
        assert not like_raw_pixels(other)


def test_compositing_ends_at_both_ends():
    pixels = np.array([9, 8, 7, 255, 9, 8, 7, 0], np.uint8).reshape(2, 4, 1, 1)
    assert composited(pixels, (1, 2, 3)).reshape(2, 3).tolist() == [[9, 8, 7], [1, 2, 3]]
