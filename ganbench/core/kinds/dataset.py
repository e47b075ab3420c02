"""Data sets, and how much of them is trained on in each preset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError, of_the_machine
from ganbench.core.kinds.paper import check_name

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Mixture:
    """A known mixture of isotropic Gaussians: ``centers [M, D]``, ``std``, equal weights.

    Attributes:
        radius: a sample is of high quality within this many standard deviations of the nearest
            centre.
    """

    centers: np.ndarray
    std: float
    radius: float = 3.0


@dataclass(frozen=True)
class Data:
    """A loaded data set.

    Attributes:
        train: ``[N, *shape]``, uint8 (0-255, scaled to -1..1 for networks) or float32 (as it is).
        test: the held-out split, never trained on.
        sha256: of what the arrays were made from.
        train_labels, test_labels: ``[N]`` integers, where the data have classes.
        mixture: the modes, where they are known exactly.
        known: what else is known exactly, ``{what: arrays}``, for metrics that read it
            (``needs.known``): the columns of a table, the letters' probabilities ...
        notes: what a user is told of how they were read.
    """

    train: np.ndarray
    test: np.ndarray
    sha256: str
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    mixture: Mixture | None = None
    known: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Budget:
    """A data set's own budget in one preset; None leaves the preset's or data set's default.

    Attributes:
        steps: generator updates.
        batch: real samples for each discriminator update.
        checkpoints: evaluations, where each takes long.
        ema: decay of the average of the generator that is measured; None for its last weights.
    """

    steps: int | None = None
    batch: int | None = None
    n_fake: int | None = None
    seeds: int | None = None
    ema: float | None = None
    checkpoints: int | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set and how it is used by default.

    Attributes:
        name: permanent key of results; ``pattern:argument`` where a pattern made it.
        load: ``data_dir or None -> Data``; raises ``UsageError`` when the data cannot be had.
        shape: of one sample; None where only the content tells.
        arch: default architecture, ``name`` or ``name:key=value``.
        features: default feature extractor of the metrics; ``auto``: what suits the samples.
        metrics: names of the metrics that are measured.
        primary: the quantity by which variants are ranked first.
        batch: default batch size.
        budgets: per preset, where they differ from the preset's own.
        classes: number of classes, if any.
        classifier: the features whose classes are the data set's.
        n_validation: how many training samples the validation split holds; a tenth if None.
        location: where its files are, if its name does not say: what ``load`` is given.
        settle: ``(data set, its data) -> data set`` with what only the content tells.
        variants: what is trained where no variants are named; the preset's if empty.
        recipes: of which data sets the packaged recipes fit it, beside its own.
        ships: whether its files come with ganbench.
        as_table: ``(samples [n, D], its data) -> table`` with the columns and units of the data;
            numbered columns if None.
        load_read: ``load`` for pictures of the user's own, which can be read in several ways, with
            the words of ``data._reading.Reading`` that are said; None for data with one way.
    """

    name: str
    load: Callable[[str | None], Data]
    shape: tuple[int, ...] | None
    arch: str
    features: str
    metrics: tuple[str, ...]
    primary: str
    summary: str
    batch: int = 64
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    classes: int | None = None
    classifier: str = ""
    n_validation: int | None = None
    location: str | None = None
    settle: Callable[[Dataset, Data], Dataset] = lambda dataset, data: dataset
    variants: tuple[str, ...] = ()
    recipes: str = ""
    ships: bool = False
    as_table: Callable[[np.ndarray, Data], pd.DataFrame] | None = None
    load_read: Callable[[str | None, Mapping[str, str]], Data] | None = None

    def __post_init__(self) -> None:
        for part in self.name.split(":", 1):
            check_name(part)

    def data(
        self, data_dir: str | None = None, reading: Mapping[str, str] = MappingProxyType({})
    ) -> Data:
        """Return the data in ``data_dir``, or where they always are.

        Args:
            reading: how pictures are read, ``{"resize": "64x64"}``.

        Raises:
            UsageError: they cannot be had, or there is but one way to read them.
        """
        where = data_dir or self.location
        try:
            if not reading:
                return self.load(where)
            if self.load_read is not None:
                return self.load_read(where, reading)
        except Exception as error:  # somebody's own code may raise anything
            if isinstance(error, UsageError) or of_the_machine(error):
                raise
            said = f"{type(error).__name__}: {error}"
            raise UsageError(f"data set {self.name} cannot be had: {said}") from error
        raise UsageError(
            "--resize, --resizer, --background and --range are for folder: and array:; "
            f"{self.name} has its pictures as they are"
        )
