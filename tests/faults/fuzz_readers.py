"""Every reader of ganbench, with whole inputs to be mutated."""

from __future__ import annotations

import copy
import gzip
import io
import json
import lzma
import os
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.faults.fuzz import Mutation, Reader, bytes_changed, in_its_head

NASTY = (None, True, -1, 0, 1e308, -1e308, 2**70, "", "x", "../../x", "\0\n", "9" * 400, [], {},
         [[]], {"x": None}, [1] * 1_000)  # fmt: skip
GRAMMAR = "+-,=:|x.0123456789einfa_ \n\0²٣/~*"


def readers(folder: Path) -> list[Reader]:
    """Return every reader; ``folder`` is for what they need beside."""
    run = folder / "run"
    os.environ["GANBENCH_CACHE"] = str(folder / "cache")
    from tests.faults.flips import _run

    _run(run)
    return [*_pictures(folder), *_arrays(), *_tables(), *_of_a_run(run), *_grammars()]


# ---- samples ----


def _pictures(folder: Path) -> list[Reader]:
    from ganbench.data._files import read
    from ganbench.data._reading import Reading

    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (16, 12), np.uint8)
    colour = rng.integers(0, 256, (16, 12, 3), np.uint8)
    alpha = rng.integers(0, 256, (16, 12, 4), np.uint8)
    deep = rng.integers(0, 65_536, (16, 12), np.uint16)
    real = rng.normal(size=(16, 12)).astype(np.float32)
    kinds = {
        "png": (grey, colour, alpha, deep), "jpg": (grey, colour), "webp": (colour, alpha),
        "bmp": (grey, colour), "gif": (grey,), "tif": (grey, colour, deep, real),
    }  # fmt: skip

    def one(path: Path, ending: str) -> None:
        own = folder / f"pictures-{ending}"
        own.mkdir(exist_ok=True)
        path.replace(own / f"0.{ending}")
        read(str(own), Reading((8, 8), value_range="0..1"))[:]

    found = []
    for ending, arrays in kinds.items():
        inputs = []
        for array in arrays:
            for more in ({}, {"exif": _turned()}) if ending != "bmp" and ending != "gif" else ({},):
                buffer = io.BytesIO()
                Image.fromarray(array).save(
                    buffer, {"jpg": "jpeg", "tif": "tiff"}.get(ending, ending), **more
                )
                inputs.append(buffer.getvalue())
        mutate = in_its_head(_with_crc if ending == "png" else bytes_changed)
        found.append(Reader(ending, tuple(inputs), partial(one, ending=ending), mutate))
    return found


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def _with_crc(content: bytes, rng: random.Random) -> bytes:
    """Return a PNG with changed bytes, and mostly with checksums that are right again."""
    import zlib

    raw = bytearray(bytes_changed(content, rng))
    place = 8
    while rng.random() < 0.95 and place + 12 <= len(raw):
        end = place + 8 + int.from_bytes(raw[place : place + 4], "big")
        if end + 4 > len(raw):
            break
        raw[end : end + 4] = zlib.crc32(raw[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(raw)


def _arrays() -> list[Reader]:
    from ganbench.core.files import as_npy
    from ganbench.data import _idx
    from ganbench.data._files import read
    from ganbench.data._given import load

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(40, 3)).astype(np.float32)
    pictures = rng.integers(0, 256, (40, 5, 6, 3), np.uint8)

    def npz(pack: Callable[..., None], **arrays: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        pack(buffer, **arrays)
        return buffer.getvalue()

    def whole(path: Path) -> None:
        read(str(path))[:]

    def data_set(path: Path) -> None:
        load("array:x", lambda where: None, str(path))

    archives = (
        npz(np.savez, a=vectors), npz(np.savez_compressed, a=vectors),
        npz(np.savez, x=pictures, y=np.arange(40)), npz(np.savez, mu=vectors[0], sigma=vectors),
    )  # fmt: skip
    idx = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (4, 2, 2)) + bytes(16)

    def content(path: Path) -> None:
        _idx.content(path, "0" * 64, "get another")

    npys = (as_npy(vectors), as_npy(pictures), as_npy(vectors.astype(np.float16)))
    return [
        Reader("npy", npys, whole, in_its_head(bytes_changed), ".npy"),
        Reader("npy data set", npys, data_set, in_its_head(bytes_changed), ".npy"),
        Reader("npz", archives, whole, bytes_changed, ".npz"),
        Reader("idx.gz", (gzip.compress(idx),), content, bytes_changed, ".gz"),
        Reader("idx.xz", (lzma.compress(idx),), content, bytes_changed, ".xz"),
    ]


def _tables() -> list[Reader]:
    from ganbench.data.tabular import load

    rows = "".join(f"{i},{i * 7 % 11}.5,{'red green blue'.split()[i % 3]}\n" for i in range(40))
    inputs = (f"a,b,c\n{rows}".encode(), f'\ufeff"a b",b,"c\nd"\r\n{rows}'.encode())

    def read(path: Path) -> None:
        load(str(path))

    return [Reader("csv", inputs, read, bytes_changed, ".csv")]


# ---- what a run leaves ----


def json_changed(text: bytes, rng: random.Random) -> bytes:
    """Return JSON with a few entries replaced, removed or added."""
    content = json.loads(text)
    for _ in range(rng.choice((1, 1, 2, 5))):
        here, key = None, None
        at: Any = content
        while isinstance(at, dict | list) and at and (here is None or rng.random() < 0.8):
            key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
            here, at = at, at[key]
        if here is None:
            break
        if rng.random() < 0.2:
            del here[key]
        else:
            here[key] = copy.deepcopy(rng.choice(NASTY))
    return json.dumps(content, indent=1).encode()


def sealed_again(content: bytes, rng: random.Random) -> bytes:
    """Return sealed JSON with changed entries and the seal of these, or with changed bytes."""
    from ganbench.core.seals import sealed_json, unsealed_json

    if rng.random() < 0.2:
        return bytes_changed(content, rng)
    changed = json_changed(unsealed_json(content, "x"), rng)
    return sealed_json(changed.decode()) if len(changed) > 2 else changed


def sealed_bytes(content: bytes, rng: random.Random) -> bytes:
    """Return a sealed file with changed bytes and the seal of these."""
    from ganbench.core.seals import sealed, unsealed

    return sealed(bytes_changed(unsealed(content, "x"), rng))


def model_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a kept model whose description has changed entries, or with changed bytes."""
    from safetensors.torch import load, save

    from ganbench.experiment.kept_models import KEY, SEAL

    if rng.random() < 0.2:
        return in_its_head(bytes_changed)(content, rng)
    size = int.from_bytes(content[:8], "little")
    described = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][KEY])
    del described[SEAL]  # as of older models
    changed = json_changed(json.dumps(described).encode(), rng).decode()
    return save(load(content), {KEY: changed})


def checkpoint_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a checkpoint with changed tensors or measurements, sealed again, or changed bytes."""
    from safetensors.torch import load

    from ganbench.experiment.checkpoints import KEY, pack_state

    if rng.random() < 0.2:
        return in_its_head(bytes_changed)(content, rng)
    size, state = int.from_bytes(content[:8], "little"), load(content)
    progress = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][KEY])["progress"]
    name = rng.choice(sorted(state))
    if rng.random() < 0.5:
        state[name] = state[name].reshape(-1)[:1]
    return pack_state(state, json.loads(json_changed(progress.encode(), rng)))


