"""Recipes: the constants of every variant, as the papers give them or as chosen for a budget.

The recipe ``paper`` has each method's own constants, with those that its authors used for the
family of the data (points or images). A recipe's file changes, besides, those that a search on the
validation split found better at one preset's budget; it holds its evidence, and ``ganbench tune``
makes it. Its SHA-256 is a part of every protocol.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Data, Variant
from ganbench.core.limits import MOST_TEXT_BYTES
from ganbench.core.whole_files import file_bytes
from ganbench.experiment.search_space import Configuration, applied, number

PACKAGED = Path(__file__).with_name("recipes")
PAPER = "paper"


@dataclass(frozen=True)
class Recipe:
    """A named set of constants for every variant.

    Attributes:
        sha256: of its file; empty for ``paper``.
        configurations: ``{variant: what it changes}``, see ``experiment.search_space``.
    """

    name: str
    sha256: str = ""
    configurations: Mapping[str, Configuration] = field(default_factory=dict)


def chosen_configuration(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return what a recipe's file changes for one variant.

    Older files have the factor of the paper's learning rates alone.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is no entry of a recipe.
    """
    if "rate_factor" in entry:
        factor = float(entry["rate_factor"])
        found = {} if factor == 1 else {"lr": f"x{factor:g}"}
    else:
        found = {str(axis): str(value) for axis, value in entry["configuration"].items()}
    for value in found.values():
        number(value)
    return found


def packaged(dataset: str, preset: str, arch: str) -> Path | None:
    """Return the file of the recipe made for this data set, preset and arch, if there is one."""
    path = PACKAGED / f"{dataset.replace(':', '-')}-{preset}.json"
    return path if path.exists() and _read(path).get("arch") == arch else None


def load_recipe(asked: str, dataset: str, preset: str, arch: str, like: str = "") -> Recipe:
    """Return the recipe called ``asked``.

    Args:
        asked: ``paper``; ``auto``, the preset's own where it has one; or a file.
        arch: with the options that differ from its defaults.
        like: whose recipes fit too (``Dataset.recipes``).

    Raises:
        UsageError: no such file, not a recipe, or a recipe for another data set or arch.
    """
    if asked == PAPER:
        return Recipe(PAPER)
    own = packaged(dataset, preset, arch) or packaged(like, preset, arch)
    path = own if asked == "auto" else Path(asked)
    if path is None:
        return Recipe(PAPER)
    content = _read(path)
    try:
        configurations = {
            name: chosen_configuration(entry) for name, entry in content["variants"].items()
        }
        made_for = content["dataset"], content["arch"]
        name = str(content["name"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"--recipe: {path} is not a recipe: {error!r}") from None
    if made_for not in ((dataset, arch), (like, arch)):
        raise UsageError(
            f"--recipe: {path} was made for {made_for[0]} on {made_for[1]}, not for {dataset} on "
            f"{arch}"
        )
    return Recipe(name, hashlib.sha256(path.read_bytes()).hexdigest(), configurations)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(file_bytes(path, MOST_TEXT_BYTES))
    except OSError as error:
        raise UsageError(
            f"--recipe: cannot read {path}: {error.strerror}; it is paper, auto or a file"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--recipe: {path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"--recipe: {path} is not a recipe")
    return content


def constants(variant: Variant, recipe: Recipe, data: Data) -> dict[str, float]:
    """Return the hyper-parameters that ``recipe`` sets for ``variant`` on ``data``."""
    own = variant.constants_for(data.train.shape[1:])
    return applied(recipe.configurations.get(variant.name, {}), variant, own)
