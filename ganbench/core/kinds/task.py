"""Tasks: what a trained generator is used for, and how well it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds.dataset import Data
from ganbench.core.kinds.features import Extracted
from ganbench.core.kinds.metric import Quantity
from ganbench.core.kinds.paper import Paper, check_name

if TYPE_CHECKING:
    import numpy as np

N_REAL = 2_000  # held-out samples at most, the last ones, that answers are compared with


@dataclass(frozen=True)
class TaskInput:
    """What a task may read beside the model.

    The first half of the held-out samples is what tasks ask for (``targets``), the second what
    answers are compared with (``real``).

    Attributes:
        data: the data set that the model was trained on, in no order of its own.
        extract: ``samples [N, *shape] -> Extracted``, in the features of the run.
        untrained: ``seed -> model``, as the trained ones are, with its first weights.
        reordered: whether the data have another order here than in the data set.
    """

    data: Data
    extract: Callable[[np.ndarray], Extracted]
    untrained: Callable[[int], Any]
    reordered: bool = False

    def targets(self, n: int) -> np.ndarray:
        """Return the first ``n`` held-out samples, or as many as the first half has."""
        return self.data.test[: min(n, len(self.data.test) // 2)]

    @property
    def n_real(self) -> int:
        """How many real samples answers are compared with."""
        return min(N_REAL, len(self.data.test) - len(self.data.test) // 2)

    @cached_property
    def real(self) -> Extracted:
        """The features of real samples, none of which a task asks for."""
        return self.extract(self.data.test[-self.n_real :])


@dataclass(frozen=True)
class Answer:
    """What came out of a task.

    Attributes:
        values: ``{quantity: value}``; without those that the data do not allow.
        pictures: ``[n, *shape]``, a row of the sheet; None where there is nothing to see.
    """

    values: Mapping[str, float]
    pictures: np.ndarray | None = None


def _nothing(given: TaskInput, **params: Any) -> dict[str, np.ndarray]:
    return {}


def _no_reason(given: TaskInput) -> str:
    return ""


@dataclass(frozen=True)
class Task:
    """A registered use of trained generators.

    Attributes:
        name: what ``ganbench task`` takes; permanent key of results.
        solve: ``(input, model, seed, **params) -> Answer``; ``model`` is a
            ``training.trained_model.TrainedModel``, ``seed`` its repetition.
        baselines: ``{name: (input, seed, **params) -> Answer}``, what does the same without a
            trained generator, under the same protocol.
        shown: ``(input, **params) -> {row: samples}``, the first rows of the sheet.
        lacking: ``input -> ""``, or the reason why these data do not allow the task.
        params: of the protocol.
        draws: how often each baseline is tried: seeds 0, 1, ...
        needs_discriminator: whether D must have been kept too.
        version: part of the protocol; raised whenever a value can change.
    """

    name: str
    summary: str
    quantities: tuple[Quantity, ...]
    solve: Callable[..., Answer]
    baselines: Mapping[str, Callable[..., Answer]]
    paper: Paper
    shown: Callable[..., Mapping[str, np.ndarray]] = _nothing
    lacking: Callable[[TaskInput], str] = _no_reason
    params: Mapping[str, Any] = field(default_factory=dict)
    draws: int = 3
    needs_discriminator: bool = False
    version: int = 1

    def __post_init__(self) -> None:
        check_name(self.name)
