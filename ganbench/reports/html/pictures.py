"""Grids of samples as small pictures inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image, features

from ganbench.data._reading import check_pixels
from ganbench.experiment.provenance import usable_cores

MOST_PIXELS = 340  # of a picture's height
QUALITY = 72


def all_embedded(paths: Sequence[Path]) -> list[dict[str, Any] | None]:
    """Return ``embedded`` of each path; most of the work is done outside of Python's lock."""
    with ThreadPoolExecutor(max_workers=usable_cores()) as pool:
        return list(pool.map(embedded, paths))


def embedded(path: Path) -> dict[str, Any] | None:
    """Return a PNG as a data address with its size, made smaller; None if it cannot be read."""
    try:
        with Image.open(path, formats=("PNG",)) as opened:
            check_pixels(*opened.size)
            picture = opened.convert("RGB")
    except Exception:  # Pillow raises many kinds for damaged files
        return None
    if picture.height > MOST_PIXELS:
        width = round(picture.width * MOST_PIXELS / picture.height)
        picture = picture.resize((width, MOST_PIXELS), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if features.check("webp"):
        kind = "webp"
        picture.save(buffer, kind, quality=QUALITY, method=1)
    else:
        kind = "png"
        picture.quantize(64).save(buffer, kind, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode()
    return {
        "address": f"data:image/{kind};base64,{text}",
        "width": picture.width,
        "height": picture.height,
    }
