"""Waveforms of 64 numbers: four frequencies by two phases, eight known modes. A set-up of our own.

With t = 0, 1/64 .. 63/64 a mode is 0.8 sin(2 pi f t + phase) for f = 1, 2, 3, 4 and phase = 0,
pi / 2; a sample adds white noise of standard deviation 0.1 to one of them, each as often as the
others. So it is a mixture of isotropic Gaussians in 64 dimensions: modes are counted exactly, the
sampler is exact, and a label is the mode (frequency by frequency, phase 0 first).

Modes are orthogonal, sqrt(2 * 64 / 2) * 0.8 = 6.4 apart, which is 64 standard deviations. Half way
between two is far from all. A sample is of high quality within the radius that holds 98.9 % of a
mode, as 3 standard deviations do in the plane (see ``gaussian_blobs.py``).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ganbench.core.kinds import Budget, Data, Dataset, Mixture
from ganbench.core.lazy import np
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

LENGTH, FREQUENCIES, PHASES = 64, (1, 2, 3, 4), (0.0, math.pi / 2)
AMPLITUDE, STD = 0.8, 0.1


def mixture() -> Mixture:
    """Return the eight waveforms ``[8, 64]``, the standard deviation and the radius."""
    from ganbench.data._mixtures import radius

    t = np.arange(LENGTH) / LENGTH
    waves = [np.sin(2 * np.pi * f * t + phase) for f in FREQUENCIES for phase in PHASES]
    return Mixture(AMPLITUDE * np.stack(waves), STD, radius(LENGTH))


def labels(signals: Array) -> Array:
    """Return the mode ``[N]`` of ``signals [N, 64]``: the waveform that they resemble most.

    All modes have one norm, so the nearest is the one with the largest product.
    """
    modes: Array = (signals @ mixture().centers.T.astype(signals.dtype)).argmax(1)
    return modes


def load(data_dir: str | None = None) -> Data:
    """Return signals ``[N, 64]`` float32 with the mode of each as its label, 0-7."""
    from ganbench.data import _mixtures

    data = _mixtures.load("signals", mixture())
    return replace(data, train_labels=labels(data.train), test_labels=labels(data.test))


register(
    Dataset(
        name="signals",
        load=load,
        shape=(LENGTH,),
        arch="toy:latent=16",
        features="none",
        metrics=("mode-coverage", "wasserstein", "sliced-wasserstein", "frechet"),
        primary="w1",
        batch=128,
        budgets={
            "smoke": Budget(100),
            "quick": Budget(4_000, n_fake=2_500),
            "core": Budget(8_000, n_fake=2_500),
        },
        summary="waveforms of 64 numbers: 8 known modes of frequency and phase, exact sampler",
    )
)
