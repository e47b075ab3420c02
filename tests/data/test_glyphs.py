"""Letters and digits: small fonts made here, and this machine's where it has some."""

import shutil

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.data import glyphs
from tests.data._fonts import EM, outline_font

C = glyphs.CHARACTERS


def load(folder):
    return registry.datasets.get("glyphs").load(str(folder))


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    """A folder of twelve fonts, one of them further down."""
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "more").mkdir()
    for seed in range(11):
        outline_font(folder / f"{seed:02}.ttf", C, seed)
    outline_font(folder / "more" / "x.TTF", C, 11)
    return folder


def test_each_character_of_each_font_is_there_once(fonts):
    data = load(fonts)
    assert len(C) == 62 and data.train.shape == (11 * 62, 1, 28, 28) and len(data.test) == 62
    assert data.train.dtype == np.uint8
    assert (np.bincount(data.train_labels) == 11).all() and (
        np.bincount(data.test_labels) == 1
    ).all()
    drawn = {
        image.tobytes(): place
        for path in glyphs.find(str(fonts))
        for place, image in enumerate(glyphs.draw(path))
    }
    for images, labels in [(data.train, data.train_labels), (data.test, data.test_labels)]:
        assert [drawn.pop(image.tobytes()) for image in images] == labels.tolist()
    assert not drawn
    assert load(fonts).sha256 == data.sha256


def test_the_held_out_tenth_is_of_many_fonts(fonts):
    data = load(fonts)
    fonts_of_test = {
        next(i for i, path in enumerate(glyphs.find(str(fonts)))
             if (glyphs.draw(path)[label] == image[0]).all())
        for image, label in zip(data.test[:20], data.test_labels[:20], strict=True)
    }  # fmt: skip
    assert len(fonts_of_test) > 4


def test_fonts_that_are_copies_incomplete_or_of_boxes_are_left_out(fonts, tmp_path):
    for i in range(6):
        shutil.copy(fonts / f"{i:02}.ttf", tmp_path)
    wanted = load(tmp_path).sha256
    shutil.copy(fonts / "00.ttf", tmp_path / "copy.ttf")
    shutil.copy(fonts / "06.ttf", tmp_path / "06.woff")  # another ending
    outline_font(tmp_path / "incomplete.ttf", C[1:], 20)
    outline_font(tmp_path / "boxes.ttf", C, 21, alike=9)
    (tmp_path / "damaged.ttf").write_bytes((fonts / "07.ttf").read_bytes()[:2000])
    (tmp_path / "nothing.otf").write_bytes(b"")
    assert load(tmp_path).sha256 == wanted
    outline_font(tmp_path / "few-boxes.ttf", C, 21, alike=8)
    assert load(tmp_path).sha256 != wanted


def test_too_few_fonts(fonts, tmp_path):
    for i in range(4):
        shutil.copy(fonts / f"{i:02}.ttf", tmp_path)
    with pytest.raises(UsageError, match="glyphs: 4 different fonts .* at least 5 needed: apt-get"):
        load(tmp_path)


def test_a_character_is_drawn_as_large_as_the_font_allows_on_one_baseline(tmp_path):
    """A font of one box for each character, whose place and size are known."""
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    from tests.data import _fonts

    codes = {ord(c): f"u{ord(c):X}" for c in C}
    tall, low, outlines = "b", "p", {}
    for place, (code, name) in enumerate(codes.items()):
        bottom = -400 if chr(code) == low else 0
        top = 900 if chr(code) == tall else 300 + 5 * place
        pen = TTGlyphPen(None)
        corners = [(100, bottom), (100, top), (300, top), (300, bottom)]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
        outlines[name] = pen.glyph()
    path = tmp_path / "boxes.ttf"
    font = _fonts._finish(_fonts._builder(codes, []), outlines)
    font["hmtx"].metrics = {name: (EM, 100) for name in font["hmtx"].metrics}
    font.save(path)
    drawn = glyphs.draw(path).astype(float) / 255
    pixel = 26 / 1300  # from the lowest to the highest: 26 pixels
    for place, image in enumerate(drawn):
        character = C[place]
        height = {tall: 900, low: 400 + 300 + 5 * place}.get(character, 300 + 5 * place) * pixel
        assert image.sum() == pytest.approx(200 * pixel * height, rel=0.12), character
        columns = image.sum(0)
        assert columns @ np.arange(28) / columns.sum() == pytest.approx(13.5, abs=0.2)
        foot = np.flatnonzero(image.sum(1) > 2).max() + 1
        assert foot == pytest.approx(27 if character == low else 27 - 400 * pixel, abs=0.6)
    assert np.flatnonzero(drawn[C.index(tall)].sum(1) > 2).min() == pytest.approx(1, abs=0.6)


@pytest.mark.skipif(
    len(glyphs.find(None)) < 10, reason="apt-get install fonts-dejavu fonts-liberation"
)
def test_this_machines_fonts_are_letters():
    """A classifier of nearest means recognises most of them."""
    data = registry.datasets.get("glyphs").load(None)
    train = data.train.reshape(len(data.train), -1).astype(float)
    test = data.test.reshape(len(data.test), -1).astype(float)
    means = np.stack([train[data.train_labels == k].mean(0) for k in range(62)])
    found = ((test[:, None] - means) ** 2).sum(2).argmin(1)
    assert (found == data.test_labels).mean() > 0.6
    assert 0.02 < data.train.mean() / 255 < 0.2
    edges = np.concatenate(
        [data.train[:, 0, (0, -1)], data.train[:, 0, :, (0, -1)].swapaxes(0, 1)], 1
    )
    assert edges.max() < 128  # a margin, but for what hinting adds