def _of_a_run(run: Path) -> list[Reader]:
    from ganbench.core.files import read_array
    from ganbench.experiment import checkpoints, kept_models
    from ganbench.experiment.films import read_film
    from ganbench.experiment.more_measured import MoreMeasured
    from ganbench.experiment.packed import read_packed
    from ganbench.experiment.record_files import read_measurement, read_record
    from ganbench.experiment.store import Store
    from ganbench.reports.html.pictures import embedded

    def every(pattern: str) -> tuple[bytes, ...]:
        found = tuple(path.read_bytes() for path in sorted(run.glob(pattern)))
        assert found, f"there is no {pattern}"
        return found

    def model(path: Path) -> None:
        kept_models.load(path).sample(2)

    def packed(path: Path) -> None:
        list(read_packed(path))

    def plan(path: Path) -> None:
        (path.parent / "planned").mkdir(exist_ok=True)
        path.replace(path.parent / "planned" / "plan.json")
        Store(path.parent / "planned").plan()

    lines = b"\n".join(json.dumps(json.loads(r)).encode() for r in every("records/*.json"))
    measured = partial(read_measurement, kind=MoreMeasured)
    begun = every("checkpoints/*/*.safetensors")
    return [
        Reader("record", every("records/*.json"), read_record, sealed_again),
        Reader("records.xz", (lzma.compress(lines),), packed, bytes_changed),
        Reader("measurement", every("measured/*.json"), measured, sealed_again),
        Reader("plan", every("plan.json"), plan, sealed_again),
        Reader("model", every("models/*.safetensors"), model, model_changed),
        Reader("checkpoint", begun, checkpoints.read_state, checkpoint_changed),
        Reader("samples", every("samples/*.npy"), read_array, sealed_bytes),
        Reader("film", every("films/*.npz"), read_film, sealed_bytes),
        Reader("picture of a run", every("samples/*.png"), embedded, in_its_head(_with_crc)),
        Reader("recipe", _recipes(), _recipe, _recipe_changed),
    ]  # fmt: skip


