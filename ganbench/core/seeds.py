"""Seed derivation: every random number of a run follows from names and small integers.

A seed is the first 63 bits of the SHA-256 of its parts: the same on every machine and Python
version. numpy's generators use all of it. torch's CPU generator, a Mersenne Twister, keeps only the
low 32 bits: seeds that agree in them give the same weights and the same noise on a CPU. For two
streams that has a chance of 2^-32, among 1,000 streams of 1.2e-4.
"""

from __future__ import annotations

import hashlib
import json


def derive(*parts: str | int) -> int:
    """Return the seed in [0, 2**63) that belongs to ``parts``.

    Args:
        parts: strings and integers, in a fixed order. ``1`` and ``"1"`` give different seeds.

    Raises:
        TypeError: a part is neither a string nor an integer.
    """
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, str | int):
            raise TypeError(f"seed parts are str or int, got {part!r}")
    digest = hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def lane_seed(dataset: str, variant: str, repetition: int, base: int = 0) -> int:
    """Return the root seed of one lane: repetition ``repetition`` of ``variant`` on ``dataset``.

    All streams of the lane (``"init"``, ``"data"``, ``"noise"`` ...) are derived from it with
    ``derive(lane_seed, stream, ...)``.
    """
    return derive(base, dataset, variant, repetition)
