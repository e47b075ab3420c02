"""The noise between seeds, and modes that real samples miss."""

import math

import numpy as np
import pytest

from ganbench.stats.lost_modes import p_lost
from ganbench.stats.noise import Noise, pooled_noise, within_noise_of_best

INF = math.inf


def array(*values):
    return np.array(values, float)


def test_the_noise_is_pooled_over_groups_by_logarithms():
    noise = pooled_noise([np.exp([1.0, 3.0]), np.exp([0.0, 1.0, 2.0]), np.array([5.0])])
    assert noise.freedom == 3 and noise.log and noise.sd == pytest.approx(math.sqrt((2 + 2) / 3))
    plain = pooled_noise([array(1, 3), array(0, 1, 2)])
    assert not plain.log and plain.sd == pytest.approx(math.sqrt(4 / 3))
    assert not pooled_noise([array(1, 3), array(-1)]).log  # one scale for all
    assert pooled_noise([array(1), array(2)]) is None and pooled_noise([array(1, INF)]) is None
    # t(0.975, 3) = 3.182
    assert plain.half_width(2, 4) == pytest.approx(3.1824463 * math.sqrt(4 / 3) * math.sqrt(0.75))


def test_bands_hold_what_one_seed_cannot_tell_from_the_best():
    noise = Noise(sd=1.0, freedom=4, log=False)  # half width 2.776 * sqrt 2 = 3.926
    values = array(10, 13.9, 13.95, 20)
    assert within_noise_of_best(values, False, noise).tolist() == [True, True, False, False]
    assert within_noise_of_best(-values, True, noise).tolist() == [True, True, False, False]


def test_lost_modes_are_judged_against_what_real_samples_lose():
    """2 modes, 5 samples: all lie in one of them with 2 / 2^5; both are never missed."""
    half = array(0.5, 0.5)
    assert p_lost(0, half, 5) == 1 and p_lost(1, half, 5) == pytest.approx(2**-4, abs=0.01)
    assert p_lost(2, half, 5) == 0
    assert p_lost(1, array(0.5, 0.5, 0.0), 5) == p_lost(1, half, 5)  # a mode that real data lack
    assert p_lost(1, np.full(10, 0.1), 1_000) == 0  # 9 of 10 classes: real samples never
    many = np.full(1000, 0.001)  # a Poisson law with mean 4.5
    assert 0.4 < p_lost(5, many, 5_400) < 0.55 and p_lost(30, many, 5_400) == 0
