"""Letters and digits in the fonts of this machine: 62 characters, 28x28 grey, white on black.

Fonts (``.ttf``, ``.otf``) are sought in ``--data-dir`` and below; without it in
``/usr/share/fonts`` and ``/usr/local/share/fonts``, where Debian's packages ``fonts-...`` put them.
Fonts differ between machines: the SHA-256 of the pictures identifies the data, and results are
compared only where it is the same. They are drawn once per machine and kept in the cache.

A font is taken where it has outlines of all 62 characters, at least 55 of which look different
(fonts of capitals or of boxes have fewer). It has one size and one baseline for all characters, the
largest with which they fit into 26x26 pixels, so that c is smaller than C; each character is in the
middle by its ink. It is drawn by FreeType at eight times the size and averaged. A font whose
pictures differ from an earlier one's by less than 16 grey levels of 255 (root mean square over all
pictures) is left out: fonts made to replace others. Bold, slanted and condensed forms of a family
stay.

Of each character a seeded tenth is held out, at least one. Some labels cannot be told by eye in
some fonts: l and I, 0 and O.
"""

from __future__ import annotations

import hashlib
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.cache import cached
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive
from ganbench.data._metrics import OF_SAMPLES

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
ENDINGS = (".ttf", ".otf")
REMEDY = "apt-get install fonts-dejavu fonts-liberation"
SIZE, INK, OVER = 28, 26, 8  # pixels a side, of which characters use; drawn as many times larger
PROBE = 200  # pixels of the size at which the extent of a font is measured
DIFFERENT = 55  # of the 62 pictures of a font
APART = 16.0  # grey levels between two fonts
LEAST = 5  # fonts


def find(data_dir: str | None) -> list[Path]:
    """Return the font files, in order of their paths."""
    folders = [Path(data_dir)] if data_dir else list(FOLDERS)
    files = [path for folder in folders for path in folder.rglob("*")]
    return sorted(path for path in files if path.suffix.lower() in ENDINGS and path.is_file())


def complete(path: Path) -> bool:
    """Return whether the font has outlines of all characters; a damaged one has none."""
    from fontTools.ttLib import TTFont

    try:
        with TTFont(path, lazy=True) as font:
            outlines = "glyf" in font or "CFF " in font or "CFF2" in font
            return outlines and set(map(ord, CHARACTERS)) <= set(font.getBestCmap() or ())
    except Exception:  # fontTools raises many kinds for damaged files
        return False


def draw(path: Path) -> Array | None:
    """Return the characters of the font ``[62, 28, 28]`` uint8, or None if it cannot be drawn."""
    from PIL import ImageFont

    def font(size: float) -> Any:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)

    try:
        probe = font(PROBE)
        boxes = [inked(probe, c, 4 * PROBE).getbbox() for c in CHARACTERS]
        if not all(boxes):
            return None  # a character without ink
        left, top, right, bottom = np.array(boxes).T
        scale = INK * OVER / max(bottom.max() - top.min(), (right - left).max())
        middle = ((top.min() + bottom.max()) / 2 - 2 * PROBE) * scale  # below the baseline
        fitted = font(PROBE * scale)
        return np.stack([character(fitted, c, middle) for c in CHARACTERS])
    except (OSError, ValueError):  # FreeType refuses it
        return None


def inked(font: Any, text: str, side: int) -> Any:
    """Return a square picture with the character's origin in its middle."""
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (side, side))
    ImageDraw.Draw(canvas).text((side // 2, side // 2), text, 255, font, "ls")
    return canvas


def character(font: Any, text: str, middle: float) -> Array:
    """Return one character ``[28, 28]`` uint8, its ink in the middle of the width.

    Args:
        middle: of the height, below the baseline.
    """
    side = SIZE * OVER
    canvas = inked(font, text, 4 * side)
    left, _, right, _ = canvas.getbbox()
    x, y = round((left + right - side) / 2), round(2 * side + middle - side / 2)
    return np.asarray(canvas.crop((x, y, x + side, y + side)).reduce(OVER))


def pictures(paths: list[Path]) -> Array:
    """Return the characters of the fonts that are taken, from the cache where they were drawn."""
    import PIL
    from PIL import features

    key = {
        "what": "glyphs",
        "code": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "drawn by": [PIL.__version__, features.version("freetype2")],
        "fonts": [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths],
    }
    return cached(key, lambda: {"pictures": different(paths)})["pictures"]


def different(paths: list[Path]) -> Array:
    """Return the characters of the fonts that are taken, ``[fonts, 62, 28, 28]`` uint8."""
    kept = np.empty((0, len(CHARACTERS) * SIZE * SIZE), np.float32)
    for path in paths:
        drawn = draw(path) if complete(path) else None
        if drawn is None or len({image.tobytes() for image in drawn}) < DIFFERENT:
            continue
        vector = drawn.reshape(1, -1).astype(np.float32)
        if not len(kept) or np.sqrt(((kept - vector) ** 2).mean(1).min()) >= APART:
            kept = np.concatenate([kept, vector])
    return kept.astype(np.uint8).reshape(-1, len(CHARACTERS), SIZE, SIZE)


def load(data_dir: str | None = None) -> Data:
    """Return images ``[N, 1, 28, 28]`` uint8, labelled by the place of their character.

    Raises:
        UsageError: fewer than five fonts are found.
    """
    from ganbench.data._hashing import array_sha256

    paths = find(data_dir)
    images = pictures(paths)
    if len(images) < LEAST:
        places = data_dir or " and ".join(map(str, FOLDERS))
        raise UsageError(
            f"glyphs: {len(images)} different fonts with all letters and digits in {places}, "
            f"at least {LEAST} needed: {REMEDY}, or say by --data-dir where there are"
        )
    fonts, classes = images.shape[:2]
    rng = np.random.default_rng(derive("glyphs", "split"))
    turn = rng.permuted(np.tile(np.arange(fonts)[:, None], classes), axis=0)
    held = (turn < max(1, round(fonts / 10))).ravel()  # as many of each character
    flat = images.reshape(-1, 1, SIZE, SIZE)
    labels = np.tile(np.arange(classes), fonts)
    return Data(
        train=flat[~held],
        test=flat[held],
        train_labels=labels[~held],
        test_labels=labels[held],
        sha256=array_sha256(images),
    )


register(
    Dataset(
        name="glyphs",
        load=load,
        shape=(1, SIZE, SIZE),
        arch="dcgan",
        features="pixels",
        metrics=OF_SAMPLES,
        primary="fd",
        budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
        classes=len(CHARACTERS),
        classifier="classifier:glyphs",
        summary="letters and digits in this machine's fonts, 62 classes, 28x28 grey",
    )
)
