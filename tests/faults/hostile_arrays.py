"""Arrays and archives: absurd shapes, pickles, bombs, special files."""

from __future__ import annotations

import os
import socket
import struct
import zipfile
from pathlib import Path

import numpy as np

from tests.faults.hostile_files import FILES, SCORE, Made, hostile, pickled


def npy(header: str, content: bytes = b"", version: int = 1) -> bytes:
    text = header.encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + content


def described(shape: str, kind: str = "<f4", order: bool = False) -> str:
    return f"{{'descr': {kind!r}, 'fortran_order': {order}, 'shape': {shape}, }}"


def array(path: Path, content: bytes, says: str, command: str = SCORE) -> Made:
    (path / "bad.npy").write_bytes(content)
    return f"{command} ~/bad.npy", says


ABSURD = {
    "2_62": "(4611686018427387904,)", "2_62_rows": "(4611686018427387904, 2)",
    "2_70": "(1180591620717411303424, 2)", "many_axes": f"({'2,' * 70})", "negative": "(-4, 2)",
    "two_negative": "(-4, -2)", "one_short": "(5, 2)", "a_word": "'many'", "floats": "(4.0, 2.0)",
    "truth": "(True, 99999999999)", "40_gigabytes": "(10000000000,)",
    "nested": "(" * 2_000 + ")" * 2_000,
}  # fmt: skip
for name, shape in ABSURD.items():
    FILES[f"an_array_of_shape_{name}"] = lambda path, shape=shape: array(
        path, npy(described(shape), bytes(32)), "is damaged"
    )
for name, descr in {"objects": "|O", "a_giant": "|V2147483647", "words": "<U3", "nonsense": "zzz",
                    "times": "<M8[s]", "complex": "<c8"}.items():  # fmt: skip
    FILES[f"an_array_of_{name}"] = lambda path, descr=descr: array(
        path, npy(described("(2, 2)", descr), bytes(64)), "bad.npy"
    )


@hostile
def an_array_of_200_000_columns(path):
    return array(path, npy(described("(60, 200000)"), bytes(48_000_000)), "200,000 numbers")


@hostile
def a_data_set_of_200_000_columns(path):
    found = npy(described("(60, 200000)"), bytes(48_000_000))
    return array(
        path,
        found,
        "200,000 numbers",
        "plan --dataset array:~/bad.npy --preset smoke --arch toy --out",
    )


@hostile
def a_header_of_4_gigabytes(path):
    return array(
        path, b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'", "a header of 4,294,967,295 bytes"
    )


@hostile
def a_header_that_is_code(path):
    return array(path, npy(f"__import__('os').system('touch {path}/ran')"), "is damaged")


@hostile
def a_header_of_another_version(path):
    return array(path, b"\x93NUMPY\x09\x00\x00\x00", "no array of numpy.save")


@hostile
def a_pickle(path):
    return array(path, pickled(path), "no array of numpy.save")


@hostile
def an_array_with_a_pickle_in_it(path):
    return array(path, npy(described("(1,)", "|O"), pickled(path)), "pickled objects")


@hostile
def an_empty_array_file(path):
    return array(path, b"", "no array of numpy.save")


@hostile
def an_array_of_no_rows(path):
    return array(path, npy(described("(0, 2)")), "0 samples")


@hostile
def an_array_of_nan(path):
    values = np.full((60, 2), np.nan, "<f4").tobytes()
    return array(
        path,
        npy(described("(60, 2)"), values),
        "NaN",
        "plan --arch toy --out ~/o --dataset array:~/bad.npy --preset smoke --data-dir",
    )


@hostile
def a_pipe(path):
    os.mkfifo(path / "bad.npy")
    return f"{SCORE} ~/bad.npy", "neither a folder of images nor"


@hostile
def a_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path)  # the path of a socket is short
        made.bind("bad.npy")
        os.chdir(here)
    return f"{SCORE} ~/bad.npy", "neither a folder of images nor"


@hostile
def dev_zero(path):
    return f"{SCORE} /dev/zero", "neither a folder of images nor"


