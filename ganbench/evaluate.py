"""Measuring samples: features -> metrics, with floors and protocols.

The real side (reference features, nearest-neighbour radii, floors ...) is computed once per data
set and protocol and kept on disk.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from ganbench import metrics, registry
from ganbench.cache import cached, digest
from ganbench.metrics._shares import shares
from ganbench.seeds import derive
from ganbench.sides import Real, extract, generated_side, real_side, subset
from ganbench.spec import Data, Dataset, Extracted, Extractor, Metric
from ganbench.spec.measure import NEEDS_PROBS, NEEDS_TRAIN, NEEDS_TRAINING

FAILURES = (ValueError, RuntimeError)  # what metrics raise where samples allow no value
TRAIN_PER_REAL = 6  # training samples beside each held-out one, at most, where a metric reads both


@cache
def _digest(file: Path) -> str:
    files = {file, *Path(metrics.__file__).parent.glob("*.py")}
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def code_digest(metric: Metric) -> str:
    """Return the SHA-256 of the code behind ``metric``: other code does not read what it cached."""
    return _digest(Path(inspect.getfile(metric.compute)))


@dataclass(frozen=True)
class Measured:
    """What was measured of one generator.

    Attributes:
        values: ``{quantity: value}``.
        unmeasured: ``{metric: reason}`` of those that these samples do not allow.
        shares: of samples in each class or nearest mode, where the data have them.
    """

    values: dict[str, float] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    shares: list[float] | None = None

    def add(self, metric: Metric, compute: Callable[[], dict[str, float]]) -> None:
        """Add the values of ``metric``, or the reason why there are none."""
        try:
            self.values.update(compute())
        except FAILURES as error:
            self.unmeasured[metric.name] = str(error)


@dataclass(frozen=True)
class Evaluator:
    """The metrics of one data set under one protocol.

    Attributes:
        n_real, n_fake: most samples on each side.
        context: what else must be equal for two numbers to be comparable (budget, weights,
            precision), a part of every protocol.
    """

    dataset: Dataset
    data: Data
    extractor: Extractor
    metrics: tuple[Metric, ...]
    n_real: int
    n_fake: int
    context: dict[str, Any]

    def sizes(self, metric: Metric) -> tuple[int, int]:
        """Return how many real and generated samples ``metric`` reads."""
        most = metric.max_samples or max(self.n_real, self.n_fake)
        return min(self.n_real, len(self.data.test), most), min(self.n_fake, most)

    @property
    def n_train(self) -> int:
        """How many training samples are read by the metrics that compare with them."""
        return min(len(self.data.train), TRAIN_PER_REAL * self.n_real)

    def _real_key(self, metric: Metric) -> dict[str, Any]:
        reads = metric.needs not in ("mixture", "pair")
        found = {
            "metric": metric.name,
            "version": metric.version,
            "params": dict(metric.params),
            "dataset": self.dataset.name,
            "dataset_sha256": self.data.sha256,
            "split": "test",
            "features": self.extractor.key if reads else "none",
            "features_sha256": self.extractor.sha256 if reads else "",
            "n_real": self.sizes(metric)[0],
        }
        if metric.needs in NEEDS_TRAIN:
            found |= {"split": "train and test", "n_train": self.n_train}
        return found | ({"reads": metric.reads} if metric.needs == "curve" else {})

    def _cache_key(self, what: str, metric: Metric, **more: Any) -> dict[str, Any]:
        # A metric with a cap of its own reads a part of n_real samples, another part of another.
        more["picked_of"] = self.n_real
        return {"what": what, **self._real_key(metric), "code": code_digest(metric), **more}

    def protocol(self, metric: Metric) -> dict[str, Any]:
        """Return all that must be equal for two values of ``metric`` to be comparable."""
        samples = "uint8" if self.data.train.dtype == np.uint8 else "float32"
        n_fake = self.sizes(metric)[1]
        return {**self._real_key(metric), "n_fake": n_fake, "samples": samples, **self.context}

    def protocol_id(self, metric: Metric) -> str:
        """Return the short hash of the protocol."""
        return digest(self.protocol(metric))[:12]

    def called(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``{quantity: ...}`` under the names that these features give to quantities."""
        names = called(self.extractor.key)
        return {names.get(key, key): value for key, value in values.items()}

    @cached_property
    def _real(self) -> Real:
        data, n_real = self.data, self.n_real
        labels = None if data.test_labels is None else np.asarray(data.test_labels)
        return Real(
            test=cache(lambda: extract(self.extractor, subset(data.test, n_real, "reference"))),
            train=cache(lambda: extract(self.extractor, subset(data.train, self.n_train, "train"))),
            labels=None if labels is None else subset(labels, n_real, "reference"),
            classes=self.dataset.classes,
            mixture=data.mixture,
        )

    def _prepared(self, metric: Metric) -> dict[str, np.ndarray]:
        n_real = self.sizes(metric)[0]

        def make() -> dict[str, np.ndarray]:
            if metric.needs == "pair":
                held_out = subset(self.data.test, n_real, "pair")
                return metric.prepare(held_out, **metric.params)
            side = real_side(metric, self._real.cut(n_real, "metric", metric.name))
            return metric.prepare(side, **metric.params)

        return cached(self._cache_key("real side", metric), make)

    def _compute(self, metric: Metric, samples: np.ndarray, found: Extracted) -> dict[str, float]:
        n_fake = self.sizes(metric)[1]
        if metric.needs == "mixture":
            found = Extracted(samples.reshape(len(samples), -1))
        fake = generated_side(metric, found.rows(slice(n_fake)))
        return metric.compute(self._prepared(metric), fake, **metric.params)

    @cached_property
    def floors(self) -> dict[str, float]:
        """Every quantity of real samples in place of generated ones.

        They are a seeded training subset, as large as the fakes, against the held-out reference.
        Where a metric compares with the training set itself, they are one half of the reference,
        against the other.
        """
        extracted = cache(
            lambda: extract(self.extractor, subset(self.data.train, self.n_fake, "floor"))
        )
        values: dict[str, Any] = {}
        for metric in self.metrics:
            if metric.needs in NEEDS_TRAINING:
                continue

            def floor(metric: Metric = metric) -> dict[str, np.ndarray]:
                try:
                    if metric.needs in NEEDS_TRAIN:
                        found = self._held_out_floor(metric)
                    else:
                        samples = subset(self.data.train, self.n_fake, "floor")
                        found = self._compute(metric, samples, extracted())
                except FAILURES:  # too few samples for this metric: it has no floor
                    return {}
                return {key: np.array(value) for key, value in found.items()}

            key = self._cache_key("floor", metric, n_fake=self.sizes(metric)[1])
            values |= cached(key, floor)
        return {key: float(value) for key, value in self.called(values).items()}

    def _held_out_floor(self, metric: Metric) -> dict[str, float]:
        order = np.random.default_rng(derive("halves")).permutation(len(self._real.test().features))
        ours, theirs = (np.sort(half) for half in np.array_split(order, 2))
        half = self._real.test().rows(ours)
        prepared = metric.prepare(
            real_side(metric, replace(self._real, test=lambda: half)), **metric.params
        )
        held_out = self._real.test().rows(theirs[: self.sizes(metric)[1]])
        return metric.compute(prepared, generated_side(metric, held_out), **metric.params)

    def measure(self, samples: np.ndarray, final: bool) -> Measured:
        """Measure ``samples [n_fake, *shape]``.

        Args:
            final: the last checkpoint, where the dear metrics are measured too.
        """
        found = extract(self.extractor, samples)
        measured = Measured(shares=self.shares(samples, found))
        for metric in self.metrics:
            if metric.needs not in NEEDS_TRAINING and (final or not metric.final_only):
                measured.add(metric, partial(self._compute, metric, samples, found))
        return replace(measured, values=self.called(measured.values))

    def measure_training(self, pair: Any, curves: Mapping[str, list[float]]) -> Measured:
        """Measure what reads the training itself, at its end.

        Args:
            pair: a function that returns the trained pair (``ganbench.train.pair``).
            curves: ``{quantity: values at the checkpoints}``.
        """

        def compute(metric: Metric) -> dict[str, float]:
            if metric.needs == "pair":
                return metric.compute(self._prepared(metric), pair(), **metric.params)
            reads = next(iter(self.called({metric.reads: 0})))
            return metric.compute({}, curves.get(reads, []), **metric.params)

        measured = Measured()
        for metric in self.metrics:
            if metric.needs in NEEDS_TRAINING:
                measured.add(metric, partial(compute, metric))
        return measured

    def shares(self, samples: np.ndarray, found: Extracted) -> list[float] | None:
        """Return the share of samples in each class or nearest mode, where the data have them."""
        if self.dataset.classes and found.probs is not None:
            return shares(found.labels, self.dataset.classes).tolist()
        if self.data.mixture is not None:
            centers = self.data.mixture.centers
            squared = cdist(samples.reshape(len(samples), -1), centers, "sqeuclidean")
            return shares(squared.argmin(1), len(centers)).tolist()
        return None


