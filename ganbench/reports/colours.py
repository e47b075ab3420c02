"""The colour of a family of variants: the same in every figure and report, for ever.

The colours are from Okabe and Ito and from Paul Tol's sets. They were chosen so that any two
differ by 12 or more in CIE Lab, to normal eyes and to the three kinds of colour blindness
(Machado et al. 2009).
"""

from __future__ import annotations

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.records import CONTROL

FAMILY_COLOURS = {
    "f-divergence": "#DC050C",
    "regularised": "#E69F00",
    "wasserstein": "#332288",
    "relativistic": "#66CCEE",
    "moment-matching": "#90C987",
    "packing": "#AA4499",
    "spectral-normalisation": "#5289C7",
    "autoencoder": "#72190E",
    "least-squares": "#EE7733",
    "inference": "#AE76A3",
    "optimal-transport": "#666633",
    "unrolled": "#882255",
    "integral-probability-metric": "#EE3377",
    "control": "#888888",
}
OTHER = "#333333"  # dark grey: the families of plugins, and of variants that nobody knows


def colour(family: str) -> str:
    """Return the colour of a family as ``#RRGGBB``."""
    return FAMILY_COLOURS.get(family, OTHER)


def family_of(variant: str) -> str:
    """Return the family of a variant: ``control`` for controls, ``other`` where it is unknown."""
    if variant.startswith(CONTROL):
        return "control"
    try:
        return registry.variants.get(variant).family
    except UsageError:  # a plugin that is no longer installed
        return "other"
