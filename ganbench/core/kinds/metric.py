"""Metrics and the quantities that they yield."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ganbench.core.kinds.needs import Needs
from ganbench.core.kinds.paper import Paper, check_name

if TYPE_CHECKING:
    import numpy as np

Role = Literal["", "fidelity", "modes", "mode_divergence", "rotation"]
Target = Literal["lower", "higher", "floor"]
ARROWS: Mapping[Target, str] = {"lower": "↓", "higher": "↑", "floor": "≈"}
BEST: Mapping[Target, str] = {
    "lower": "lower is better",
    "higher": "higher is better",
    "floor": "best at its floor (real data)",
}


def shortfall(values: Any, floor: Any, target: Target) -> Any:
    """Return how far values are from the best one, to rank by: lower is better.

    Args:
        values: numbers or arrays of one quantity; infinite where there is none (``worst``).
        floor: of the quantity; read where the best value is the floor.
        target: the quantity's own.
    """
    if target == "floor":
        return abs(values - floor)
    return -values if target == "higher" else values


@dataclass(frozen=True)
class Quantity:
    """One number that a metric yields.

    Attributes:
        key: its name in results.
        higher_is_better: of two values on one side of the best one. Where that is the floor, the
            side is the one to which ``controls`` move it.
        closest_to_floor: the best value is that of real samples: copies are on one side of it, and
            what is far from all data on the other.
        least: the least possible value; where higher is better it is the value of a training that
            has none (diverged, failed).
        label: in words, for plots; the key by default.
        headline: whether the terminal's table and the plot of last values show it.
        role: what findings read it as: the share of samples among real ones (``fidelity``), the
            number of ``modes``, the divergence of their frequencies (``mode_divergence``), or how
            much the game turns at its end (``rotation``).
        controls: positive controls, the degradations of samples (``ganbench verify metrics``) that
            must make it worse step by step: drop, blur, noise, duplicate, copy.
        blind: the degradations that it should not see.
    """

    key: str
    unit: str
    higher_is_better: bool
    closest_to_floor: bool = False
    least: float = 0.0
    label: str = ""
    headline: bool = True
    role: Role = ""
    controls: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()

    @property
    def worst(self) -> float:
        """The value of a training that has none: ``least`` or infinity."""
        return self.least if self.target == "higher" else math.inf

    @property
    def target(self) -> Target:
        """Where the best value lies; see ``shortfall``."""
        if self.closest_to_floor:
            return "floor"
        return "higher" if self.higher_is_better else "lower"


@dataclass(frozen=True)
class Metric:
    """A registered metric: one preparation of the real side, one or more quantities.

    Attributes:
        name: key in the registry.
        quantities: what ``compute`` returns.
        needs: what ``prepare`` and ``compute`` are given (``core/kinds/needs.py``).
        group: a name for several metrics: quality, transport, collapse, memorisation, dynamics ...
        prepare: ``(real, **params) -> arrays``, done once per data set and protocol and kept on
            disk.
        compute: ``(arrays, generated, **params) -> {key: value}``; in place of a slow value it may
            return a function without arguments, which is called where the value is wanted.
        params: of the protocol.
        max_samples: each side is subsampled (seeded) to this size, when the metric is slow.
        max_fake: the same of the generated side, where it may be larger.
        equal_counts: both sides are subsampled (seeded) to the smaller of the two.
        floor_draws: how many draws of its floor are averaged; fewer where each is slow.
        version: part of the protocol; raised whenever a value can change.
        final_only: measured at the last checkpoint only, for it is slow; quantities by which
            variants are ranked, or whose curve another metric reads, at every checkpoint.
        reads: the quantity whose curve is read, where ``needs`` is ``CURVE``.
    """

    name: str
    quantities: tuple[Quantity, ...]
    needs: Needs
    group: str
    compute: Callable[..., Mapping[str, float | Callable[[], float]]]
    prepare: Callable[..., dict[str, np.ndarray]]
    paper: Paper
    params: Mapping[str, Any] = field(default_factory=dict)
    max_samples: int | None = None
    max_fake: int | None = None
    equal_counts: bool = False
    floor_draws: int = 5
    version: int = 1
    final_only: bool = False
    reads: str = ""

    def __post_init__(self) -> None:
        check_name(self.name)

    def check(self) -> None:
        """Raise ``ValueError`` for what no evaluation could use."""
        if not isinstance(self.needs, Needs):
            raise ValueError(
                f"metric {self.name}: needs is {self.needs!r}, not one of ganbench.needs, such as "
                "needs.FEATURES"
            )
        if self.floor_draws < 1:
            raise ValueError(f"metric {self.name}: floor_draws is {self.floor_draws}: 1 or more")
        if bool(self.reads) != ("curve" in self.needs.inputs):
            raise ValueError(f"metric {self.name}: reads goes with needs.CURVE, and only with it")
