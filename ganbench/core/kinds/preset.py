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
        steps: generator updates of each training.
        checkpoints: evaluations, evenly spaced, the last at the end.
        n_real, n_fake: most samples on each side of a metric.
        variants: what is trained where no variants are named.
        default_on: kind of device (``cpu``, ``cuda``) where it is the default for its variants.
    """

    name: str
    summary: str
    seeds: int
    steps: int
    checkpoints: int
    n_real: int
    n_fake: int
    variants: tuple[str, ...] = ("all",)
    default_on: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)
