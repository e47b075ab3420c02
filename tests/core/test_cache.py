"""The cache, and the keys under which evaluators keep things in it."""

import numpy as np

from ganbench.core import registry


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
