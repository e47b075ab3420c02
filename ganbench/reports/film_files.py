"""Films as animated pictures: PNG or GIF."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.plane import plane
from ganbench.experiment.films import read_frames
from ganbench.experiment.kept_models import find_run
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from ganbench.reports.samples import draw

KINDS = (".png", ".gif")
LAST_S = 2.5  # seconds for which the last frame stands
COLUMNS = 6  # of images
SIZE = 3.6  # inches
DPI = 100
AROUND = 1.6  # times the reach of the modes, or of the last points


def kept_film(store: Store, variant: str, seed: int) -> tuple[Record, dict[int, np.ndarray]]:
    """Return the record and the frames of one seed of a run, that of the largest budget.

    Raises:
        UsageError: there is no such training, it has no film, or its file is damaged.
    """
    missing = f"no film of {variant}, seed {seed}, in {store.out}: train it with --film"
    record = find_run(store, variant, seed, store.film_path, missing)
    frames = read_frames(store, record.run_id)
    if not frames:
        raise UsageError(f"{store.film_path(record.run_id)} has no frames")
    return record, frames


def _limits(record: Record, last: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the middle and the reach of the square in which points are drawn."""
    shown = np.array(record.modes) if record.modes else np.array(plane(last))
    middle = shown.mean(0)
    return middle, AROUND * float(np.abs(shown - middle).max())


def pictures(record: Record, frames: dict[int, np.ndarray]) -> list[Image.Image]:
    """Return one picture of each frame, all of one size."""
    training, drawn = record.training, []
    centers = np.array(record.modes) if record.modes else None
    steps = sorted(frames)
    last = frames[steps[-1]]
    middle, reach = _limits(record, last) if last.ndim != 4 else (None, 0.0)
    for step in steps:
        figure, axis = plt.subplots(figsize=(SIZE, SIZE + 0.4), dpi=DPI)
        figure.subplots_adjust(left=0.03, right=0.97, bottom=0.03, top=0.88)
        draw(axis, frames[step], centers, COLUMNS)
        if middle is not None:
            axis.set(
                xticks=[], yticks=[],
                xlim=(middle[0] - reach, middle[0] + reach),
                ylim=(middle[1] - reach, middle[1] + reach),
            )  # fmt: skip
        axis.set_title(
            f"{training.variant} on {training.dataset}, seed {record.seed}\n"
            f"{step:,} generator updates",
            fontsize=9,
        )
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        plt.close(figure)
        drawn.append(Image.open(buffer).convert("RGB"))
    return drawn


def write_film(target: Path, shown: list[Image.Image], seconds: float) -> None:
    """Write ``target`` as an animation of about ``seconds``; the last picture stands longer.

    Raises:
        UsageError: it cannot be written.
    """
    each = max(20, round(1000 * seconds / len(shown)))
    durations = [each] * (len(shown) - 1) + [round(1000 * LAST_S)]
    few = [picture.quantize(64, dither=Image.Dither.NONE) for picture in shown]
    buffer = io.BytesIO()
    few[0].save(
        buffer,
        target.suffix[1:].upper(),
        save_all=True,
        append_images=few[1:],
        duration=durations,
        loop=0,
    )
    try:
        write_bytes(target, buffer.getvalue())
    except OSError as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}") from None
