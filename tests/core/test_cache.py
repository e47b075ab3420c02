"""The cache, and the keys under which evaluators keep things in it."""

import hashlib
import multiprocessing
import time

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.core.cache import cached_content

CONTENT = b"content" * 1_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def times_made(uses=1):
    """Return how often content is made when it is asked for ``uses`` times."""
    made = []
    for _ in range(uses):
        assert cached_content(SHA256, lambda: made.append(True) or CONTENT) == CONTENT
    return len(made)


def test_content_is_made_once(folder):
    assert times_made(uses=3) == 1 and times_made() == 0


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], b"C" + CONTENT[1:]])
def test_a_damaged_copy_of_content_is_made_again(folder, damaged):
    times_made()
    (copy,) = folder.glob("*.bin")
    copy.write_bytes(damaged)
    assert times_made(uses=2) == 1 and copy.read_bytes() == CONTENT


def test_where_the_cache_cannot_be_written_things_are_made_each_time(folder, monkeypatch):
    folder.write_bytes(b"")  # a file in the folder's place
    assert times_made(uses=2) == 2

    def full(path, content):
        raise OSError("disk full")

    folder.unlink()
    monkeypatch.setattr("ganbench.core.cache.write_bytes", full)
    assert times_made(uses=2) == 2


def ask_together(counter, barrier):
    def make():
        with counter.get_lock():
            counter.value += 1
        time.sleep(0.05)
        return CONTENT

    barrier.wait()
    assert cached_content(SHA256, make) == CONTENT


def test_of_several_processes_one_makes_it(folder):
    context = multiprocessing.get_context("fork")
    counter, barrier = context.Value("i", 0), context.Barrier(4)
    processes = [context.Process(target=ask_together, args=(counter, barrier)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4 and counter.value == 1


def test_the_embedded_mnist_is_decompressed_once(folder, monkeypatch):
    from ganbench.data import _idx, mnist

    first = mnist.load()
    monkeypatch.setattr(_idx, "content", None)  # must not be called
    again = mnist.load()
    assert np.array_equal(again.train, first.train) and len(again.train) == 60_000
    assert np.array_equal(again.test_labels, first.test_labels)


def test_the_cache_is_read_by_the_code_that_wrote_it_alone(tmp_path, monkeypatch):
    from dataclasses import replace

    from ganbench.core.cache import cached
    from ganbench.evaluation import evaluator as evaluate

    metric = registry.metrics.get("frechet")
    digest = evaluate.code_digest(metric)
    assert digest == evaluate.code_digest(registry.metrics.get("wasserstein"))
    assert digest != evaluate.code_digest(replace(metric, compute=lambda prepared, fake: {}))
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    made = []

    def make():
        made.append(True)
        return {"x": np.arange(3.0)}

    for key in ({"a": 1}, {"a": 1}, {"a": 2}):
        assert np.array_equal(cached(key, make)["x"], [0, 1, 2])
    assert len(made) == 2
    for file in (tmp_path / "cache").glob("*.npz"):
        file.write_bytes(file.read_bytes()[:50])  # damaged: made again
    assert np.array_equal(cached({"a": 1}, make)["x"], [0, 1, 2]) and len(made) == 3


def test_presets_do_not_share_what_they_cached_of_other_real_samples(tmp_path, monkeypatch):
    from ganbench.evaluation.choose import load_extractor
    from ganbench.evaluation.evaluator import Evaluator

    spec = registry.datasets.get("ring2d")
    metric = registry.metrics.get("wasserstein")  # reads 1,000 at most of what the preset has

    def floors(n_real, cache):
        monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / cache))
        extractor = load_extractor("none")
        return Evaluator(spec, spec.load(None), extractor, (metric,), n_real, 500, {}).floors

    few, many = floors(1_000, "one"), floors(10_000, "one")
    assert many == floors(10_000, "another") != few
