"""Emoji: a small font made here exactly, and Debian's where it is installed."""

import numpy as np
import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.data import emoji
from tests.data._fonts import colour_font, outline_font

RNG = np.random.default_rng(0)
PICTURES = {0x1F400 + i: RNG.integers(0, 256, (3, 32, 32), np.uint8) for i in range(30)}
TONE, LETTER, TAG = 0x1F3FD, 0x1F1E9, 0xE0067


def load(folder, name="emoji"):
    return registry.datasets.get(name).load(str(folder))


def rows(*arrays):
    """Return images as a set."""
    return {row.tobytes() for array in arrays for row in array}


@pytest.fixture
def font(tmp_path):
    return tmp_path / emoji.FILE


def test_the_pictures_are_those_of_the_font_and_a_tenth_is_held_out(font):
    colour_font(font, PICTURES)
    data = load(font.parent)
    assert (len(data.train), len(data.test)) == (27, 3) and data.train.dtype == np.uint8
    assert rows(data.train, data.test) == rows(PICTURES.values())
    assert data.train_labels is None
    again = load(font.parent)
    assert data.sha256 == again.sha256 and np.array_equal(data.test, again.test)


def test_tones_and_flags_are_left_out_also_as_parts_of_what_a_glyph_stands_for(font):
    left_out = {
        key: RNG.integers(0, 256, (3, 32, 32), np.uint8)
        for key in (TONE, LETTER, TAG, "toned", "flag", "private", 0xFE4E5)
    }
    kept = {"couple": RNG.integers(0, 256, (3, 32, 32), np.uint8)}
    colour_font(
        font,
        PICTURES | left_out | kept,
        f"feature ccmp {{ sub u1F400 u{TONE:X} by toned; sub u{LETTER:X} u{LETTER:X} by flag;"
        f" sub u1F400 u{TAG:X} by private; sub u1F400 u1F401 by couple;"
        f" sub u{LETTER:X} u{TAG:X} by uFE4E5; }} ccmp;",
    )
    data = load(font.parent)
    assert rows(data.train, data.test) == rows(PICTURES.values(), kept.values())


def test_equal_pictures_are_kept_once(font):
    colour_font(font, PICTURES | {0x1F500: PICTURES[0x1F400], 0x1F501: PICTURES[0x1F401]})
    data = load(font.parent)
    assert len(data.train) + len(data.test) == 30


def test_pictures_are_put_on_white_into_a_square_and_averaged():
    half = np.zeros((4, 64, 68), np.uint8)  # black, of which the left half is opaque
    half[3, :, :34] = 255
    found = emoji.picture(png(half), 17)
    assert found.shape == (3, 17, 17) and found.dtype == np.uint8
    assert (found[:, 8, :7] == 0).all() and (found[:, 8, 10:] == 255).all()
    assert found[0, 0, 4] > 60 and found[0, -1, 4] > 60  # two rows of padding of four
    stripes = np.zeros((3, 128, 128), np.uint8)
    stripes[:, :, ::2] = 255
    assert emoji.picture(png(stripes), 32)[:, 4:-4, 4:-4] == pytest.approx(127.5, abs=2)


def png(image):
    from tests.data._fonts import png as encoded

    return encoded(image)


def test_the_font_is_sought_in_ganbenchs_data_folder_and_where_debian_puts_it(
    font, no_network, monkeypatch, tmp_path
):
    dataset = registry.datasets.get("emoji64")
    with pytest.raises(UsageError, match="apt-get install fonts-noto-color-emoji"):
        dataset.load(None)
    colour_font(font, PICTURES)
    monkeypatch.setattr(emoji, "DEBIAN", tmp_path)
    data = dataset.load(None)
    assert data.train.shape == (27, 3, 64, 64)
    monkeypatch.setattr(emoji, "DEBIAN", tmp_path / "nowhere")
    monkeypatch.setenv("GANBENCH_DATA", str(tmp_path))
    assert dataset.load(None).sha256 == data.sha256


def test_a_font_that_is_damaged_or_another_is_refused_in_one_line(font):
    colour_font(font, PICTURES)
    whole = font.read_bytes()
    few = dict(list(PICTURES.items())[:5])
    for make, message in [
        (lambda: font.write_bytes(b"no font"), "is damaged .*apt-get install"),
        (lambda: font.write_bytes(whole[: len(whole) // 2]), "is damaged .*apt-get install"),
        (lambda: outline_font(font, "ab"), "has no colour bitmaps"),
        (lambda: colour_font(font, few), "holds 5 pictures: at least 20 needed"),
    ]:
        make()
        with pytest.raises(UsageError, match=message) as error:
            load(font.parent)
        assert len(str(error.value).splitlines()) == 1 and emoji.FILE in str(error.value)


@pytest.mark.parametrize("name", ["emoji", "emoji64", "glyphs"])
def test_what_is_absent_is_named_before_any_training(name, no_network, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    words = ["run", "--dataset", name, "--variants", "ns", "--preset", "smoke"]
    for more in ([], ["--data-dir", str(tmp_path)]):
        done = CliRunner().invoke(main, [*words, "--out", str(tmp_path / "o"), *more])
        assert done.exit_code == 2, done.output
        (line,) = done.stderr.strip().splitlines()
        assert "apt-get install fonts-" in line and str(tmp_path) in line


@pytest.mark.skipif(
    not (emoji.DEBIAN / emoji.FILE).exists(), reason="apt-get install fonts-noto-color-emoji"
)
def test_debians_font():
    data = load(emoji.DEBIAN)
    every = np.concatenate([data.train, data.test])
    assert 1_400 < len(every) < 3_000 and len(data.test) == round(len(every) / 10)
    assert len(rows(every)) == len(every)
    assert 190 < every.mean() < 220  # much white
    assert (every[:, :, 0, 0] > 200).all(1).mean() > 0.9  # white corners
    colour = every.max(1).astype(int) - every.min(1)
    assert ((colour > 60).mean((1, 2)) > 0.1).mean() > 0.7  # and much colour
    small, large = (emoji.pictures(emoji.DEBIAN / emoji.FILE, size) for size in (32, 64))
    assert len(small) <= len(large) < len(small) + 20
