"""Time of a training step: every backend, paired with the loops that a user would write.

    pytest benchmarks/test_throughput.py --benchmark-save=NAME     writes .benchmarks/*/NAME.json
    pytest benchmarks/test_throughput.py --benchmark-compare       beside what was saved last

The cases are those of ``ganbench bench --quick``, and ``mlp-classic`` with ``wgan-gp``. Before
every round of a backend both loops do one of their own, all on one thread, and CPU seconds count. A
line for each case says the ratios (medians over rounds); they are saved beside the times
(``extra_info``), and mean more than the times of two days do.
"""

import time
from dataclasses import replace

import numpy as np
import pytest

from ganbench.bench.cases import QUICK, make_cases
from ganbench.bench.measure import (
    CPU,
    LOOPS,
    clock_of,
    loops,
    one_thread,
    prepared,
    round_length,
    speed,
    timed,
)  # fmt: skip
from ganbench.core import registry
from ganbench.core.errors import UsageError

ROUNDS, ROUND_S = 7, 0.1
GRIDS = {**QUICK, "mlp-classic": replace(QUICK["mlp-classic"], variants=("ns", "wgan-gp"))}


def name(case):
    return f"{case.arch}-{case.variant}-{case.lanes}x{case.batch}"


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("backend", [backend.name for backend in registry.backends.items()])
@pytest.mark.parametrize("case", make_cases(GRIDS), ids=name)
def test_a_backend_against_both_loops(case, backend, benchmark, capsys):
    clock = clock_of("cpu")
    with one_thread():
        sides = {kind: loops(case, kind, "cpu") for kind in LOOPS}
        try:
            run, first_s = prepared(case, backend, "cpu")
        except UsageError as error:
            pytest.skip(str(error))
        slowest = max(timed(side, 2, clock)[CPU] / 2 for side in [*sides.values(), run])
        steps = round_length(slowest, ROUND_S)
        taken = {side: [] for side in [*LOOPS, "ours"]}

        def one_round_of_the_loops():
            for kind, side in sides.items():
                taken[kind].append(timed(side, steps, clock)[CPU])

        def ours():
            taken["ours"].append(timed(run, steps, clock)[CPU])

        benchmark.pedantic(ours, setup=one_round_of_the_loops, rounds=ROUNDS)
    seconds = {side: np.array(values) for side, values in taken.items()}
    ratios = {kind: speed(seconds["ours"], seconds[kind]) for kind in LOOPS}
    milliseconds = 1e3 * float(np.median(seconds["ours"])) / steps
    benchmark.extra_info.update(
        steps=steps, ms_per_step=milliseconds, first_step_s=first_s,
        **{f"speed_over_{kind}": ratio for kind, ratio in ratios.items()},
    )  # fmt: skip
    with capsys.disabled():
        print(
            f"\n{case.label}, {backend}: {milliseconds:.2f} ms a step, {ratios['plain']:.2f} × a "
            f"plain and {ratios['careful']:.2f} × a careful loop"
        )
