"""Controls: trivial generators that every table shows beside the trained ones, unranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganbench.core.kinds.arch import Networks
from ganbench.core.kinds.dataset import Data
from ganbench.core.kinds.paper import check_name

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class ControlInput:
    """What a control may read.

    Attributes:
        data: the data set; what is trained on is ``data.train``.
        build: makes the untrained networks of the run's architecture from torch's current random
            state.
        rng: numpy's generator of this draw.
        seed: of this draw, for torch.
    """

    data: Data
    build: Callable[[], Networks]
    rng: np.random.Generator
    seed: int


def fits_all(data: Data) -> str:
    """Return no reason against any data."""
    return ""


@dataclass(frozen=True)
class Control:
    """A trivial generator, measured under the same protocol as the trained ones.

    Attributes:
        name: results call it ``control:NAME``.
        sample: ``(input, n) -> [n, *shape]``, in the data's own type.
        fits: ``data -> ""``, or the reason why it does not fit.
        draws: how many times it is sampled and measured; 1 where nothing is random.
    """

    name: str
    sample: Callable[[ControlInput, int], np.ndarray]
    summary: str
    fits: Callable[[Data], str] = fits_all
    draws: int = 5

    def __post_init__(self) -> None:
        check_name(self.name)
