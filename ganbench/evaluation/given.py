"""Whatever people hand to ``ganbench.score`` as samples: arrays, tensors, paths, names, models."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Dataset
from ganbench.core.limits import MOST_SAMPLES
from ganbench.core.printable import shown
from ganbench.core.ranges import whole
from ganbench.data._arrays import Pictures, like_raw_pixels, samples_of
from ganbench.data._files import done_to, notes_of, read
from ganbench.data._image_files import Images
from ganbench.data._reading import Reading
from ganbench.evaluation.foreign import foreign
from ganbench.evaluation.in_memory import held
from ganbench.evaluation.score_options import whole_number, words_of

RAW = (
    "whole numbers of 0..255, as raw pixels: give pictures as uint8 images [N, H, W] or "
    "[N, H, W, C], of which features are taken"
)


@dataclass(frozen=True)
class Side:
    """The samples of one side.

    Attributes:
        name: real, fake or train.
        samples: an array, or anything that has a length and gives arrays when it is sliced.
        told: what is told of where they come from.
    """

    name: str
    samples: Any
    told: tuple[str, ...] = ()

    @property
    def pictures(self) -> bool:
        """Whether they are pictures ``[N, C, H, W]``, and no vectors."""
        return len(self.samples.shape) == 4

    @property
    def notes(self) -> list[str]:
        """What is told of how they were read."""
        raw = (RAW,) if not self.pictures and like_raw_pixels(self.samples) else ()
        return [f"{self.name}: {note}" for note in (*self.told, *notes_of(self.samples), *raw)]

    @property
    def done(self) -> tuple[str, ...]:
        """What was done to their pixels."""
        return done_to(self.samples)


def sides_of(given: Mapping[str, Any], reading: Reading, n: int | None) -> dict[str, Side]:
    """Return the samples of each side, of what was given; see ``side_of``.

    Raises:
        UsageError: one of them is no samples, or ``n`` and ``reading`` have nothing to do.
    """
    if n is not None:
        n = whole_number("n", n, whole(1, MOST_SAMPLES))
        if not any(map(_maker, given.values())):
            raise UsageError(f"n is {n}, and no side is a generator, which makes so many samples")
    real = _text(given["real"])
    parts = real is not None and real == _text(given.get("train"))
    sides = {
        name: side_of(samples, name, reading, n, parts and name != "fake")
        for name, samples in given.items()
    }
    if not sides["real"].pictures and reading != Reading():
        raise UsageError(
            "--resize, --resizer, --background and --range are for images, and real holds vectors"
        )
    return sides


def side_of(
    given: Any, name: str, reading: Reading, n: int | None = None, part: bool = False
) -> Side:
    """Return the samples of what was given.

    Args:
        given: an array, a tensor, a frame, a list of them or of Pillow's pictures, a data set of
            torch; a path (a folder of images, ``.npy``, ``.npz``); the name of a data set, of which
            the held-out samples are taken (``train``: the training samples), or all where it is the
            user's own; a trained model with a ``sample(n)``; or a callable ``n -> samples``.
        n: how many samples a model or a callable makes.
        part: of the user's own data set too, take the held-out or the training samples.

    Raises:
        UsageError: it is none of them.
    """
    if isinstance(given, str | os.PathLike):
        return _named(os.fsdecode(given), name, reading, part)
    if isinstance(given, Images | Pictures):
        return Side(name, given)
    make = _maker(given)
    if make is not None:
        if n is None:
            raise UsageError(f"{name} is a generator: say how many samples with n=, at least 1")
        given = _generated(make, n, name)
    return Side(name, *held(given, name, reading))


def _maker(given: Any) -> Callable[[int], Any] | None:
    """Return what generates samples; None for what holds them, such as a frame or its path."""
    if hasattr(given, "__array__") or isinstance(given, str | os.PathLike):
        return None
    return getattr(given, "sample", None) or (given if callable(given) else None)


def _text(given: Any) -> str | None:
    return os.fsdecode(given) if isinstance(given, str | os.PathLike) else None


def _named(text: str, name: str, reading: Reading, part: bool) -> Side:
    """Return the samples of a path or of a data set's name; what exists is a path."""
    if not text:
        raise UsageError(f"{name} is empty: a path or the name of a data set needed")
    patterns = [p.prefix for p in registry.patterns.items() if p.kind == "dataset"]
    is_name = text in {dataset.name for dataset in registry.datasets.items()}
    try:
        is_path = Path(text).exists()
    except (OSError, ValueError):  # no name that a file can have
        is_path = False
    if is_path or not (is_name or text.startswith(tuple(patterns))):
        if not is_path and re.fullmatch(r"[a-z0-9-]+", text):
            raise UsageError(
                f"{shown(text)} does not exist, and is no data set: `ganbench list datasets`"
            )
        return Side(name, read(text, reading))
    dataset = registry.datasets.get(text)
    if dataset.location is None:
        data = dataset.data()
        return Side(name, samples_of(data.train if name == "train" else data.test, text, reading))
    return _own(dataset, name, reading, part)


