"""The generator of the run's architecture with its first weights."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return ``n`` samples of an untrained generator."""
    from ganbench.training import sampling

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(given.seed)
        networks = given.build()
    params = {name: p.detach() for name, p in networks.generator.named_parameters()}
    module = sampling.evaluation_generator(networks, params)
    drawn = sampling.sample(module, networks, n, given.seed)
    channels = given.data.train.shape[1]  # without the label planes of a conditional arch
    return sampling.to_data(drawn[:, :channels], given.data.train.dtype)


register(Control("untrained", sample, summary="the generator before its first update"))