@hostile
def dev_zero_as_a_data_set(path):
    return "plan --dataset array:/dev/zero", "neither a folder of images nor"


@hostile
def a_link_to_dev_zero(path):
    (path / "bad.npy").symlink_to("/dev/zero")
    return f"{SCORE} ~/bad.npy", "neither a folder of images nor"


@hostile
def a_file_without_rights_or_a_folder_as_an_array(path):
    (path / "bad.npy").mkdir()
    return "plan --dataset array:~/bad.npy", "is a folder"


# ---- archives ----


def archive(path: Path, members: dict[str, bytes], says: str, name: str = "") -> Made:
    with zipfile.ZipFile(path / "bad.npz", "w", zipfile.ZIP_DEFLATED) as made:
        for member, content in members.items():
            made.writestr(member, content)
    return f"{SCORE} ~/bad.npz{name}", says


def bomb(path: Path, size: int, name: str, says: str) -> Made:
    head = npy(described(f"({size // 8}, 2)"))
    with (
        zipfile.ZipFile(path / "bad.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
        made.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(head)
        for _ in range(size // 2**20):
            member.write(bytes(2**20))
    return f"{SCORE} ~/bad.npz{name}", says


@hostile
def a_zip_bomb(path):
    return bomb(path, 2**30, "", "times its size: not read")


@hostile
def a_zip_bomb_by_name(path):
    return bomb(path, 2**30, ":a", "times its size: not read")


@hostile
def a_bomb_that_lies_about_its_size(path):
    command, _ = bomb(path, 2**29, "", "")
    raw = bytearray((path / "bad.npz").read_bytes())
    place = raw.rindex(b"PK\x01\x02")  # the entry of the directory
    raw[place + 24 : place + 28] = struct.pack("<I", 1_000)
    (path / "bad.npz").write_bytes(raw)
    return command, "is damaged"


@hostile
def an_archive_of_too_many_members(path):
    return archive(
        path, {f"{i}.npy": npy(described("(1, 1)"), bytes(4)) for i in range(2_000)}, "2,000 files"
    )


@hostile
def an_archive_of_nothing(path):
    return archive(path, {}, "holds no arrays")


@hostile
def an_archive_of_words(path):
    return archive(path, {"readme.txt": b"hello"}, "is damaged")


@hostile
def an_archive_with_an_absurd_shape(path):
    return archive(path, {"a.npy": npy(described("(99999999999, 2)"), bytes(64))}, "is damaged")


@hostile
def an_archive_with_a_pickle(path):
    return archive(path, {"a.npy": npy(described("(1,)", "|O"), pickled(path))}, "pickled objects")


@hostile
def an_archive_of_several_arrays(path):
    two = {f"{k}.npy": npy(described("(1, 1)"), bytes(4)) for k in "ab"}
    return archive(path, two, "say which")


@hostile
def an_archive_without_the_name(path):
    return archive(path, {"a.npy": npy(described("(1, 1)"), bytes(4))}, "has no array", ":nonesuch")


@hostile
def an_archive_with_a_name_that_forges(path):
    names = {"x\nganbench: fine.npy": b"", "y\x1b[2J.npy": b""}
    return archive(path, names, "\\nganbench: fine", ":nonesuch")


@hostile
def an_archive_that_climbs(path):
    found = archive(path, {"../../../ran.npy": b"x"}, "is damaged")
    return found


@hostile
def an_archive_of_garbage(path):
    (path / "bad.npz").write_bytes(b"PK\x03\x04" + bytes(100))
    return f"{SCORE} ~/bad.npz", "is damaged"


@hostile
def half_an_archive(path):
    np.savez(path / "whole.npz", a=np.ones((60, 3)))
    raw = (path / "whole.npz").read_bytes()
    (path / "bad.npz").write_bytes(raw[: len(raw) // 2])
    return f"{SCORE} ~/bad.npz", "is damaged"


@hostile
def statistics(path):
    np.savez(path / "bad.npz", mu=np.zeros(4), sigma=np.eye(4))
    return f"{SCORE} ~/bad.npz", "holds statistics"
