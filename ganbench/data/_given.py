"""The user's own samples as data sets: ``folder:PATH`` and ``array:PATH``.

Their names in results are ``folder:LAST-PART-OF-THE-PATH``; the path itself travels beside the name
(``Dataset.location``), and the SHA-256 of the content identifies them. A seeded tenth is held out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Budget, Data, Dataset
from ganbench.core.seeds import derive
from ganbench.data import _files
from ganbench.data._hashing import array_sha256

LEAST, LEAST_HELD_OUT, MOST_HELD_OUT = 20, 10, 10_000  # nearest-neighbour metrics need more than 5
PIECE = 1_000
LATENT = 100  # the widest latent of vectors

Check = Callable[[str], None]


def located(argument: str) -> tuple[str, str]:
    """Return (short name, absolute path) of what the user wrote; a short name gives itself."""
    file, mark, member = os.path.expanduser(argument).partition(".npz:")
    path = os.path.abspath(file + mark[:-1])
    written = os.path.basename(path) + (f"-{member}" if mark else "")
    name = re.sub(r"[^a-z0-9_.-]+", "-", written.lower()).strip("-._")[:48].rstrip("-._")
    return name or "data", path + (f":{member}" if mark else "")


def dataset(pattern: str, argument: str, arch: str, features: str, check: Check) -> Dataset:
    """Return the data set ``pattern:argument``.

    Args:
        check: is called with the path before it is read; raises UsageError.
    """
    name, path = located(argument)
    return Dataset(
        name=f"{pattern}:{name}",
        load=partial(load, f"{pattern}:{name}", check, path),
        shape=None,
        arch=arch,
        features=features,
        metrics=(
            "frechet",
            "precision-recall",
            "density-coverage",
            "wasserstein",
            "sliced-wasserstein",
        ),
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
        return replace(fitted, arch="dcgan", features="pixels")
    latent = min(max(2, shape[0]), LATENT)  # as wide as the data
    return replace(fitted, arch=f"toy:latent={latent}", features="none")


def load(name: str, check: Check, path: str, data_dir: str | None = None) -> Data:
    """Return the samples at ``data_dir`` or ``path``, a seeded tenth of them held out.

    Images are uint8 ``[N, C, H, W]``, vectors float32 ``[N, D]`` with the values that they have.

    Raises:
        UsageError: missing, damaged, too few, or not samples that anything could be trained on.
    """
    where = data_dir or path
    check(where)
    given = _files.read(where)
    if len(given) < LEAST:
        raise UsageError(f"{where} holds {len(given)} samples: at least {LEAST} needed")
    samples = _whole(given) if len(given.shape) == 4 else _vectors(np.asarray(given), where)
    if samples[0].size == 0 or (samples == samples[0]).all():
        raise UsageError(f"every sample of {where} is the same: there is nothing to learn")
    order = np.random.default_rng(derive("given", "split")).permutation(len(samples))
    count = min(max(round(len(samples) / 10), LEAST_HELD_OUT), MOST_HELD_OUT)
    return Data(
        train=samples[np.sort(order[count:])],
        test=samples[np.sort(order[:count])],
        sha256=array_sha256(samples),
    )


def _whole(images: _files.Array | _files.Images) -> np.ndarray:
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
