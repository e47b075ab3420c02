"""The sizes that an image passes through while it is halved."""

from __future__ import annotations


def halvings(height: int, width: int) -> list[tuple[int, int]]:
    """Return the sizes from the image down to the smallest map, each half of the one before."""
    sizes = [(height, width)]
    while all(side % 2 == 0 and side >= 8 for side in sizes[-1]):
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes


def fits(shape: tuple[int, ...]) -> str:
    """Return why images of ``shape`` cannot be made by halving, or the empty string."""
    if len(shape) != 3:
        return "it makes images, not vectors"
    sizes = halvings(*shape[1:])
    if len(sizes) < 2 or max(sizes[-1]) > 8:
        return f"{shape[1]}x{shape[2]} cannot be halved down to 8x8 or less (try 28, 32 or 64)"
    return ""
