"""Seeds: the same everywhere, and what torch's generator keeps of them."""

import numpy as np
import pytest
import torch

from ganbench.core import seeds
from ganbench.core.seeds import derive


def test_a_seed_is_the_same_on_every_machine():
    assert derive("a", 1) == derive("a", 1) != derive("a", "1")
    assert 0 <= derive("a", 1) < 2**63
    with pytest.raises(TypeError, match="got True"):
        derive("a", True)


def test_torch_on_a_cpu_keeps_the_low_32_bits_of_a_seed_and_numpy_all_as_the_module_says():
    seed = derive("a")
    low = seed & (2**32 - 1)
    assert low != seed
    of_torch = [torch.rand(3, generator=torch.Generator().manual_seed(s)) for s in (seed, low)]
    assert torch.equal(*of_torch)
    other = torch.rand(3, generator=torch.Generator().manual_seed(seed ^ 1))
    assert not torch.equal(of_torch[0], other)
    of_numpy = [np.random.default_rng(s).random(3) for s in (seed, low)]
    assert not np.array_equal(*of_numpy)
    assert "low 32 bits" in " ".join(seeds.__doc__.split())
