"""The user's own samples as data sets: ``folder:PATH`` and ``array:PATH``.

Their names in results are ``folder:LAST-PART-OF-THE-PATH``; the path itself travels beside the name
(``Dataset.location``), and the SHA-256 of the content identifies them. A seeded part is held out.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.memory import check_memory
from ganbench.core.seeds import derive
from ganbench.data import _files
from ganbench.data._arrays import Pictures, like_raw_pixels
from ganbench.data._hashing import array_sha256
from ganbench.data._image_files import Images
from ganbench.data._metrics import OF_SAMPLES
from ganbench.data._reading import parse_reading, shown

LEAST, LEAST_HELD_OUT, MOST_HELD_OUT = 20, 10, 10_000  # nearest-neighbour metrics need more than 5
ENOUGH_HELD_OUT = 1_000
PIECE = 1_000
SMALL = 32  # pixels a side, above which training every variant takes days
LARGE = Budget(steps=700, batch=16, checkpoints=2)  # of core: half an hour of two cores
LIKE = "large-images"  # whose recipes large images take
ARCHS = ("dcgan", "mlp-classic")  # for images: the first that fits their size
LATENT = 100  # the widest latent of vectors

Check = Callable[[str], None]
Samples = np.ndarray | Images | Pictures


def located(argument: str) -> tuple[str, str]:
    """Return (short name, absolute path) of what the user wrote; a short name gives itself."""
    file, member = _files.parts(os.path.expanduser(argument))
    path = os.path.abspath(file)
    name = short_name(os.path.basename(path) + (f"-{member}" if member else ""))
    return name, path + (f":{member}" if member else "")


def short_name(written: str) -> str:
    """Return ``written`` as a name in results: small letters, digits and ``-._``, at most 48."""
    name = re.sub(r"[^a-z0-9_.-]+", "-", written.lower()).strip("-._")[:48].rstrip("-._")
    return name or "data"


def dataset(pattern: str, argument: str, arch: str, features: str, check: Check) -> Dataset:
    """Return the data set ``pattern:argument``.

    Args:
        check: is called with the path before it is read; raises UsageError.
    """
    name, path = located(argument)
    return Dataset(
        name=f"{pattern}:{name}",
        load=partial(load, f"{pattern}:{name}", check, path),
        load_read=partial(load, f"{pattern}:{name}", check, path),
        shape=None,
        arch=arch,
        features=features,
        metrics=OF_SAMPLES,
        primary="fd",
        budgets={"quick": Budget(batch=16), "core": Budget(batch=16)},
        summary=f"samples of your own, from {path}",
        location=path,
        settle=settle,
    )


def settle(dataset: Dataset, data: Data) -> Dataset:
    """Return ``dataset`` with the shape of its content, and what suits images or vectors."""
    shape = data.train.shape[1:]
    batch = min(dataset.batch, len(data.train))
    budgets = {
        k: replace(b, batch=min(b.batch or batch, batch)) for k, b in dataset.budgets.items()
    }
    fitted = replace(dataset, shape=shape, batch=batch, budgets=budgets)
    if len(shape) == 3:
        large = max(shape[1:]) > SMALL
        if large:
            fitted = replace(
                fitted, variants=("core",), recipes=LIKE, budgets=budgets | {"core": LARGE}
            )
        arch = next((name for name in ARCHS if not registry.archs.get(name).fits(shape)), ARCHS[0])
        return replace(fitted, arch=arch, features="auto")
    latent = min(max(2, shape[0]), LATENT)  # as wide as the data
    return replace(fitted, arch=f"toy:latent={latent}", features="none")


def load(
    name: str,
    check: Check,
    path: str,
    data_dir: str | None = None,
    words: Mapping[str, str] = MappingProxyType({}),
) -> Data:
    """Return the samples at ``data_dir`` or ``path``, a seeded part of them held out.

    Images are uint8 ``[N, C, H, W]``, vectors float32 ``[N, D]`` with the values that they have.

    Args:
        words: how pictures are read, where it is said.

    Raises:
        UsageError: missing, damaged, too few, or not samples that anything could be trained on.
    """
    where = data_dir or path
    check(where)
    given = _files.read(where, parse_reading(words))
    if len(given) < LEAST:
        raise UsageError(f"{shown(where)} holds {len(given)} samples: at least {LEAST} needed")
    numbers = math.prod(given.shape) * (1 if len(given.shape) == 4 else 4)  # uint8 or float32
    check_memory(shown(where), 2 * numbers, "fewer samples, or a smaller --resize, needed")
    if isinstance(given, Images | Pictures):
        samples = _whole(given)
    else:
        samples = _vectors(np.asarray(given), where)
    if samples[0].size == 0 or (samples == samples[0]).all():
        raise UsageError(f"every sample of {where} is the same: there is nothing to learn")
    order = np.random.default_rng(derive("given", "split")).permutation(len(samples))
    count = held_out(len(samples))
    train, test = np.sort(order[count:]), np.sort(order[:count])
    labels = class_folders(given, Path(where))
    return Data(
        train=samples[train],
        test=samples[test],
        sha256=array_sha256(samples),
        train_labels=None if labels is None else labels[train],
        test_labels=None if labels is None else labels[test],
        notes=_notes(given, where),
    )


def held_out(n: int) -> int:
    """Return how many of ``n`` samples are held out.

    A tenth; of few samples more, as metrics of neighbours and of covariances need some hundreds,
    but never more than a third.
    """
    return min(max(round(n / 10), min(ENOUGH_HELD_OUT, n // 3), LEAST_HELD_OUT), MOST_HELD_OUT)


def class_folders(given: Samples, root: Path) -> np.ndarray | None:
    """Return the class ``[N]`` of each image: the first folder below ``root``, in order of names.

    None unless every image lies in one of several such folders.
    """
    if not isinstance(given, Images):
        return None
    parts = [file.relative_to(root).parts for file in given.files]
    names = sorted({own[0] for own in parts if len(own) > 1})
    if len(names) < 2 or min(map(len, parts)) < 2:
        return None
    index = {name: k for k, name in enumerate(names)}
    return np.array([index[own[0]] for own in parts])


def _notes(given: Samples, where: str) -> tuple[str, ...]:
    notes = _files.notes_of(given)
    if len(given.shape) == 2 and like_raw_pixels(given):
        notes += (
            f"{shown(where)} holds whole numbers of 0..255, as raw pixels: bring vectors to about "
            "-1..1 yourself, or save uint8 images [N, H, W]",
        )
    return notes


def _whole(images: Images | Pictures) -> np.ndarray:
    """Return images as one array; image files are read in pieces."""
    samples = np.empty(images.shape, np.uint8)
    for start in range(0, len(samples), PIECE):
        samples[start : start + PIECE] = np.asarray(images[start : start + PIECE])
    return samples


def _vectors(given: np.ndarray, where: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        vectors = given.astype(np.float32)
    bad = int((~np.isfinite(vectors)).sum())
    if bad:
        raise UsageError(f"{where} holds {bad} values that are NaN, infinite or beyond float32")
    return vectors
