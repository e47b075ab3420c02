"""Grids of samples as small pictures inside the page."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError, features

MOST_PIXELS = 340  # of a picture's height
QUALITY = 72


def embedded(path: Path) -> dict[str, Any] | None:
    """Return a PNG as a data address with its size, made smaller; None if it cannot be read."""
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return None
    if picture.height > MOST_PIXELS:
        width = round(picture.width * MOST_PIXELS / picture.height)
        picture = picture.resize((width, MOST_PIXELS), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    if features.check("webp"):
        kind = "webp"
        picture.save(buffer, kind, quality=QUALITY, method=4)
    else:
        kind = "png"
        picture.quantize(64).save(buffer, kind, optimize=True)
    text = base64.b64encode(buffer.getvalue()).decode()
    return {
        "address": f"data:image/{kind};base64,{text}",
        "width": picture.width,
        "height": picture.height,
    }
