"""Where a PNG says how it is turned: the header and the pixels agree, as they do for a JPEG."""

import time
import zlib

import numpy as np
import pytest
from PIL import Image

from ganbench.data._files import read
from tests.data._pngs import folder_of, png
from tests.faults.hostile_pictures import chunk

SHOWN = np.random.default_rng(0).integers(0, 256, (3, 20, 24, 3), dtype=np.uint8)
STORED = np.rot90(SHOWN, 1, (1, 2))  # which tag 6 turns back

EXIF = Image.Exif()
EXIF[0x0112] = 6
RAW = EXIF.tobytes()
PROFILE = f"\nexif\n{len(RAW):8}\n{RAW.hex()}\n".encode()
XMP = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
SAYS = {
    "exif": chunk(b"eXIf", RAW.removeprefix(b"Exif\0\0")),
    "words": chunk(b"tEXt", b"Raw profile type exif\0" + PROFILE),
    "packed": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(PROFILE)),
    "xmp": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("says", SAYS)
def test_a_png_is_turned_wherever_it_says_so(tmp_path, says, after):
    chunks = {"after" if after else "before": SAYS[says]}
    images = read(str(folder_of(tmp_path / "a", [png(p, **chunks) for p in STORED])))
    assert images.size == (20, 24)
    assert np.array_equal(images[:].transpose(0, 2, 3, 1), SHOWN)
    assert "3 of 3 images: turned as EXIF says" in images.notes


def test_other_words_at_the_end_turn_nothing_and_are_not_decoded_for(tmp_path, monkeypatch):
    date = chunk(b"tEXt", b"date:create\x002024-01-01")
    path = folder_of(tmp_path / "a", [png(p, after=date) for p in SHOWN])
    decoded = []
    whole = Image.Image.getexif
    monkeypatch.setattr(
        Image.Image, "getexif", lambda self: decoded.append(self._im is not None) or whole(self)
    )
    images = read(str(path))
    assert images.size == (20, 24) and decoded.count(True) == 1  # to see that there is colour


@pytest.mark.parametrize("ending", ["tif", "jpg", "webp"])
def test_xmp_turns_other_formats_alike(tmp_path, ending):
    path = tmp_path / "a"
    path.mkdir()
    how = {"tif": {"tiffinfo": {700: XMP}}, "webp": {"xmp": XMP, "lossless": True},
           "jpg": {"xmp": XMP, "quality": 100, "subsampling": 0}}[ending]  # fmt: skip
    Image.fromarray(STORED[0]).save(path / f"0.{ending}", **how)
    images = read(str(path))
    found = images[:][0].transpose(1, 2, 0)
    assert images.size == (20, 24) == found.shape[:2]
    assert np.abs(found - SHOWN[0].astype(int)).mean() < (30 if ending == "jpg" else 1e-9)


def test_headers_are_read_fast(tmp_path):
    picture = png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    path = folder_of(tmp_path / "a", [picture] * 1_000)
    start = time.process_time()
    assert len(read(str(path))[:]) == 1_000
    assert time.process_time() - start < 2  # a tenth of 10,000, and twice the time
