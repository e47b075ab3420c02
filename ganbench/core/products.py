"""How exact a GPU's products of float32 numbers are: as on a CPU, or with rounded factors (TF32).

torch's own default is half of each: it rounds the factors of convolutions to 10 bits, and not
those of matrix products.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ganbench.core.lazy import torch


@contextmanager
def products(tf32: bool = False) -> Iterator[None]:
    """Let products have rounded factors inside this context, or let none have them."""
    matrices, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matrices.allow_tf32, convolutions.allow_tf32
    matrices.allow_tf32 = convolutions.allow_tf32 = tf32
    try:
        yield
    finally:
        matrices.allow_tf32, convolutions.allow_tf32 = before
