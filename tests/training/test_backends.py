"""Backends equal eager, one step at a time."""

import numpy as np
import pytest

from ganbench.core import registry
from tests.training._helpers import (
    DATA,
    SMALL,
    in_general_position,
    make,
    noise_of,
    pairs,
    relative,
)


@pytest.mark.parametrize(("subject", "arch"), pairs(lambda v, arch: arch == "toy"))
@pytest.mark.parametrize("backend", [name for name in registry.backends.names() if name != "eager"])
def test_backends_agree_with_eager_one_step_at_a_time(subject, arch, backend):
    """On data in general position: flat patches put a LeakyReLU exactly on its kink."""
    shape = registry.datasets.get(DATA[arch]).shape
    data = np.random.default_rng(0).standard_normal((64, *shape)).astype(np.float32)
    given = {"dtype": "float64", "data": data, "options": SMALL.get(arch)}
    reference = in_general_position(make(subject, arch, [0, 1], backend="eager", **given))
    noise = noise_of(registry.variants.get(subject))
    for _ in range(2):
        other = make(subject, arch, [0, 1], backend=backend, **given)
        other.load_state_dict(reference.state_dict())
        reference.run(1)
        other.run(1)
        for seed in (0, 1):
            ours, theirs = other.params(seed), reference.params(seed)
            for part, tree in theirs.items():
                told = {k: v for k, v in tree.items() if k not in noise}
                assert max(relative(ours[part][k], v) for k, v in told.items()) <= 1e-7
