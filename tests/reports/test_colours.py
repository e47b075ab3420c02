"""Colours of families: one for each, and different to all eyes."""

import itertools

import numpy as np
import pytest

from ganbench.core import registry
from ganbench.reports.colours import CONTROLS, FAMILIES, OTHER, colour, family_of

SEEN = {  # Machado et al. 2009, severity 1, of linear RGB
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}  # fmt: skip
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(given):
    c = np.array([int(given[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    x = np.array(TO_XYZ) @ rgb / np.array([0.9505, 1, 1.089])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_every_registered_family_has_a_colour_of_its_own():
    families = {variant.family for variant in registry.variants.items() if
                registry.variants.built_in(variant.name)}  # fmt: skip
    assert families == set(FAMILIES)
    assert len({colour(family) for family in families}) == len(families)
    assert colour("a plugin's") == OTHER and OTHER not in FAMILIES.values()


@pytest.mark.parametrize("eyes", SEEN)
def test_colours_differ_to_all_eyes(eyes):
    seen = [
        lab(np.clip(np.array(SEEN[eyes]) @ linear(given), 0, 1))
        for given in (*FAMILIES.values(), CONTROLS, OTHER)
    ]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 12


def test_the_family_of_a_variant_a_control_and_a_lost_plugin():
    assert family_of("wgan-gp") == "wasserstein"
    assert family_of("ns+r1") == family_of("ns")
    assert family_of("control:real") == "control"
    assert family_of("of-a-plugin-that-is-gone") == "other"
