"""Time of metrics, paired with the libraries in common use.

``pytest benchmarks/test_metrics.py`` prints one ratio per case. Both sides run in turn in one
process on the same arrays, the least time of each counts, and only the ratio means anything.
Threads that wait sleep, on both sides: where other work runs too, those that spin (the default of
OpenMP) hold up the one that they wait for, and the ratio is that of their number.
``pytorch-fid`` is skipped where it is not installed.
"""

import importlib
import os
import threading
import time

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.metrics import kernel_distance

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when torch is first imported

N = 10_000


def normal(n, d, seed):
    return np.random.default_rng(seed).standard_normal((n, d))


def least(function, rounds=3):
    """Return the least time of some calls in seconds, and the last result."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return min(times), result


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def peak(function):
    """Return the most memory in bytes that a call held beside what was held before it."""
    before, found, done = resident(), [0], threading.Event()

    def watch():
        while not done.wait(0.005):
            found.append(resident() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        function()
    finally:
        done.set()
        watcher.join()
    return max(found)


def report(benchmark, capsys, text, **numbers):
    benchmark.extra_info.update(numbers)
    with capsys.disabled():
        print(f"\n{text}")


def test_frechet_against_pytorch_fid(benchmark, capsys):
    score = pytest.importorskip("pytorch_fid.fid_score")
    real, fake = normal(N, 2048, 1), 1.1 * normal(N, 2048, 2) + 0.1
    metric = registry.metrics.get("frechet")
    prepared = metric.prepare(real)
    moments = [a for x in (real, fake) for a in (x.mean(0), np.cov(x.T))]
    ours, found = least(lambda: metric.compute(prepared, fake)["fd"])
    theirs, wanted = least(lambda: score.calculate_frechet_distance(*moments), rounds=1)
    assert found == pytest.approx(wanted, rel=1e-8)
    benchmark.pedantic(lambda: metric.compute(prepared, fake), rounds=1)
    report(
        benchmark, capsys,
        f"Fréchet, N = {N}, D = 2048: {ours:.2f} s from samples, pytorch-fid {theirs:.2f} s from "
        f"moments: {theirs / ours:.1f} times as fast",
        ratio=theirs / ours,
    )  # fmt: skip


def test_neighbours_against_prdc(benchmark, capsys):
    prdc = pytest.importorskip("prdc")
    real, fake = normal(N, 128, 1), 0.9 * normal(N, 128, 2) + 0.1
    pair = [registry.metrics.get(name) for name in ("precision-recall", "density-coverage")]

    def both():
        return {
            key: value
            for metric in pair
            for key, value in metric.compute(metric.prepare(real, k=5), fake, k=5).items()
        }

    def theirs():
        return prdc.compute_prdc(real, fake, nearest_k=5)

    pair[1].compute(pair[1].prepare(real[:9], k=5), fake[:9])  # what it imports is not counted
    held = peak(both), peak(theirs)
    ours, found = least(both, 2)
    other, wanted = least(theirs, 1)
    assert found == pytest.approx(wanted, abs=1e-12)
    benchmark.pedantic(both, rounds=1)
    report(
        benchmark, capsys,
        f"precision, recall, density, coverage, N = {N}, D = 128: {ours:.2f} s and "
        f"{held[0] / 2**20:.0f} MiB, prdc {other:.2f} s and {held[1] / 2**20:.0f} MiB: "
        f"{other / ours:.1f} times as fast, 1 / {held[1] / held[0]:.1f} of the memory",
        ratio=other / ours, memory_ratio=held[1] / held[0],
    )  # fmt: skip


def test_clipped_against_plain_density_and_coverage(benchmark, capsys):
    real, fake = normal(N, 128, 1), 0.9 * normal(N, 128, 2) + 0.1
    plain, clipped = (
        registry.metrics.get(name) for name in ("density-coverage", "clipped-density-coverage")
    )

    def whole(metric):
        return metric.compute(metric.prepare(real, k=5), fake, k=5)

    clipped.compute(clipped.prepare(real[:9], k=5), fake[:9])  # what it imports is not counted
    ratios = []
    for _ in range(5):
        theirs, _ = least(lambda: whole(plain), 1)
        ours, _ = least(lambda: whole(clipped), 1)
        ratios.append(ours / theirs)
    ratio = float(np.median(ratios))
    assert ratio < 1.2
    benchmark.pedantic(lambda: whole(clipped), rounds=1)
    report(
        benchmark, capsys,
        f"clipped density and coverage, N = {N}, D = 128: {ratio:.2f} times the time of density "
        f"and coverage, median of {len(ratios)} turns",
        ratio=ratio,
    )  # fmt: skip


def test_sliced_against_pot(benchmark, capsys):
    import ot

    module = importlib.import_module("ganbench.metrics.sliced_wasserstein")
    real, fake = normal(N, 64, 1), 0.9 * normal(N, 64, 2) + 0.1
    theta = module.directions(64, 1000, 0)
    ours, found = least(lambda: module.sliced_wasserstein(real, fake))
    theirs, wanted = least(
        lambda: ot.sliced_wasserstein_distance(real, fake, projections=theta, p=2), 1
    )
    assert found == pytest.approx(wanted, rel=1e-10)
    benchmark.pedantic(lambda: module.sliced_wasserstein(real, fake), rounds=1)
    report(
        benchmark, capsys,
        f"sliced W2, N = {N}, D = 64, 1000 directions: {ours:.2f} s, POT {theirs:.2f} s: "
        f"{theirs / ours:.1f} times as fast",
        ratio=theirs / ours,
    )  # fmt: skip


def plain_kernel_distance(x, y):
    """Return the distance by whole Gram matrices in float64, 2,000 rows at a time."""

    def total(a, b):
        return sum(
            ((a[i : i + 2000] @ b.T / a.shape[1] + 1) ** 3).sum() for i in range(0, len(a), 2000)
        )

    def within(a):
        diagonal = (((a**2).sum(1) / a.shape[1] + 1) ** 3).sum()
        return (total(a, a) - diagonal) / (len(a) * (len(a) - 1))

    return within(x) + within(y) - 2 * total(x, y) / (len(x) * len(y))


def test_kernel_distance(benchmark, capsys):
    real, fake = normal(N, 2048, 1), normal(N, 2048, 2)
    taken, found = least(lambda: kernel_distance(real, fake), 2)
    plain, wanted = least(lambda: plain_kernel_distance(real, fake), 1)
    assert found.value == pytest.approx(wanted, abs=1e-3 * found.standard_error)
    metric = registry.metrics.get("kernel-distance")
    prepared = metric.prepare(real)
    again, _ = least(lambda: metric.compute(prepared, fake), 1)
    benchmark.pedantic(lambda: metric.compute(prepared, fake), rounds=1)
    report(
        benchmark, capsys,
        f"kernel distance, N = {N}, D = 2048: {taken:.1f} s, {again:.1f} s from a prepared side; "
        f"plain float64 in numpy {plain:.1f} s: {plain / taken:.1f} times as fast, off by "
        f"{abs(found.value - wanted) / found.standard_error:.1e} standard errors",
        seconds=taken, ratio=plain / taken,
    )  # fmt: skip
