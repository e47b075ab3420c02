"""Emoji: some 1,650 pictures of the font Noto Color Emoji, 32x32 colour; ``emoji64`` is 64x64.

Google's font (SIL Open Font License 1.1) holds each picture as a PNG of 136x128 pixels in its CBDT
table (OpenType specification, "CBDT - Color Bitmap Data"). A picture is composited on white, padded
to a square and reduced (Pillow's bicubic filter, which averages when it reduces).

Left out are pictures of which a tone of skin (U+1F3FB-1F3FF) is a part, 1,900 that repeat others in
five colours: nearly the same picture would be trained on and held out. Flags are left out too, the
national and regional ones (U+1F1E6-1F1FF, U+E0020-E007F), which would be a fifth of the pictures
and look alike. Of pictures that are equal in this size one is kept. What remains has near-copies
still: clock faces, women and men in one occupation. There are no labels.

The font is looked for in ``--data-dir``; without it in ``$GANBENCH_DATA``, and where Debian's
package ``fonts-noto-color-emoji`` puts it. Its versions differ in their pictures: the SHA-256 of
the pictures says which were used. A tenth is held out, seeded.
"""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.cache import data_folder
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive
from ganbench.data._metrics import OF_SAMPLES

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

FILE = "NotoColorEmoji.ttf"
DEBIAN = Path("/usr/share/fonts/truetype/noto")
REMEDY = "apt-get install fonts-noto-color-emoji"
LEFT_OUT = (
    *range(0x1F3FB, 0x1F400),  # tones of skin
    *range(0x1F1E6, 0x1F200),  # letters of national flags
    *range(0xE0020, 0xE0080),  # tags of regional flags
)
SIZES = {"emoji": 32, "emoji64": 64}
LEAST = 20


def find(data_dir: str | None) -> Path:
    """Return the font's path.

    Raises:
        UsageError: it is in none of the folders.
    """
    folders = [Path(data_dir)] if data_dir else [data_folder(), DEBIAN]
    for folder in folders:
        if (folder / FILE).is_file():
            return folder / FILE
    places = " or ".join(map(str, folders))
    raise UsageError(f"there is no {FILE} in {places}: {REMEDY}, or say by --data-dir where it is")


def characters(font: Any) -> dict[str, set[int]]:
    """Return ``{glyph: code points}``: a glyph's own, and those of the glyphs it is put for."""
    own: dict[str, set[int]] = {}
    for code, glyph in font.getBestCmap().items():
        own.setdefault(glyph, set()).add(code)
    parts: dict[str, set[str]] = {}
    for lookup in font["GSUB"].table.LookupList.Lookup if "GSUB" in font else []:
        for table in lookup.SubTable:
            for first, ligatures in getattr(table, "ligatures", {}).items():
                for ligature in ligatures:
                    parts.setdefault(ligature.LigGlyph, set()).update([first, *ligature.Component])
    known = {**own, **{glyph: own.get(glyph, set()) for glyph in parts}}
    return {
        glyph: codes.union(*(own.get(part, set()) for part in parts.get(glyph, ())))
        for glyph, codes in known.items()
    }


def picture(png: bytes, size: int) -> Array:
    """Return a PNG as an image ``[3, size, size]`` uint8 on white."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGBA")
    side = max(image.size)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(image, ((side - image.width) // 2, (side - image.height) // 2))
    small = square.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(small).transpose(2, 0, 1)


def pictures(path: Path, size: int) -> Array:
    """Return the pictures of the font ``[N, 3, size, size]``, in order of its glyphs.

    Raises:
        UsageError: damaged, or a font without bitmaps.
    """
    from fontTools.ttLib import TTFont

    try:
        with TTFont(path, lazy=True) as font:
            if "CBDT" not in font:
                raise UsageError(f"{path} has no colour bitmaps (CBDT), as Debian's has: {REMEDY}")
            codes, strike = characters(font), font["CBDT"].strikeData[0]
            kept = [name for name in strike if codes.get(name, set()).isdisjoint(LEFT_OUT)]
            kept.sort(key=font.getGlyphID)
            images = [picture(strike[name].imageData, size) for name in kept]
    except UsageError:
        raise
    except Exception as error:  # fontTools and Pillow raise many kinds for damaged files
        raise UsageError(
            f"{path} is damaged ({type(error).__name__}: {' '.join(str(error).split())}); {REMEDY}"
        ) from None
    different = {image.tobytes(): image for image in images}
    if len(different) < LEAST:
        raise UsageError(f"{path} holds {len(different)} pictures: at least {LEAST} needed")
    return np.stack(list(different.values()))


def load(size: int, data_dir: str | None = None) -> Data:
    """Return images ``[N, 3, size, size]`` uint8, a seeded tenth of them held out.

    Raises:
        UsageError: the font is absent, damaged, or has no bitmaps.
    """
    from ganbench.data._hashing import array_sha256

    images = pictures(find(data_dir), size)
    order = np.random.default_rng(derive("emoji", "split")).permutation(len(images))
    count = round(len(images) / 10)
    return Data(
        train=images[np.sort(order[count:])],
        test=images[np.sort(order[:count])],
        sha256=array_sha256(images),
    )


for name, size in SIZES.items():
    register(
        Dataset(
            name=name,
            load=partial(load, size),
            shape=(3, size, size),
            arch="dcgan",
            features="pixels",
            metrics=OF_SAMPLES,
            primary="fd",
            budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
            summary=f"emoji, {size}x{size} colour, from Debian's fonts-noto-color-emoji",
        )
    )
