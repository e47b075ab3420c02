"""The one-dimensional game that ``dirac`` and ``bilinear`` are played on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ganbench.core import registry
from ganbench.core.kinds import Variant
from ganbench.experiment.request import Settings
from ganbench.experiment.resolve import make_population

EXACT: dict[str, Any] = {"dtype": "float64", "device": "cpu"}


def dirac_population(variant: Variant, seeds: Sequence[int], steps: int, settings: Settings) -> Any:
    """Return the untrained population of ``variant`` on arch and data set ``dirac``."""
    arch = registry.archs.get("dirac")
    data = registry.datasets.get("dirac").load(None)
    data = replace(data, train=data.train[:8])
    return make_population(variant, arch, arch.options, "dirac", data, seeds, 1, steps, settings)
