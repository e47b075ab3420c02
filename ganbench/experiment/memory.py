"""The memory that training takes at least, known before anything is built."""

from __future__ import annotations

from collections.abc import Callable

from ganbench.core.kinds import Data, Networks

COPIES = 4  # of each parameter: itself, its gradient and Adam's two moments
BYTES = {"float32": 4, "tf32": 4, "float64": 8}  # of a parameter


def outline(build: Callable[[], Networks]) -> Networks:
    """Return the networks without their numbers: no memory is taken for them.

    Networks that read their own numbers while they are built are built as they are.
    """
    import torch

    try:
        with torch.device("meta"):
            return build()
    except (RuntimeError, NotImplementedError):  # what torch raises for the numbers of meta tensors
        return build()


def parameters(build: Callable[[], Networks]) -> int:
    """Return the number of parameters of both networks."""
    networks = outline(build)
    modules = networks.generator, networks.discriminator
    return sum(p.numel() for module in modules for p in module.parameters())


def training_bytes(build: Callable[[], Networks], data: Data, lanes: int, dtype: str) -> int:
    """Return the bytes of ``lanes`` trained at once, and of the data that they read.

    What a step computes on the way, what a game keeps and what is measured come on top.
    """
    held = data.train.nbytes + data.test.nbytes
    return parameters(build) * COPIES * BYTES[dtype] * lanes + held
