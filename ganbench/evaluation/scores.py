"""What ``ganbench score`` finds: values, their floors, and what both are of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ganbench.core.cache import digest


@dataclass(frozen=True)
class Scores:
    """The values of one comparison, and its protocol.

    Attributes:
        features: which they are of, and why, in a sentence.
        metrics: ``{quantity: value}``.
        floors: the same of real samples in place of the fakes: as many of them, against the other
            real samples; the mean of several draws.
        floor_sds: the standard deviation of one draw, where there are several.
        within_noise: whether the value lies where one more draw of its floor would (95 %).
        sizes: ``{metric: (real, fake) samples}``; some metrics read a seeded subset.
        floor_sizes: the same of the floors. Where ``real`` is too small for both sides, the
            reference has fewer samples than that of the value, or each side half of ``real``;
            ``notes`` says so.
        floor_draws: ``{metric: draws}`` of the floors.
        counts: ``{quantity: (real, fake) samples}``.
        unmeasured: ``{metric: why it has no value}``.
        warnings: how the samples were read, and what is probably wrong with them.
        protocol: all that must be equal for two comparisons to be comparable.
    """

    features: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)
    floor_sds: dict[str, float] = field(default_factory=dict)
    within_noise: dict[str, bool] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    floor_sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    floor_draws: dict[str, int] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    protocol: dict[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """Say which floors have other counts than their values."""
        by_counts: dict[str, list[str]] = {}
        for name, size in self.sizes.items():
            real, fake = self.floor_sizes.get(name, size)
            if (real, fake) != size:
                counts = (
                    f"{real} real samples and {fake} as fakes, values on {size[0]} and {size[1]}"
                )
                by_counts.setdefault(counts, []).append(name)
        return [f"floors of {', '.join(names)}: {counts}" for counts, names in by_counts.items()]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ganbench score --json`` prints."""
        known = {**vars(self), "notes": self.notes}
        return known | {"protocol_id": digest(self.protocol)[:12]}
