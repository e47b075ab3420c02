"""Rounded products are for training alone, and only where they were asked for."""

import numpy as np
import pytest
import torch

from ganbench.core.kinds import Extracted, Extractor
from ganbench.core.products import products
from ganbench.evaluation.measure import extract
from tests.training._helpers import make


def rounded():
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


@pytest.mark.parametrize("before", [(False, True), (True, False)])
def test_what_was_set_before_is_set_again(before):
    kept = rounded()
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
    try:
        for tf32 in (True, False):
            with products(tf32):
                assert rounded() == (tf32, tf32)
            assert rounded() == before
            with pytest.raises(ZeroDivisionError), products(tf32):
                raise ZeroDivisionError
            assert rounded() == before
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = kept


@pytest.mark.parametrize("tf32", [True, False])
def test_training_rounds_where_asked_to_and_sampling_never(tf32, monkeypatch):
    population = make("ns", "toy", [0], tf32=tf32)
    seen = []
    step = population.run_step

    def spy(*inputs):
        seen.append(rounded())
        return step(*inputs)

    population.run_step = spy
    population.prepare()
    population.run(2)
    assert seen == [(tf32, tf32)] * 3
    generator = population.generator

    def sampled(seed):
        module = generator(seed)
        module.register_forward_hook(lambda *_: seen.append(rounded()))
        return module

    monkeypatch.setattr(population, "generator", sampled)
    with products(True):
        population.sample(4, 0)
    assert seen[3:] and set(seen[3:]) == {(False, False)}


@pytest.mark.parametrize("n", [3, 7])
def test_features_are_exact(n):
    seen = []

    def function(samples):
        seen.append(rounded())
        return Extracted(np.zeros((len(samples), 2)))

    with products(True):
        extract(Extractor("probe", "", function, batch=4), np.zeros((n, 1)))
    assert set(seen) == {(False, False)}