def _recipes() -> tuple[bytes, ...]:
    from ganbench.experiment.recipes import PACKAGED

    small = {"name": "x", "dataset": "ring2d", "arch": "toy"}
    own = {
        "variants": {
            "ns": {"configuration": {"lr": "x5", "beta1": "0.5"}},
            "wgan": {"rate_factor": 2},
        }
    }
    return (json.dumps(small | own).encode(), (PACKAGED / "ring2d-quick.json").read_bytes())


def _recipe_changed(content: bytes, rng: random.Random) -> bytes:
    return (bytes_changed if rng.random() < 0.3 else json_changed)(content, rng)


def _recipe(path: Path) -> None:
    from ganbench.core import registry
    from ganbench.core.kinds import Data
    from ganbench.experiment.recipes import constants, load_recipe

    recipe = load_recipe(str(path), "ring2d", "quick", "toy")
    data = Data(train=np.zeros((2, 2), np.float32), test=np.zeros((2, 2), np.float32), sha256="")
    for variant in registry.variants.items():
        constants(variant, recipe, data)


# ---- grammars ----


def text_changed(content: bytes, rng: random.Random) -> bytes:
    """Return words with some letters changed, removed, repeated or put in."""
    text = content.decode()
    for _ in range(rng.choice((1, 1, 2, 5))):
        place, length = rng.randrange(len(text) + 1), rng.choice((0, 1, 1, 3))
        put = "".join(rng.choices(GRAMMAR, k=rng.choice((0, 1, 1, 2, 5))))
        text = text[:place] + put + text[place + length :]
    return (text * rng.choice((1, 1, 1, 1, 200))).encode()


def _grammars() -> list[Reader]:
    from ganbench.core import registry
    from ganbench.core.duration import parse_duration
    from ganbench.data._reading import parse_reading, parse_size
    from ganbench.experiment.request import choose_device, choose_variants, parse_arch, parse_hyper
    from ganbench.experiment.search_space import parse_space

    def of(parse: Callable[[str], object]) -> Callable[[Path], object]:
        return lambda path: parse(path.read_text(encoding="utf-8", errors="surrogateescape"))

    def variants(text: str) -> object:
        return choose_variants((text,))

    words: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
        "variants": (variants, ("ns,wgan-gp", "ns+r1+sn", "core", "all", "hinge+pack2")),
        "arch": (parse_arch, ("dcgan:width=64,d_norm=batch", "toy:depth=3", "dirac:start=1.5")),
        "hyper": (parse_hyper, ("lr=1e-4,d.beta1=-0.5", "gradient_penalty.weight=10")),
        "space": (parse_space, ("lr,beta1=0|0.5", "lr=x0.5|x1,weight")),
        "duration": (parse_duration, ("90s", "1h30m", "2.5d")),
        "size": (parse_size, ("28x28", "64X32")),
        "background": (lambda t: parse_reading({"background": t}), ("white", "#12ab3F")),
        "device": (choose_device, ("cpu", "auto")),
        "game": (registry.games.get, ("unrolled-5", "lookahead-10", "alternating")),
        "data set": (registry.datasets.get, ("gaussian-blobs-8", "ring2d", "array:x.npz:a",
                                             "folder:/x", "tabular:a.csv:b")),
    }  # fmt: skip
    return [
        Reader(name, tuple(t.encode() for t in inputs), of(parse), _mutation(text_changed))
        for name, (parse, inputs) in words.items()
    ]


def _mutation(mutate: Mutation) -> Mutation:
    """Return ``mutate``, or now and then a change of bytes."""
    return lambda content, rng: (bytes_changed if rng.random() < 0.1 else mutate)(content, rng)
