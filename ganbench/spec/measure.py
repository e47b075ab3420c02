"""Data, features, metrics and suites: what is measured, on what, and how much of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ganbench.spec._common import Paper, check_dataset_name, check_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Mixture:
    """A known mixture of isotropic Gaussians: ``centers [M, D]``, ``std``, equal weights.

    Attributes:
        radius: within so many standard deviations of the nearest centre a sample is of high
            quality.
    """

    centers: np.ndarray
    std: float
    radius: float = 3.0


@dataclass(frozen=True)
class Data:
    """A loaded data set.

    Attributes:
        train: ``[N, *shape]``, uint8 (0-255, shown to networks as -1..1) or float32 (as it is).
        test: the held-out split, never trained on.
        sha256: of what the arrays were made from.
        train_labels, test_labels: ``[N]`` integers, where the data have classes.
        mixture: the modes, where they are known exactly.
        sampler: ``(n, seed) -> [n, *shape]``, exact fresh samples, where they can be had.
    """

    train: np.ndarray
    test: np.ndarray
    sha256: str
    train_labels: np.ndarray | None = None
    test_labels: np.ndarray | None = None
    mixture: Mixture | None = None
    sampler: Callable[[int, int], np.ndarray] | None = None


@dataclass(frozen=True)
class Budget:
    """A data set's own budget in one suite; None leaves the suite's or the data set's default."""

    images_seen: int | None = None
    batch: int | None = None
    n_fake: int | None = None
    seeds: int | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set and how it is used by default.

    Attributes:
        name: permanent key of results; ``family:member`` for a member of a family.
        load: ``data_dir or None -> Data``; raises ``UsageError`` when the data cannot be had.
        shape: of one sample; None where only the content tells.
        arch: default architecture, ``name`` or ``name:key=value``.
        features: default feature extractor of the metrics.
        metrics: names of the metrics that are measured.
        primary: the quantity by which variants are ranked first.
        batch: default batch size.
        budgets: per suite, where they differ from the suite's own.
        classes: number of classes, if any.
        classifier: the features whose classes are the data set's.
        remote: its files do not come with ganbench: they are downloaded, or in a folder.
        location: where its files are, if its name does not say: what ``load`` is given.
        settle: ``(data set, its data) -> data set`` with what only the content tells.
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
    remote: bool = False
    location: str | None = None
    settle: Callable[[Dataset, Data], Dataset] = lambda dataset, data: dataset

    def __post_init__(self) -> None:
        check_dataset_name(self.name)


@dataclass(frozen=True)
class DatasetFamily:
    """Data sets that differ in an argument, such as ``folder:PATH``.

    Attributes:
        name: with the separator, how the names of its members begin.
        argument: what it is called in messages: PATH.
        make: ``argument -> Dataset``; what follows the separator in the data set's own name must
            make a data set of that name again. Raises ``UsageError`` for a bad argument, but does
            not look for files: ``load`` does.
    """

    name: str
    argument: str
    make: Callable[[str], Dataset]
    summary: str
    separator: str = ":"

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def usage(self) -> str:
        """How a member is written."""
        return f"{self.name}{self.separator}{self.argument}"


@dataclass(frozen=True)
class Extracted:
    """What an extractor makes of samples: ``features [N, D]``, and class ``probs [N, K]``."""

    features: np.ndarray
    probs: np.ndarray | None = None

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
    """

    key: str
    sha256: str
    function: Callable[[np.ndarray], Extracted]
    batch: int = 500
    trained_on: str = ""


@dataclass(frozen=True)
class Features:
    """A kind of feature extractor; ``load(argument)`` where the user wrote ``name:argument``.

    Attributes:
        names: what quantities are called on these features, where the field has a name of its own
            for them: ``{"fd": "fid"}``.
    """

    name: str
    load: Callable[[str], Extractor]
    summary: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True)
class Quantity:
    """One number that a metric yields.

    Attributes:
        least: the least possible value; where higher is better it stands for a training that has
            no value (diverged, failed).
        controls: positive controls, the degradations of samples (``ganbench verify metrics``) that
            must make it worse step by step: drop, blur, noise, duplicate, copy.
        blind: the degradations that it should not see.
    """

    key: str
    unit: str
    higher_is_better: bool
    least: float = 0.0
    controls: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()

    @property
    def worst(self) -> float:
        """The value of a training that has none: ``least`` or infinity."""
        return self.least if self.higher_is_better else math.inf


Needs = Literal[
    "features", "classes", "probs", "mixture", "train", "train+test", "labelled", "pair", "curve"
]
NEEDS_PROBS: frozenset[Needs] = frozenset({"classes", "probs", "labelled"})
NEEDS_TRAIN: frozenset[Needs] = frozenset({"train", "train+test"})
NEEDS_TRAINING: frozenset[Needs] = frozenset({"pair", "curve"})  # beside samples: no floor


@dataclass(frozen=True)
class Metric:
    """A registered metric: one preparation of the real side, one or more quantities.

    ``needs`` says what ``prepare`` and ``compute`` are given:

        features    held-out features [N, D]; generated features [M, D]
        classes     the number of classes; predicted labels [M]
        probs       None; class probabilities [M, K]
        mixture     the Mixture; generated points [M, D]
        train       training features; generated features
        train+test  (training features, held-out features); generated features
        labelled    (held-out features, labels); (generated features, predicted labels)
        pair        held-out samples [N, *shape]; a trained pair (``ganbench.train.pair.Pair``)
        curve       None; the values of ``reads`` at the checkpoints so far [N]

    Attributes:
        name: key in the registry.
        quantities: what ``compute`` returns.
        group: a name for several metrics: quality, transport, collapse, memorisation, dynamics ...
        prepare: ``(real, **params) -> arrays``, done once per data set and protocol and kept on
            disk.
        compute: ``(arrays, generated, **params) -> {key: value}``.
        params: of the protocol.
        max_samples: held-out and generated samples are cut to so many (a seeded subset), where it
            is dear.
        version: part of the protocol; raised whenever a value can change.
        final_only: measured at the last checkpoint only.
        reads: the quantity whose curve is read.
    """

    name: str
    quantities: tuple[Quantity, ...]
    needs: Needs
    group: str
    compute: Callable[..., dict[str, float]]
    prepare: Callable[..., dict[str, np.ndarray]]
    paper: Paper
    params: Mapping[str, Any] = field(default_factory=dict)
    max_samples: int | None = None
    version: int = 1
    final_only: bool = False
    reads: str = "fd"

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True)
class Suite:
    """A preset: the grid and the budget.

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
