"""The evaluator of a run: every metric of one data set, with floors and protocols.

The real side (reference features, nearest-neighbour radii, floors ...) is computed once per data
set and protocol and kept on disk.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import metrics
from ganbench.core.cache import cached, digest
from ganbench.core.kinds import (
    Data,
    Dataset,
    Extracted,
    Extractor,
    GeneratedSide,
    Metric,
    Quantity,
    RealSide,
)
from ganbench.evaluation import measure as measuring
from ganbench.evaluation.choose import primary_quantity, quantity_names
from ganbench.evaluation.floors import columns, floor_draws, mean_and_sd, split
from ganbench.evaluation.measure import (
    cut_real,
    extract,
    first_rows,
    of_samples,
    on_device,
    prepare,
    sizes,
    subset,
    value,
)
from ganbench.evaluation.measured import Measured, tried
from ganbench.metrics._frequencies import frequencies, nearest_modes

TRAIN_PER_REAL = 6  # training samples for each held-out one, at most, where a metric reads both


@cache
def _digest(file: Path) -> str:
    files = {file, Path(measuring.__file__), *Path(metrics.__file__).parent.glob("*.py")}
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def code_digest(metric: Metric) -> str:
    """Return the SHA-256 of the code behind ``metric``: other code does not read what it cached."""
    return _digest(Path(inspect.getfile(metric.compute)))


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
        return sizes(metric, min(self.n_real, len(self.data.test)), self.n_fake)

    @property
    def n_train(self) -> int:
        """How many training samples are read by the metrics that compare with them."""
        return min(len(self.data.train), TRAIN_PER_REAL * self.n_real)

    @property
    def primary(self) -> str:
        """The quantity by which variants are ranked first."""
        return primary_quantity(self.dataset, self.extractor.key, self.metrics)

    @cached_property
    def _curves(self) -> set[str]:
        """The quantities that are read at every checkpoint, whatever they cost."""
        read = {metric.reads: None for metric in self.metrics if metric.reads}
        return {self.primary, *self.named(read)}

    def measured_at(self, metric: Metric, final: bool) -> list[str]:
        """Return the quantities of ``metric`` to measure at a checkpoint, the last or another."""
        every, named = final or not metric.final_only, self.quantities(metric)
        return [found.key for name, found in named.items() if every or name in self._curves]

    def _real_key(self, metric: Metric) -> dict[str, Any]:
        needs = metric.needs
        key = {
            "metric": metric.name,
            "version": metric.version,
            "params": dict(metric.params),
            "dataset": self.dataset.name,
            "dataset_sha256": self.data.sha256,
            "split": "train and test" if needs.train else "test",
            "features": self.extractor.key if needs.extractor else "none",
            "features_sha256": self.extractor.sha256 if needs.extractor else "",
            "n_real": self.sizes(metric)[0],
        }
        key |= {"n_train": self.n_train} if needs.train else {}
        return key | ({"reads": metric.reads} if metric.reads else {})

    def _cache_key(self, what: str, metric: Metric, **more: Any) -> dict[str, Any]:
        # Metrics with ``max_samples`` draw a subset of the ``n_real`` samples, so ``n_real`` is a
        # part of the key.
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

    def named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``{quantity: ...}`` under the names that these features give to quantities."""
        names = quantity_names(self.extractor.key)
        return {names.get(key, key): value for key, value in values.items()}

    def quantities(self, metric: Metric) -> dict[str, Quantity]:
        """Return the quantities of ``metric`` under the names that these features give them."""
        return self.named({quantity.key: quantity for quantity in metric.quantities})

    def _extracted(self, samples: np.ndarray) -> Extracted:
        return on_device(extract(self.extractor, samples))

    @cached_property
    def _real(self) -> RealSide:
        data, n_real = self.data, self.n_real
        strata = None if data.mixture is None else nearest_modes(data.test, data.mixture.centers)
        rows = subset(np.arange(len(data.test)), n_real, "reference", strata=strata)
        return RealSide(
            test=cache(lambda: self._extracted(data.test[rows])),
            train=cache(lambda: self._extracted(subset(data.train, self.n_train, "train"))),
            labels=None if data.test_labels is None else np.asarray(data.test_labels)[rows],
            strata=None if strata is None else strata[rows],
            classes=self.dataset.classes,
            mixture=data.mixture,
            known=data.known,
        )

    def _prepared(self, metric: Metric) -> dict[str, np.ndarray]:
        n_real = self.sizes(metric)[0]

        def make() -> dict[str, np.ndarray]:
            real = self._real
            if metric.needs.real_features:
                real = cut_real(real, n_real, "metric", metric.name)
            samples = partial(subset, self.data.test, n_real, "pair")
            return prepare(metric, replace(real, samples=samples))

        return cached(self._cache_key("real side", metric), make)

    def _value(
        self, metric: Metric, generated: GeneratedSide, wanted: Collection[str] | None = None
    ) -> dict[str, float]:
        if not metric.needs.of_training:
            generated = first_rows(generated, self.sizes(metric)[1])
        return value(metric, self._prepared(metric), generated, wanted)

    @property
    def floors(self) -> dict[str, float]:
        """Every quantity of real samples in place of generated ones, the mean of several draws.

        They are a seeded training subset, as large as the fakes, against the held-out reference;
        where a metric compares with the training set itself, a part of the reference against the
        rest (``floors.split``).
        """
        return self._floors[0]

    @property
    def floor_sds(self) -> dict[str, float]:
        """The standard deviation of one draw of each floor, where there are several."""
        return self._floors[1]

    @cached_property
    def _floors(self) -> tuple[dict[str, float], dict[str, float]]:
        means_and_sds: tuple[dict[str, float], dict[str, float]] = {}, {}
        generated = self._real_as_generated()
        for metric in self.metrics:
            if not metric.needs.of_training:
                draws = floor_draws(metric, self.extractor)
                key = self._cache_key("floor", metric, n_fake=self.sizes(metric)[1], draws=draws)
                kept = cached(key, partial(self._floor_arrays, metric, draws, generated))
                for known, found in zip(means_and_sds, mean_and_sd(kept), strict=True):
                    known |= self.named(found)
        return means_and_sds

    def _floor_arrays(
        self, metric: Metric, draws: int, generated: Callable[[int], GeneratedSide]
    ) -> dict[str, np.ndarray]:
        """Return ``{quantity: values [draws]}``, empty where real samples allow no value."""

        def one(draw: int) -> dict[str, float]:
            if metric.needs.train:
                return self._held_out_floor(metric, draw)
            return self._value(metric, generated(draw))

        values = []
        for draw in range(draws):
            found = tried(metric, partial(one, draw))
            if isinstance(found, str):  # too few samples for this metric: it has no floor
                return {}
            values.append(found)
        return columns(values)

    def _held_out_floor(self, metric: Metric, draw: int) -> dict[str, float]:
        whole = self._real.test()
        reference, fakes = split(len(whole), *self.sizes(metric), "floor", draw)
        kept, held_out = whole.rows(reference), whole.rows(fakes)
        prepared = prepare(metric, replace(self._real, test=lambda: kept))
        return value(metric, prepared, GeneratedSide(extracted=lambda: held_out))

    def _real_as_generated(self) -> Callable[[int], GeneratedSide]:
        """Return ``draw -> training samples``, each extracted once."""

        @cache
        def side(draw: int) -> GeneratedSide:
            samples = subset(self.data.train, self.n_fake, "floor", draw)
            extracted = cache(lambda: self._extracted(samples))
            return GeneratedSide(extracted=extracted, samples=lambda: samples)

        return side

    def measure(self, samples: np.ndarray, final: bool) -> Measured:
        """Measure ``samples [n_fake, *shape]``.

        Args:
            final: the last checkpoint, where the slow metrics are measured too.
        """
        extracted = self._extracted(samples)
        generated = of_samples(samples, extracted)
        measured = Measured(frequencies=self.frequencies(samples, extracted))
        for metric in self.metrics:
            wanted = self.measured_at(metric, final)
            if wanted and not metric.needs.of_training:
                measured.add(metric, partial(self._value, metric, generated, wanted))
        return replace(measured, values=self.named(measured.values))

    def measure_training(
        self, pair: Callable[[], Any], curves: Mapping[str, list[float]]
    ) -> Measured:
        """Measure what reads the training itself, at its end.

        Args:
            pair: a function that returns the trained pair (``training.trained_pair``).
            curves: ``{quantity: values at the checkpoints}``.
        """

        def curve(quantity: str) -> list[float]:
            return curves.get(next(iter(self.named({quantity: 0}))), [])

        measured = Measured()
        for metric in self.metrics:
            if metric.needs.of_training:
                generated = GeneratedSide(pair=pair, curve=curve)
                measured.add(metric, partial(self._value, metric, generated))
        return replace(measured, values=self.named(measured.values))

    def frequencies(self, samples: np.ndarray, extracted: Extracted) -> list[float] | None:
        """Return how often each class or nearest mode occurs (0-1), where the data have them."""
        if self.dataset.classes and extracted.probs is not None:
            return frequencies(extracted.labels, self.dataset.classes).tolist()
        if self.data.mixture is not None:
            centers = self.data.mixture.centers
            return frequencies(nearest_modes(samples, centers), len(centers)).tolist()
        return None
