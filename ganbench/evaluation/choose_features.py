"""Which features samples are measured in where nobody says: each kind of features knows itself."""

from __future__ import annotations

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Suits
from ganbench.evaluation.given import Side

FIRST = 200  # samples that are looked at
AUTO = "auto"


def choose_features(real: Side, asked: str = AUTO) -> tuple[str, str]:
    """Return the features, and a sentence that says why they are those.

    Args:
        asked: as the user wrote them, or ``auto``.

    Raises:
        UsageError: no kind of features reads such samples.
    """
    if asked != AUTO:
        return asked, f"features: {asked}"
    first = real.samples[: min(FIRST, len(real.samples))]
    found = [suits for kind in registry.features.items() if (suits := kind.suits(first))]
    if not found:
        raise UsageError(f"no features read samples of shape {first.shape[1:]}: name some")
    best: Suits = max(found, key=lambda suits: suits.rank)
    return best.spec, f"features: {best.spec} ({best.why})"
