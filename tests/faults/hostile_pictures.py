"""Pictures and folders of them: bombs, headers that lie, names that forge, what is no picture."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.faults.hostile_files import Made, hostile


def chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def png(width: int, height: int, content: bytes = b"", kind: int = 0, more: bytes = b"") -> bytes:
    """Return a PNG that says that it has so many pixels, and has ``content``."""
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), more, chunk(b"IDAT", content),
         chunk(b"IEND", b""))
    )  # fmt: skip


def zeros(n: int) -> bytes:
    """Return ``n`` zeros, deflated piece by piece."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(bytes(min(2**20, n - i))) for i in range(0, n, 2**20)]
    return b"".join(parts) + packer.flush()


def pictures(path: Path, contents: list[bytes], ending: str = "png") -> str:
    folder = path / "pictures"
    folder.mkdir()
    for i, content in enumerate(contents):
        (folder / f"{i:02}.{ending}").write_bytes(content)
    return "~/pictures"


def plan(path: Path, contents: list[bytes], says: str, ending: str = "png", more: str = "") -> Made:
    return f"plan --dataset folder:{pictures(path, contents, ending)}{more}", says


@hostile
def header_of_2_31_pixels(path):
    return plan(path, [png(2**31 - 1, 1)] * 20, "pixels")


@hostile
def header_of_2_62_pixels(path):
    return plan(path, [png(2**31 - 1, 2**31 - 1)] * 20, "pixels")


@hostile
def header_of_a_bitmap_with_2_31_pixels(path):
    size = struct.pack("<IiiHHIIiiII", 40, 2**15, 2**16, 1, 24, 0, 0, 0, 0, 0, 0)
    head = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + size
    return plan(path, [head] * 20, "pixels", "bmp")


@hostile
def a_decompression_bomb(path):
    return plan(path, [png(20_000, 20_000, zeros(20_000 * 20_001))], "pixels")


@hostile
def three_pictures_of_121_megapixels(path):
    return plan(
        path, [png(11_000, 11_000, zeros(11_000 * 11_001))] * 3, "pixels", more=" --resize 8x8"
    )


@hostile
def a_bomb_of_words(path):
    words = chunk(b"zTXt", b"Comment\0\0" + zeros(2**28))
    return plan(path, [png(4, 4, zeros(20), more=words)], "not a readable image")


@hostile
def a_bomb_of_colours(path):
    profile = chunk(b"iCCP", b"x\0\0" + zeros(2**27))
    return plan(path, [png(4, 4, zeros(20), more=profile)] * 20, "not a readable image")


@hostile
def a_tiff_of_768_samples_a_pixel(path):
    image = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(image, "tiff")
    raw = image.getvalue()
    samples = struct.pack("<HHI", 277, 3, 1)  # the tag of samples a pixel
    place = raw.index(samples) + len(samples)
    bad = raw[:place] + struct.pack("<H", 768) + raw[place + 2 :]
    return plan(path, [bad] * 20, "not a readable image", "tif")


@hostile
def no_pixels(path):
    return plan(path, [png(0, 0)] * 20, "image")


@hostile
def postscript_as_a_picture(path):
    words = f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n({path}/ran) (w) file\nshowpage\n"
    return plan(path, [words.encode()] * 20, "cannot identify image file")


@hostile
def empty_pictures(path):
    return plan(path, [b""] * 20, "not a readable image")


@hostile
def words_as_pictures(path):
    return plan(path, [b"<script>alert(1)</script>"] * 20, "not a readable image", "jpg")


@hostile
def half_a_picture(path):
    image = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(
        image, "png"
    )
    return plan(path, [image.getvalue()[: len(image.getvalue()) // 2]] * 20, "not a readable image")


@hostile
def sizes_that_differ(path):
    return plan(path, [png(4, 4, zeros(20)), png(5, 5, zeros(30))], "--resize HxW")


@hostile
def a_folder_of_nothing(path):
    return plan(path, [], "holds no images")


@hostile
def a_folder_of_pipes(path):
    pictures(path, [])
    for i in range(20):
        os.mkfifo(path / "pictures" / f"{i}.png")
    return "plan --dataset folder:~/pictures", "no regular files"


@hostile
def a_folder_of_links_to_devices(path):
    pictures(path, [])
    for i in range(20):
        (path / "pictures" / f"{i}.png").symlink_to("/dev/zero")
    return "plan --dataset folder:~/pictures", "no regular files"


@hostile
def a_folder_of_links_in_circles(path):
    pictures(path, [])
    for name in ("a.png", "b"):
        (path / "pictures" / name).symlink_to(path / "pictures" / name)
    return "plan --dataset folder:~/pictures", "links to nothing"


@hostile
def pictures_with_names_that_forge_a_message(path):
    pictures(path, [])
    name = b"a\nganbench: all is well\x1b[2J\r\xff.png"
    (path / "pictures" / os.fsdecode(name)).write_bytes(b"no picture")
    return "plan --dataset folder:~/pictures", "\\nganbench: all is well\\x1b[2J\\r\\udcff.png"


@hostile
def a_folder_whose_name_forges_a_message(path):
    (path / "a\nganbench: done\x07").mkdir()
    return "plan --dataset folder:~/a\nganbench:\xa0done", "\\nganbench:\\xa0done does not exist"


@hostile
def a_thousand_endings(path):
    pictures(path, [])
    for i in range(1_000):
        (path / "pictures" / f"a.{i}").touch()
    return "plan --dataset folder:~/pictures", "more kinds"


@hostile
def a_resize_that_fills_memory(path):
    folder = pictures(path, [png(4, 4, zeros(20))])
    for i in range(20_000):
        (path / "pictures" / f"link-{i}.png").symlink_to(path / "pictures" / "00.png")
    return f"plan --dataset folder:{folder} --resize 5000x5000", "GB of memory"
