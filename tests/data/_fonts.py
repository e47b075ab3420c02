"""Small fonts made by fontTools: one of colour bitmaps, and some of outlines."""

import io

import numpy as np
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables import E_B_L_C_ as blc
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from fontTools.ttLib.tables.C_B_D_T_ import cbdt_bitmap_format_17
from PIL import Image

EM = 1000


def _builder(codes, glyphs):
    """Return a font of ``{code point: glyph name}``; ``glyphs``: names beside these."""
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *dict.fromkeys([*codes.values(), *glyphs])])
    builder.setupCharacterMap(codes)
    return builder


def _finish(builder, outlines):
    names = builder.font.getGlyphOrder()
    builder.setupGlyf({name: outlines.get(name) or TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (EM, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    return builder.font


def png(image):
    """Return a PNG of ``[C, H, W]`` uint8, RGB or RGBA."""
    buffer = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def colour_font(path, pictures, features=""):
    """Write a font of colour bitmaps.

    Args:
        pictures: ``{code point, or the name of a glyph without one: image [C, H, W] uint8}``.
        features: OpenType substitutions, in Adobe's language.
    """
    named = {key if isinstance(key, str) else f"u{key:X}": key for key in pictures}
    codes = {key: name for name, key in named.items() if not isinstance(key, str)}
    font = _finish(_builder(codes, named), {})
    strike = {}
    for name, key in sorted(named.items(), key=lambda pair: font.getGlyphID(pair[0])):
        glyph = cbdt_bitmap_format_17.__new__(cbdt_bitmap_format_17)
        glyph.metrics, glyph.imageData = SmallGlyphMetrics(), png(pictures[key])
        for field in ("height", "width", "BearingX", "BearingY", "Advance"):
            setattr(glyph.metrics, field, 100)
        strike[name] = glyph
    bitmaps, places = newTable("CBDT"), newTable("CBLC")
    bitmaps.version = places.version = 3.0
    bitmaps.strikeData = [strike]
    table = blc.eblc_index_sub_table_1.__new__(blc.eblc_index_sub_table_1)
    table.names, table.indexFormat, table.imageFormat = list(strike), 1, 17
    row = blc.Strike()
    row.indexSubTables = [table]
    size = row.bitmapSizeTable
    for side in ("hori", "vert"):
        metrics = blc.SbitLineMetrics()
        for field in (
            "ascender descender widthMax caretSlopeNumerator caretSlopeDenominator caretOffset "
            "minOriginSB minAdvanceSB maxBeforeBL minAfterBL pad1 pad2"
        ).split():
            setattr(metrics, field, 0)
        setattr(size, side, metrics)
    size.colorRef, size.ppemX, size.ppemY, size.bitDepth, size.flags = 0, 109, 109, 32, 1
    size.startGlyphIndex, size.endGlyphIndex = 1, len(strike)
    places.strikes = [row]
    font["CBDT"], font["CBLC"] = bitmaps, places
    if features:
        addOpenTypeFeaturesFromString(font, features)
    font.save(path)


def outline_font(path, characters, seed=0, alike=0):
    """Write a font of a few random bars for each character.

    Args:
        alike: how many of the characters have one outline, the first's.
    """
    rng = np.random.default_rng(seed)
    codes = {ord(c): f"u{ord(c):X}" for c in characters}
    outlines = {}
    for place, name in enumerate(codes.values()):
        if 0 < place < alike:
            outlines[name] = next(iter(outlines.values()))
            continue
        pen = TTGlyphPen(None)
        for _ in range(4):
            x, y = rng.integers(0, 500, 2)
            width, height = rng.integers(80, 400, 2)
            corners = [(x, y), (x, y + height), (x + width, y + height), (x + width, y)]
            pen.moveTo(corners[0])
            for corner in corners[1:]:
                pen.lineTo(corner)
            pen.closePath()
        outlines[name] = pen.glyph()
    _finish(_builder(codes, []), outlines).save(path)