def _own(dataset: Dataset, name: str, reading: Reading, part: bool) -> Side:
    """Return all samples of the user's own data set, or the part that a run has for this side."""
    as_path = dataset.load_read is not None and dataset.location
    samples = read(as_path, reading) if as_path else None
    if samples is not None and not part:
        return Side(name, samples)
    data = dataset.data(None, words_of(reading) if as_path else {})
    if not part:
        both = np.concatenate([data.train, data.test])
        return Side(name, samples_of(both, dataset.name, reading), data.notes)
    rows, which = (data.train, "training") if name == "train" else (data.test, "held-out")
    total = len(data.train) + len(data.test)
    told = f"{len(rows):,} of {total:,} samples, the {which} part of {dataset.name} in runs"
    found = samples_of(rows, dataset.name, reading)
    if isinstance(found, Pictures):
        found = replace(found, notes=notes_of(samples), done=done_to(samples))
    return Side(name, found, (told,))


def _generated(make: Callable[[int], Any], n: int, name: str) -> Any:
    """Return ``n`` samples of a callable; a torch module is given no gradients to keep."""
    with foreign(f"{name} could not make {n} samples"):
        import torch

        with torch.no_grad():
            found = make(n)
    try:
        count = len(found)
    except TypeError:
        kind = type(found).__name__
        raise UsageError(f"{name} made {kind}, and no array of {n} samples") from None
    if count != n:
        raise UsageError(f"{name} made {count} samples, and {n} were asked for")
    return found


def of_one_shape(sides: dict[str, Side]) -> tuple[dict[str, Side], list[str]]:
    """Return the sides as one kind of samples, and what is told of it.

    Grey pictures beside colour are read as colour.

    Raises:
        UsageError: vectors beside pictures, or pictures of another size.
    """
    real, kinds = sides["real"], {True: "images", False: "vectors"}
    for name, side in sides.items():
        if side.pictures != real.pictures:
            raise UsageError(
                f"real holds {kinds[real.pictures]} and {name} {kinds[side.pictures]}: "
                "give both as the same"
            )
        if side.pictures and side.samples.shape[2:] != real.samples.shape[2:]:
            own, other = ("x".join(map(str, s.samples.shape[2:])) for s in (real, side))
            raise UsageError(f"real is {own} and {name} {other} (HxW): give --resize HxW, for both")
    grey = [name for name, side in sides.items() if side.pictures and side.samples.shape[1] == 1]
    if not grey or len(grey) == len(sides):
        return sides, []
    coloured = {name: replace(side, samples=side.samples.in_colour()) if name in grey else side
                for name, side in sides.items()}  # fmt: skip
    verb = "is" if len(grey) == 1 else "are"
    return coloured, [f"{' and '.join(grey)} {verb} grey, and read as colour as the others are"]
