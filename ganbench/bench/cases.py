"""What is measured: a method, networks with their data and batch, a number of lanes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ganbench.bench.loops import LOSSES
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.request import parse_arch


@dataclass(frozen=True)
class Grid:
    """The cases of one architecture, where nothing else is asked for."""

    dataset: str
    batch: int
    lanes: tuple[int, ...]
    variants: tuple[str, ...] = tuple(LOSSES)


FULL: Mapping[str, Grid] = {
    "dcgan": Grid("mnist", 16, (1, 2, 4)),
    "mlp-classic": Grid("mnist", 64, (1, 2)),
    "toy": Grid("ring2d", 64, (1, 2, 4, 8, 16, 32)),
}
QUICK: Mapping[str, Grid] = {
    "dcgan": replace(FULL["dcgan"], lanes=(1,)),
    "mlp-classic": replace(FULL["mlp-classic"], lanes=(1,), variants=("ns",)),
    "toy": replace(FULL["toy"], lanes=(5,)),
}


@dataclass(frozen=True)
class Case:
    """One thing to measure; ``arch`` is ``NAME`` or ``NAME:key=value,...``."""

    variant: str
    arch: str
    dataset: str
    batch: int
    lanes: int

    @property
    def label(self) -> str:
        """A few words for a table."""
        lanes = "1 lane" if self.lanes == 1 else f"{self.lanes} lanes"
        return f"{self.arch} {self.variant}, {lanes}, batch {self.batch}"


def make_cases(
    grids: Mapping[str, Grid],
    variants: Sequence[str] = (),
    archs: Sequence[str] = (),
    lanes: Sequence[int] = (),
    batches: Sequence[int] = (),
) -> list[Case]:
    """Return every combination; what is empty is as in ``grids``.

    Raises:
        UsageError: a name that is unknown or has nothing to be compared with, a number below 1.
    """
    for name in variants:
        if registry.variants.get(name).name not in LOSSES:
            known = ", ".join(LOSSES)
            raise UsageError(f"variant {name} has no plain loop to compare with; known: {known}")
    for flag, numbers in (("--lanes", lanes), ("--batch-size", batches)):
        for number in numbers:
            if number < 1:
                raise UsageError(f"{flag} is {number}: at least 1 needed")
    return [
        Case(variant, arch, grid.dataset, batch, count)
        for arch, grid in [(arch, _grid(grids, arch)) for arch in archs or grids]
        for batch in batches or (grid.batch,)
        for variant in variants or grid.variants
        for count in lanes or grid.lanes
    ]


def backends_for(device: str, quick: bool) -> list[str]:
    """Return the backends to measure; of a quick bench those that a thousand updates repay."""
    kind = device.partition(":")[0]
    return [
        backend.name
        for backend in registry.backends.items()
        if not quick or backend.default_from.get(kind, math.inf) <= 1_000
    ]


def _grid(grids: Mapping[str, Grid], arch: str) -> Grid:
    name = parse_arch(arch)[0].name
    if name not in grids:
        raise UsageError(f"arch {name} has no data set and batch here; known: {', '.join(grids)}")
    return grids[name]
