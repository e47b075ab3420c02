"""Names of distances on features of their own: nobody takes another network's ``fd`` for FID."""

from __future__ import annotations

DISTANCES = ("fd", "kd", "fd_inf")  # what Inception features call fid, kid and fid_inf


def named_after(features: str) -> dict[str, str]:
    """Return ``{quantity: its name on these features}``: ``{"fd": "fd_dino"}`` for ``dino``."""
    return {key: f"{key}_{features}" for key in DISTANCES}
