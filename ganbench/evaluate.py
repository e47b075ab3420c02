"""Measuring samples: features -> metrics, with floors and protocols.

The real side (reference features, nearest-neighbour radii, floors ...) is computed once per data
set and protocol and kept on disk.
"""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ganbench import metrics
from ganbench.cache import cached, digest
from ganbench.metrics._shares import shares
from ganbench.seeds import derive
from ganbench.spec import Data, Dataset, Extracted, Extractor, Metric


def subset(array: np.ndarray, n: int, *stream: str | int) -> np.ndarray:
    """Return ``n`` rows of ``array`` (all of them if there are fewer), picked by the stream."""
    if n >= len(array):
        return array
    picked = np.random.default_rng(derive("subset", *stream)).permutation(len(array))[:n]
    return array[np.sort(picked)]


def side(metric: Metric, found: Extracted) -> np.ndarray:
    """Return what ``metric`` reads of extracted samples: features, labels or probabilities."""
    if metric.needs == "features":
        return found.features
    assert found.probs is not None
    return found.probs if metric.needs == "probs" else found.probs.argmax(1)


@cache
def _digest(file: Path) -> str:
    files = {file, *Path(metrics.__file__).parent.glob("*.py")}
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
        most = metric.max_samples or max(self.n_real, self.n_fake)
        return min(self.n_real, len(self.data.test), most), min(self.n_fake, most)

    def _real_key(self, metric: Metric) -> dict[str, Any]:
        reads = metric.needs != "mixture"
        return {
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

    def _cache_key(self, what: str, metric: Metric, **more: Any) -> dict[str, Any]:
        return {"what": what, **self._real_key(metric), "code": code_digest(metric), **more}

    def protocol(self, metric: Metric) -> dict[str, Any]:
        """Return all that must be equal for two values of ``metric`` to be comparable."""
        samples = "uint8" if self.data.train.dtype == np.uint8 else "float32"
        n_fake = self.sizes(metric)[1]
        return {**self._real_key(metric), "n_fake": n_fake, "samples": samples, **self.context}

    def protocol_id(self, metric: Metric) -> str:
        """Return the short hash of the protocol."""
        return digest(self.protocol(metric))[:12]

    @cached_property
    def _reference(self) -> Extracted:
        return self.extractor.function(subset(self.data.test, self.n_real, "reference"))

    def _real(self, metric: Metric) -> Any:
        match metric.needs:
            case "mixture":
                return self.data.mixture
            case "classes":
                return self.dataset.classes
            case "probs":
                return None
            case _:
                n_real = self.sizes(metric)[0]
                return subset(self._reference.features, n_real, "metric", metric.name)

    def _prepared(self, metric: Metric) -> dict[str, np.ndarray]:
        return cached(
            self._cache_key("real side", metric),
            lambda: metric.prepare(self._real(metric), **metric.params),
        )

    def _compute(self, metric: Metric, samples: np.ndarray, found: Extracted) -> dict[str, float]:
        n_fake = self.sizes(metric)[1]
        flat = samples.reshape(len(samples), -1)
        fake = flat if metric.needs == "mixture" else side(metric, found)
        return metric.compute(self._prepared(metric), fake[:n_fake], **metric.params)

    @cached_property
    def floors(self) -> dict[str, float]:
        """Every quantity between a seeded training subset, as large as the fakes, and the test."""
        real = subset(self.data.train, self.n_fake, "floor")
        extracted: list[Extracted] = []

        def floor(metric: Metric) -> dict[str, np.ndarray]:
            if not extracted:
                extracted.append(self.extractor.function(real))
            values = self._compute(metric, real, extracted[0])
            return {key: np.array(value) for key, value in values.items()}

        values: dict[str, np.ndarray] = {}
        for metric in self.metrics:
            key = self._cache_key("floor", metric, n_fake=self.sizes(metric)[1])
            values |= cached(key, lambda metric=metric: floor(metric))  # type: ignore[misc]
        return {key: float(value) for key, value in values.items()}

    def measure(
        self, samples: np.ndarray, final: bool
    ) -> tuple[dict[str, float], list[float] | None]:
        """Return ``{quantity: value}`` of ``samples [n_fake, *shape]``, and shares over modes.

        Args:
            final: the last checkpoint, where the dear metrics are measured too.
        """
        found = self.extractor.function(samples)
        values: dict[str, float] = {}
        for metric in self.metrics:
            if final or not metric.final_only:
                values |= self._compute(metric, samples, found)
        return values, self.shares(samples, found)

    def shares(self, samples: np.ndarray, found: Extracted) -> list[float] | None:
        """Return the share of samples in each class or nearest mode, where the data have them."""
        if self.dataset.classes and found.probs is not None:
            return shares(found.probs.argmax(1), self.dataset.classes).tolist()
        if self.data.mixture is not None:
            centers = self.data.mixture.centers
            squared = ((samples[:, None].astype(float) - centers) ** 2).sum(-1)
            return shares(squared.argmin(1), len(centers)).tolist()
        return None


def usable(dataset: Dataset, data: Data, extractor: Extractor, metric: Metric) -> bool:
    """Return whether ``metric`` can be measured on the data set with the extractor."""
    if metric.needs == "mixture":
        return data.mixture is not None
    if metric.needs in ("classes", "probs"):
        return dataset.classes is not None and extractor.key == f"classifier:{dataset.name}"
    return True


def load_extractor(spec: str) -> Extractor:
    """Return the extractor ``name`` or ``name:argument``.

    Raises:
        UsageError: unknown, or it cannot be loaded.
    """
    from ganbench import registry

    name, _, argument = spec.partition(":")
    return registry.get("features", name).load(argument)
