"""Samples that a program holds: arrays, tensors, frames, lists of them or of pictures, data sets.

What is clear is read as files are; the rest is refused in one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from ganbench.core.errors import UsageError, of_the_machine
from ganbench.data._arrays import Pictures, as_array, samples_of
from ganbench.data._image_files import decoded, facts_of, is_grey, other_size, told_of
from ganbench.data._reading import Reading, check_pixels, resized
from ganbench.evaluation.foreign import foreign

FIRST_READ = "of each tuple the first is read: the rest is no sample"
WANTED = "an array, a tensor, a list of pictures, a path, a data set or a generator needed"


def held(given: Any, name: str, reading: Reading) -> tuple[Any, tuple[str, ...]]:
    """Return vectors ``[N, D]`` or ``Pictures`` of what a program holds, and what is told of it.

    Raises:
        UsageError: it is none of these, or its samples differ in shape.
    """
    if _is_picture(given):
        raise UsageError(f"{name} is one picture: a list of them needed")
    if hasattr(given, "toarray"):  # a sparse matrix of scipy
        given = given.toarray()
    items = _items(given, name)
    if items is None:
        return samples_of(_array(given, name), name, reading), ()
    first = [_first(item, name) for item in items]
    told = (FIRST_READ,) if any(a is not b for a, b in zip(first, items, strict=True)) else ()
    if any(_is_picture(item) for item in first):
        return _pictures(first, name, reading), told
    shapes = dict.fromkeys(str(tuple(item.shape)) for item in first if hasattr(item, "shape"))
    if len(shapes) > 1:
        raise UsageError(
            f"{name} holds samples of shapes {' and '.join([*shapes][:2])}: one needed"
        )
    return samples_of(_array(first, name), name, reading), told


def _is_picture(given: Any) -> bool:
    from PIL import Image

    return isinstance(given, Image.Image)


def _items(given: Any, name: str) -> list[Any] | None:
    """Return the samples of a list, or of what is indexed as one; None for anything else."""
    if hasattr(given, "__array__"):
        objects = isinstance(given, np.ndarray) and given.dtype == object and given.ndim == 1
        return list(given) if objects else None
    if isinstance(given, list | tuple):
        return list(given)
    sized = hasattr(given, "__len__") and hasattr(given, "__getitem__")
    if not sized or isinstance(given, str | bytes | memoryview | Mapping):
        return None
    with foreign(f"{name} cannot be read"):
        return [given[i] for i in range(len(given))]


def _first(item: Any, name: str) -> Any:
    """Return the sample of ``(sample, label)``, whose parts differ in shape; else ``item``."""
    several = isinstance(item, list | tuple) and any(map(_is_picture, item))
    if isinstance(item, tuple) and item:
        sample, *others = map(_shape, item)
        if sample and sample not in others:
            return item[0]
    if several:
        raise UsageError(f"{name} holds several pictures for each sample: one needed")
    return item


def _shape(part: Any) -> tuple[int, ...]:
    """Return the shape of an array or a picture; empty for a number or a word."""
    return tuple(part.size if _is_picture(part) else getattr(part, "shape", ()))


def _array(given: Any, name: str) -> np.ndarray:
    """Return an array, a tensor, a frame or a list of samples of one shape as an array."""
    try:
        whole = isinstance(given, list)
        found = np.asanyarray([_plain(item) for item in given] if whole else _plain(given))
    except Exception as error:  # numpy and torch raise many kinds
        if of_the_machine(error):
            raise
        if isinstance(given, list) and isinstance(error, ValueError):
            raise UsageError(f"{name} holds samples of several shapes: one needed") from None
        said = " ".join(str(error).split())
        raise UsageError(f"{name} cannot be read: {type(error).__name__}: {said}") from None
    if found.dtype == object and found.ndim == 0:
        raise UsageError(f"{name} is {type(given).__name__}: {WANTED}")
    if found.dtype == object and all(isinstance(value, Real) for value in found.flat):
        return found.astype(float)  # such as a frame of numbers of several types
    return found


def _plain(given: Any) -> Any:
    """Return tensors and frames as what numpy reads."""
    if hasattr(given, "to_frame"):
        return given.to_frame()
    return as_array(given) if hasattr(given, "detach") else given


def _pictures(items: list[Any], name: str, reading: Reading) -> Pictures:
    """Return pictures of Pillow as ``Pictures``, decoded and told of as those of files are."""
    seen = Counter[str]()
    size, grey, planes = None, True, []
    for i, item in enumerate(items, 1):
        if not _is_picture(item):
            kind = type(item).__name__
            raise UsageError(f"{name} holds pictures and {kind}: pictures alone needed")
        try:
            check_pixels(*item.size)
            picture = item.copy()
            own = facts_of(picture, seen)
            pixels = decoded(picture, reading)
        except Exception as error:  # Pillow raises many kinds
            said = " ".join(str(error).split())
            raise UsageError(f"{name}: picture {i} is not readable ({said})") from None
        size = size or own
        if own != size and reading.resize is None:
            raise other_size(f"{name}: picture 1", size, f"picture {i}", own)
        grey = grey and is_grey(pixels)
        planes.append(resized(pixels, reading))
    channels = 1 if grey else 3
    whole = [p[:, :1] if grey else np.broadcast_to(p, (1, channels, *p.shape[2:])) for p in planes]
    notes, done = told_of(len(items), seen, Counter(), grey, reading)
    return Pictures(np.concatenate(whole), name, reading, notes=notes, done=done)
