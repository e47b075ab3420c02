"""Feature extractors: the space in which metrics compare samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ganbench.core.kinds.paper import check_name

if TYPE_CHECKING:
    import numpy as np


WEIGHTS = "GANBENCH_WEIGHTS"  # the environment variable that --weights sets


@dataclass(frozen=True)
class Extracted:
    """The result of an extractor: ``features [N, D]``, and class ``probs [N, K]`` or None."""

    features: np.ndarray
    probs: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.features)

    @property
    def labels(self) -> np.ndarray:
        """The most probable class of each sample, ``[N]``."""
        if self.probs is None:
            raise ValueError("these features come without class probabilities")
        labels: np.ndarray = self.probs.argmax(1)
        return labels

    def rows(self, index: slice | np.ndarray) -> Extracted:
        """Return the rows of both."""
        return Extracted(self.features[index], None if self.probs is None else self.probs[index])


@dataclass(frozen=True)
class Extractor:
    """A loaded feature extractor: ``function(samples [N, *shape]) -> Extracted``.

    Attributes:
        key: its name in protocols.
        sha256: of its weights, or empty.
        batch: most samples that ``function`` should be given at a time.
        trained_on: the SHA-256 of the data that its weights were made for on this machine, or
            empty.
        floor_draws: most draws of a floor that are averaged, fewer where features are slow.
    """

    key: str
    sha256: str
    function: Callable[[np.ndarray], Extracted]
    batch: int = 500
    trained_on: str = ""
    floor_draws: int = 5


@dataclass(frozen=True)
class Suits:
    """That features suit some samples, where the user names none.

    Attributes:
        spec: ``name`` or ``name:argument``.
        rank: of several that suit, the highest is taken: below 0 a part of the raw values, 0 raw
            values, 10 features of any images, 20 of the very data set.
        why: a few words for the user, with a warning where the numbers mean little.
        slow: here, so that a run, which measures many times, takes them only if it is told to.
    """

    spec: str
    rank: int
    why: str
    slow: bool = False


def _never(samples: np.ndarray) -> Suits | None:
    return None


@dataclass(frozen=True)
class Features:
    """A kind of feature extractor; ``load(argument)`` where the user wrote ``name:argument``.

    Attributes:
        suits: whether they suit samples ``[N, *shape]`` by themselves, and are at hand.
        names: the names of quantities on these features, where the field has a name of its own
            for them: ``{"fd": "fid"}``.
        takes_weights: whether they read the file that ``--weights`` names.
    """

    name: str
    load: Callable[[str], Extractor]
    summary: str
    names: Mapping[str, str] = field(default_factory=dict)
    suits: Callable[[np.ndarray], Suits | None] = _never
    takes_weights: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
