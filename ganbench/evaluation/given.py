"""Whatever people hand to ``ganbench.score`` as samples: arrays, tensors, paths, names, models."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.printable import shown
from ganbench.data._arrays import Pictures, samples_of
from ganbench.data._files import done_to, notes_of, read
from ganbench.data._image_files import Images
from ganbench.data._reading import Reading


@dataclass(frozen=True)
class Side:
    """The samples of one side.

    Attributes:
        name: real, fake or train.
        samples: an array, or anything that has a length and gives arrays when it is sliced.
    """

    name: str
    samples: Any

    @property
    def pictures(self) -> bool:
        """Whether they are pictures ``[N, C, H, W]``, and no vectors."""
        return len(self.samples.shape) == 4

    @property
    def notes(self) -> list[str]:
        """What is told of how they were read."""
        return [f"{self.name}: {note}" for note in notes_of(self.samples)]

    @property
    def done(self) -> tuple[str, ...]:
        """What was done to their pixels."""
        return done_to(self.samples)


def side_of(given: Any, name: str, reading: Reading, n: int | None = None) -> Side:
    """Return the samples of what was given.

    Args:
        given: an array or a tensor; a path (a folder of images, ``.npy``, ``.npz``); the name of a
            data set, of which the held-out samples are taken (``train``: the training samples); a
            trained model with a ``sample(n)``; or a callable ``n -> samples``.
        n: how many samples a model or a callable makes.

    Raises:
        UsageError: it is none of them.
    """
    if isinstance(given, str | os.PathLike):
        return Side(name, _named(os.fspath(given), name, reading))
    if isinstance(given, Images | Pictures):
        return Side(name, given)
    make: Callable[[int], Any] | None = getattr(given, "sample", None)
    if make is None and callable(given) and not hasattr(given, "__array__"):
        make = given
    if make is not None:
        if n is None or n < 1:
            raise UsageError(f"{name} is a generator: say how many samples with n=, at least 1")
        given = _generated(make, n, name)
    return Side(name, samples_of(given, name, reading))


def _named(text: str | bytes, name: str, reading: Reading) -> Any:
    """Return the samples of a path or of a data set's name; what exists is a path."""
    text = os.fsdecode(text)
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
        return read(text, reading)
    dataset = registry.datasets.get(text)
    data = dataset.data()
    return samples_of(data.train if name == "train" else data.test, text, reading)


def _generated(make: Callable[[int], Any], n: int, name: str) -> Any:
    """Return ``n`` samples of a callable; a torch module is given no gradients to keep."""
    try:
        import torch

        with torch.no_grad():
            found = make(n)
    except Exception as error:
        said = " ".join(str(error).split())
        what = f"{type(error).__name__}: {said}"
        raise UsageError(f"{name} could not make {n} samples: {what}") from None
    if len(found) != n:
        raise UsageError(f"{name} made {len(found)} samples, and {n} were asked for")
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
    coloured = {name: Side(name, side.samples.in_colour()) if name in grey else side
                for name, side in sides.items()}  # fmt: skip
    verb = "is" if len(grey) == 1 else "are"
    return coloured, [f"{' and '.join(grey)} {verb} grey, and read as colour as the others are"]