def usable(dataset: Dataset, data: Data, extractor: Extractor, metric: Metric) -> str:
    """Return why ``metric`` cannot be measured on the data set with the extractor, or ""."""
    if metric.needs == "mixture" and data.mixture is None:
        return f"the modes of {dataset.name} are not known exactly"
    if metric.needs in NEEDS_PROBS:
        if dataset.classes is None:
            return f"{dataset.name} has no classes"
        if extractor.key != dataset.classifier:
            return f"it needs --features {dataset.classifier}"
    return ""


def called(features: str) -> Mapping[str, str]:
    """Return the names that the features (``name`` or ``name:argument``) give to quantities."""
    names: Mapping[str, str] = registry.get("features", features.partition(":")[0]).names
    return names


def primary(dataset: Dataset, features: str, names: Sequence[str]) -> str:
    """Return the quantity by which variants are ranked first, among those of the metrics named.

    It is the data set's own, or the first quantity where that is not measured.
    """
    own = called(features)
    keys = [q.key for name in names for q in registry.get("metric", name).quantities]
    key = dataset.primary if dataset.primary in keys else keys[0]
    return own.get(key, key)


def load_extractor(spec: str) -> Extractor:
    """Return the extractor ``name`` or ``name:argument``.

    Raises:
        UsageError: unknown, or it cannot be loaded.
    """
    name, _, argument = spec.partition(":")
    extractor: Extractor = registry.get("features", name).load(argument)
    return extractor
