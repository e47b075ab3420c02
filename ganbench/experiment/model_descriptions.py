"""What a kept model says of itself, checked before anything is built of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ganbench.core.errors import UsageError
from ganbench.core.limits import LARGEST_SEED, MOST_PIXELS, MOST_STEPS

Axis = Annotated[int, Field(ge=1, le=MOST_PIXELS)]
Share = Annotated[float, Field(ge=0, le=1)]


class BuiltWith(BaseModel):
    """What the networks were built with beside the options of the architecture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    class_frequencies: tuple[Share, ...] = ()
    channels: Axis | None = None


class Description(BaseModel):
    """The entries that are read; a file has more."""

    model_config = ConfigDict(strict=True)

    training: dict[str, Any]
    seed: int = Field(ge=0, le=LARGEST_SEED)
    steps: int = Field(ge=0, le=MOST_STEPS)
    diverged_at: Annotated[int, Field(ge=0, le=MOST_STEPS)] | None = None
    shape: tuple[Axis, ...] = Field(min_length=1, max_length=3)
    built_with: BuiltWith
    samples: Literal["uint8", "float32", "float64"]


def check_description(path: Path, described: Mapping[str, Any]) -> None:
    """Raise ``UsageError`` for a description that no model was kept with."""
    try:
        Description.model_validate_json(json.dumps(described))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path} is not a kept model: {place}: {first['msg']}") from None
