"""The time of a step: every backend beside the plain and the careful loop, round by round.

All sides of a case do one round each, then the next round begins, so that what slows the machine
for a while slows them alike. A round is a multiple of ``CHUNK`` steps: it draws random numbers as
often as any other. L lanes stand beside L loops that are done one after another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch

from ganbench.bench.cases import Case
from ganbench.bench.loops import Loop
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data
from ganbench.experiment.request import Settings, parse_arch
from ganbench.experiment.resolve import make_population
from ganbench.training.streams import CHUNK

CPU, WALL = 0, 1  # what a clock tells
LOOPS = ("plain", "careful")
BUDGET = 1_000_000  # generator updates, more than any bench does; schedules run over it
PRODUCT = {"cpu": 1024, "cuda": 8192}  # rows of the matrices that find the peak

Run = Callable[[int], Any]
Clock = Callable[[], tuple[float, float]]


@dataclass(frozen=True)
class Measured:
    """What was found for one case.

    Attributes:
        steps: in a round.
        seconds: ``{side: [rounds, 2]}``, CPU and wall seconds of a step of all lanes.
        first_s: ``{backend: wall seconds of its first step}``, in which it prepares itself.
        flops: floating-point operations of a step of all lanes, as the method needs them.
        unusable: ``{backend: why it is not measured}``.
    """

    case: Case
    steps: int
    seconds: dict[str, np.ndarray]
    first_s: dict[str, float]
    flops: float
    unusable: dict[str, str]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread, as a worker does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def counted(device: str) -> int:
    """Return which seconds count: a CPU's own, which other work does not change, or the wall's."""
    return CPU if device == "cpu" else WALL


def clock_of(device: str) -> Clock:
    """Return a clock of CPU and wall seconds that waits until ``device`` is done."""

    def now() -> tuple[float, float]:
        if device != "cpu":
            torch.cuda.synchronize(device)
        return time.process_time(), time.perf_counter()

    return now


def timed(run: Run, steps: int, clock: Clock) -> np.ndarray:
    """Return the seconds of ``steps`` steps ``[2]``."""
    start = clock()
    run(steps)
    return np.subtract(clock(), start)


def interleaved(
    sides: Mapping[str, Run], steps: int, rounds: int, clock: Clock
) -> dict[str, np.ndarray]:
    """Return the seconds of a step, ``{side: [rounds, 2]}``; every round has all sides in turn."""
    taken = [[timed(run, steps, clock) / steps for run in sides.values()] for _ in range(rounds)]
    return dict(zip(sides, np.array(taken).swapaxes(0, 1), strict=True))


def speed(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return how many times as fast as ``theirs`` is ``ours``: the median over rounds ``[R]``."""
    return float(np.median(theirs / ours))


def round_length(step_s: float, round_s: float) -> int:
    """Return the steps of a round of about ``round_s`` seconds, a multiple of ``CHUNK``."""
    return CHUNK * max(1, round(round_s / (CHUNK * step_s)))


def peak_flops(device: str, rounds: int = 20) -> float:
    """Return the most operations a second of a float32 matrix product."""
    size = PRODUCT[torch.device(device).type]
    a, b = torch.rand(2, size, size, device=device)
    out = torch.empty_like(a)
    taken = [timed(lambda _: torch.mm(a, b, out=out), 1, clock_of(device)) for _ in range(rounds)]
    return 2 * size**3 / min(seconds[counted(device)] for seconds in taken)


@cache
def data_of(dataset: str) -> Data:
    """Return a data set's samples."""
    return registry.datasets.get(dataset).load(None)


def population(case: Case, backend: str, device: str) -> Any:
    """Return the untrained population of a case."""
    variant, (arch, options) = registry.variants.get(case.variant), parse_arch(case.arch)
    return make_population(
        variant, arch, arch.options_for(variant, options), case.dataset, data_of(case.dataset),
        range(case.lanes), case.batch, BUDGET, Settings(device=device, backend=backend),
    )  # fmt: skip


def loops(case: Case, kind: str, device: str) -> Run:
    """Return what does steps of as many loops as the case has lanes, one after another."""
    data = data_of(case.dataset)
    made = [
        Loop(case.variant, case.arch, data, case.batch, kind == "careful", device)
        for _ in range(case.lanes)
    ]

    def run(steps: int) -> None:
        for loop in made:
            loop.run(steps)

    return run


def prepared(case: Case, backend: str, device: str) -> tuple[Run, float]:
    """Return what does steps of a population, and the wall seconds of its first.

    Raises:
        UsageError: the backend cannot execute the case.
    """
    trained = population(case, backend, device)
    first = timed(trained.run, 1, clock_of(device))
    if trained.fell_back:
        raise UsageError(trained.fell_back)
    return trained.run, float(first[WALL])


def measure(
    case: Case, backends: Sequence[str], device: str, rounds: int, round_s: float
) -> Measured:
    """Return the times of both loops and of ``backends``.

    Args:
        round_s: how long a round of the slowest side takes, about.

    Raises:
        UsageError: the case cannot be trained.
    """
    torch.manual_seed(0)  # of the loops
    flops = case.lanes * population(replace(case, lanes=1), "reference", device).flops_per_step()
    sides = {kind: loops(case, kind, device) for kind in LOOPS}
    first_s, unusable = {}, {}
    for backend in backends:
        try:
            sides[backend], first_s[backend] = prepared(case, backend, device)
        except UsageError as error:
            unusable[backend] = str(error)
    clock = clock_of(device)
    warm = interleaved(sides, 2, 1, clock)
    steps = round_length(max(float(taken[0, WALL]) for taken in warm.values()), round_s)
    seconds = interleaved(sides, steps, rounds, clock)
    return Measured(case, steps, seconds, first_s, flops, unusable)
