"""One colour for each family of methods, in every picture, for ever.

The thirteen are from the palettes of Okabe & Ito and of Paul Tol, chosen so that the two nearest
are 13.6 apart in CIELAB (CIE 1976), also as protanopes, deuteranopes and tritanopes see them
(Machado et al. 2009); both greys are 12 from all of them. A family keeps its colour; a new one gets
a colour that is not in use.
"""

from __future__ import annotations

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.records import CONTROL

FAMILIES = {
    "f-divergence": "#5289c7",
    "wasserstein": "#e69f00",
    "integral-probability-metric": "#8c510a",
    "optimal-transport": "#999933",
    "moment-matching": "#228833",
    "least-squares": "#cc79a7",
    "relativistic": "#aa4499",
    "spectral-normalisation": "#332288",
    "regularised": "#882255",
    "packing": "#56b4e9",
    "autoencoder": "#bb5566",
    "inference": "#4eb265",
    "unrolled": "#72190e",
}
OTHER = "#303030"  # of a family that is not in the list, such as a plugin's
CONTROLS = "#b4b4b4"
OTHER_FAMILY, CONTROL_FAMILY = "other", "control"

DARK_PAGE = "#15181d"  # what the colours for dark pages are made for
CONTRAST = 3.5  # with it, at least


def family_of(variant: str) -> str:
    """Return the family of a variant; ``control`` of a control, ``other`` of an unknown name."""
    if variant.startswith(CONTROL):
        return CONTROL_FAMILY
    try:
        family: str = registry.variants.get(variant).family
    except UsageError:  # its plugin is gone
        return OTHER_FAMILY
    return family


def colour(family: str, dark: bool = False) -> str:
    """Return the colour of a family as ``#rrggbb``.

    Args:
        dark: on a dark page: the same hue, with as much white as ``CONTRAST`` takes.
    """
    base = CONTROLS if family == CONTROL_FAMILY else FAMILIES.get(family, OTHER)
    return _lighter(base) if dark else base


def _luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2): 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _lighter(colour: str) -> str:
    """Return ``colour``, mixed with white until it can be seen on a dark page."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    for white in range(0, 100, 5):
        mixed = [round(part + (255 - part) * white / 100) for part in parts]
        made = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(made, DARK_PAGE) >= CONTRAST:
            break
    return made
