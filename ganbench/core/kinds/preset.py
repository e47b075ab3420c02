"""Presets: the grid and the budget of a run."""

from __future__ import annotations

from dataclasses import dataclass

from ganbench.core.kinds.paper import check_name


@dataclass(frozen=True)
class Preset:
    """A named grid and budget.

    Attributes:
        name: permanent key of results.
        seeds: trainings per variant.
        images_seen: real images shown to the discriminator, in each training.
        checkpoints: evaluations, evenly spaced, the last at the end.
        n_real, n_fake: most samples on each side of a metric.
    """

    name: str
    summary: str
    seeds: int
    images_seen: int
    checkpoints: int
    n_real: int
    n_fake: int

    def __post_init__(self) -> None:
        check_name(self.name)
