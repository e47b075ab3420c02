"""Which features samples are measured in where nobody says: each kind of features knows itself."""

from __future__ import annotations

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.evaluation.given import Side

FIRST = 200  # samples that are looked at
AUTO = "auto"


def choose_features(real: Side, asked: str = AUTO, often: bool = False) -> tuple[str, str]:
    """Return the features, and a sentence that says why they are those.

    Args:
        asked: as the user wrote them, or ``auto``.
        often: whether samples are measured many times: slow features are named, and not taken.

    Raises:
        UsageError: no kind of features reads such samples.
    """
    if asked != AUTO:
        return asked, f"features: {asked}"
    first = real.samples[:FIRST]
    suited = (kind.suits(first) for kind in registry.features.items())
    found = sorted((own for own in suited if own), key=lambda own: own.rank, reverse=True)
    taken = [own for own in found if not (often and own.slow)]
    if not taken:
        raise UsageError(f"no features read samples of shape {first.shape[1:]}: name some")
    best, why = taken[0], taken[0].why
    if found[0] is not best:
        why += f"; --features {found[0].spec} would say more, and is slow here"
    return best.spec, f"features: {best.spec} ({why})"
