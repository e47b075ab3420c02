"""How time grows: with lanes, samples, workers, records.

    pytest benchmarks/test_scaling.py --benchmark-save=NAME
    pytest benchmarks/test_scaling.py --benchmark-compare
    pytest benchmarks/test_scaling.py -k lanes

Workers and the report are timed by the clock: run them on an idle machine.
"""

import time

import pytest

import ganbench
from ganbench.bench.cases import Case
from ganbench.bench.measure import clock_of, one_thread, population, prepared, round_length, timed
from ganbench.core import registry
from ganbench.experiment.store import Store
from ganbench.reports.build import build

ROUNDS, FEW_ROUNDS = 7, 3  # the second for what takes seconds
STEPS = 5_000  # of the trainings that workers share, so that starting is a small part of it


def toy(lanes):
    return Case("ns", "toy", "ring2d", 64, lanes)


@pytest.mark.benchmark(group="lanes", timer=time.process_time)
@pytest.mark.parametrize("backend", [backend.name for backend in registry.backends.items()])
@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16, 32, 64])
def test_lanes(lanes, backend, benchmark):
    """One round of all lanes; ``us_per_step_and_lane`` is the cost of one."""
    with one_thread():
        run, _ = prepared(toy(lanes), backend, "cpu")
        steps = round_length(timed(run, 2, clock_of("cpu")).max() / 2, 0.1)
        benchmark.pedantic(run, (steps,), rounds=ROUNDS)
    if benchmark.stats:
        each = benchmark.stats.stats.median / steps / lanes
        benchmark.extra_info.update(steps=steps, us_per_step_and_lane=1e6 * each)


@pytest.mark.benchmark(group="samples", timer=time.process_time)
@pytest.mark.parametrize("n", [1_000, 10_000, 50_000])
@pytest.mark.parametrize("arch", ["toy", "dcgan"])
def test_samples(arch, n, benchmark):
    """``n`` samples of one trained generator."""
    dataset, batch = {"toy": ("ring2d", 64), "dcgan": ("mnist", 16)}[arch]
    with one_thread():
        trained = population(Case("ns", arch, dataset, batch, 1), "reference", "cpu")
        benchmark.pedantic(trained.sample, (n, 0), rounds=ROUNDS if n <= 10_000 else FEW_ROUNDS)


@pytest.mark.benchmark(group="workers")
@pytest.mark.parametrize("workers", [1, 2])
def test_workers(workers, benchmark, tmp_path):
    """Four trainings, shared by workers; starting them is part of it."""
    folders = iter(range(FEW_ROUNDS))

    def run():
        ganbench.run(
            variants=["ns", "hinge", "lsgan", "wgan"], dataset="ring2d", preset="smoke", seeds=1,
            steps=STEPS, checkpoints=1, metrics="w1", no_controls=True, workers=workers, threads=1,
            out=tmp_path / str(next(folders)),
        )  # fmt: skip

    benchmark.pedantic(run, rounds=FEW_ROUNDS)


@pytest.fixture(scope="module")
def one_record(tmp_path_factory):
    """A record of a short run, with ten checkpoints."""
    out = tmp_path_factory.mktemp("run")
    ganbench.run(
        variants=["ns"], dataset="ring2d", preset="smoke", seeds=1, steps=20, checkpoints=10,
        no_controls=True, engine="inline", out=out,
    )  # fmt: skip
    return Store(out).records()[0]


@pytest.mark.benchmark(group="records")
@pytest.mark.parametrize("n", [100, 1_000])
def test_report(n, one_record, benchmark, tmp_path):
    """CSV files and plots of ``n`` records: ten variants, the values of one moved by its seed."""
    store, names = Store(tmp_path), [v.name for v in registry.variants.items()][:10]
    store.prepare()
    for k in range(n):
        training = one_record.training.model_copy(update={"variant": names[k % len(names)]})
        measurements = tuple(
            m.model_copy(update={"values": {q: v * (1 + k / n) for q, v in m.values.items()}})
            for m in one_record.measurements
        )
        seed = k // len(names)
        store.write_record(one_record.model_copy(update={
            "training": training, "seed": seed, "run_id": training.run_id(seed),
            "measurements": measurements,
        }))  # fmt: skip
    benchmark.pedantic(build, (store, "ring2d"), rounds=FEW_ROUNDS)
