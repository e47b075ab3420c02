"""Films: samples of the same few latents at geometrically spaced generator updates.

OUT/films/<run_id>.npz   steps [F], frames [F, n, *shape]
"""

from __future__ import annotations

import contextlib
import io
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from ganbench.core.errors import UsageError
from ganbench.core.files import read_sealed
from ganbench.core.seals import DamagedError, sealed
from ganbench.core.seeds import derive
from ganbench.experiment.growing import start_of
from ganbench.experiment.records import Unit
from ganbench.experiment.store import Store

RATIO = 1.15  # of the steps of two frames
IMAGES = 36  # in a frame
POINTS = 1_000


def places(steps: int) -> list[int]:
    """Return the generator updates at which frames are taken, up to ``steps``: 0, 1, 2, 3, ...

    They do not depend on ``steps``, so that the film of a larger budget begins as this one.
    """
    powers = (round(RATIO**k) for k in range(10_000))
    return sorted({0, *takewhile(lambda place: place <= steps, powers), steps})


class Film:
    """The frames of all lanes of a population, as it is trained.

    They begin with those that the same training has left, or the one with a smaller budget from
    which it goes on.
    """

    def __init__(self, unit: Unit, population: Any, store: Store) -> None:
        self.unit, self.store = unit, store
        self.places = places(unit.training.steps)
        self.frames: dict[int, dict[int, np.ndarray]] = {}
        start = start_of(unit, store) if population.step else {}
        for seed in unit.seeds:
            known: dict[int, np.ndarray] = {}
            with contextlib.suppress(UsageError):
                known = read_frames(store, unit.training.run_id(seed))
                known = known or (read_frames(store, start[seed].run_id) if start else {})
            self.frames[seed] = {
                place: frame
                for place, frame in known.items()
                if place <= population.step and place in self.places
            }

    def next_place(self, step: int, target: int) -> int:
        """Return where to stop after ``step``: for a frame, or at ``target``."""
        return next((place for place in self.places if step < place < target), target)

    def take(self, population: Any) -> None:
        """Take a frame of every lane, if one is due."""
        if population.step not in self.places:
            return
        n = IMAGES if population.data.ndim == 4 else POINTS
        for seed, frames in self.frames.items():
            if population.diverged(seed) is None and population.step not in frames:
                frames[population.step] = population.sample(n, seed, latent_seed=derive("film"))

    def write(self) -> None:
        """Write what there is."""
        for seed, frames in self.frames.items():
            if frames:
                content = packed(frames)
                self.store.write_film(self.unit.training.run_id(seed), content)


def packed(frames: dict[int, np.ndarray]) -> bytes:
    """Return ``{step: samples [n, *shape]}`` as the content of a film's file."""
    steps = sorted(frames)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, steps=np.array(steps), frames=np.stack([frames[s] for s in steps]))
    return sealed(buffer.getvalue())


def read_frames(store: Store, run_id: str) -> dict[int, np.ndarray]:
    """Return the frames ``{step: samples [n, *shape]}`` of a run; none where there is no film.

    Raises:
        UsageError: the file is no film.
    """
    path = store.film_path(run_id)
    return read_film(path) if path.exists() else {}


def read_film(path: Path) -> dict[int, np.ndarray]:
    """Return the frames ``{step: samples [n, *shape]}`` in ``path``.

    Raises:
        UsageError: the file is no film, or damaged.
    """
    try:
        with np.load(io.BytesIO(read_sealed(path)), allow_pickle=False) as content:
            return dict(zip(content["steps"].tolist(), content["frames"], strict=True))
    except DamagedError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds for damaged files
        raise UsageError(f"{path} is not a film: {error}") from None
