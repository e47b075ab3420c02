"""Samples as files: a picture of all, an array, a table, or a folder with a picture of each."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.files import as_npy, write_bytes
from ganbench.reports._csv import csv_parts

if TYPE_CHECKING:
    import pandas as pd

KINDS = (".png", ".npy", ".npz", ".csv", "")


def check_target(target: Path, kinds: tuple[str, ...] = KINDS) -> None:
    """Raise ``UsageError`` unless samples can be written there."""
    if target.suffix not in kinds:
        names = " or ".join(f"FILE{kind}" if kind else "a folder" for kind in kinds)
        raise UsageError(f"--to is {target}: {names} needed")
    if target.suffix and target.is_dir():
        raise UsageError(f"--to is {target}, which is a folder")
    if not target.suffix and target.exists() and not target.is_dir():
        raise UsageError(
            f"--to is {target}, which is a file: FILE.png, FILE.npy or a folder needed"
        )
    nearest = next(parent for parent in (target, *target.absolute().parents) if parent.exists())
    if not os.access(nearest, os.W_OK):
        raise UsageError(f"cannot write to {nearest}: permission denied")


def write_samples(
    target: Path,
    samples: np.ndarray,
    columns: int,
    as_table: Callable[[np.ndarray], pd.DataFrame],
) -> None:
    """Write samples ``[n, *shape]`` into a file, or a folder.

    Args:
        columns: of a picture of all. as_table: what makes a table of samples, for ``.csv``.

    Raises:
        UsageError: the target cannot be written, or these samples are no pictures or no rows.
    """
    try:
        if target.suffix == ".npy":
            write_bytes(target, as_npy(samples))
        elif target.suffix == ".csv":
            write_bytes(target, b"".join(csv_parts(as_table(samples))))
        elif target.suffix == ".npz":
            buffer = io.BytesIO()
            np.savez_compressed(buffer, samples=samples)
            write_bytes(target, buffer.getvalue())
        elif target.suffix == ".png":
            write_bytes(target, _sheet(samples, columns))
        else:
            _write_folder(target, samples)
    except OSError as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}") from None


def _png(picture: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture.squeeze()).save(buffer, "PNG")
    return buffer.getvalue()


def _sheet(samples: np.ndarray, columns: int) -> bytes:
    """Return a picture of all samples: images as tiles, points as a scatter."""
    import matplotlib.pyplot as plt

    from ganbench.reports.samples import draw, tile

    if samples.ndim == 4:
        return _png(tile(samples, columns))
    figure, axis = plt.subplots(figsize=(5, 5))
    draw(axis, samples, None)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, bbox_inches="tight")
    plt.close(figure)
    return buffer.getvalue()


def _write_folder(target: Path, samples: np.ndarray) -> None:
    if samples.ndim != 4:
        raise UsageError("a folder takes images: write points to FILE.npy, FILE.npz or FILE.png")
    for i, image in enumerate(samples):
        write_bytes(target / f"{i:06d}.png", _png(image.transpose(1, 2, 0)))
