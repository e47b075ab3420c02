"""``plan.json``: a plan as a file, from which any machine makes the same units.

It holds no path of the machine that wrote it. What a variant declares is in it as a digest, so that
another version of ganbench, whose variant is another one, does not train it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.seals import unsealed_json
from ganbench.core.whole_files import file_bytes
from ganbench.experiment.plan import Plan
from ganbench.experiment.records import CONTROL, Training
from ganbench.experiment.trainings import method_digest

FORMAT = 2


def content(plan: Plan) -> dict[str, Any]:
    """Return ``plan.json`` of ``plan``."""
    common = plan.controls[0].model_copy(update={"variant": CONTROL}) if plan.controls else None
    return plan.to_json() | {
        "format": FORMAT,
        "arch": plan.arch,
        "primary": plan.primary,
        "common": common and common.model_dump(mode="json", exclude={"data_dir"}),
        "together": plan.together,
        "keep": plan.keep,
        "film": plan.film,
        "unit_timeout": plan.unit_timeout,
    }


def read_plan(path: Path, data_dir: str | None = None) -> Plan:
    """Return the plan in ``path``.

    Args:
        data_dir: where the data are on this machine, if not where they always are.

    Raises:
        UsageError: it cannot be read, is damaged, is of another version, or has something that is
            not known here.
    """
    try:
        given = json.loads(unsealed_json(file_bytes(path), str(path)))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no plan: {error}") from None
    if not isinstance(given, dict) or given.get("format") != FORMAT:
        found = given.get("format", "an older one") if isinstance(given, dict) else "none"
        raise UsageError(
            f"{path} has format {found}, and {FORMAT} is known here: write it with this version, "
            "by `ganbench plan --write`"
        )
    try:
        plan = _plan(given, data_dir)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} is no plan of this version: {error!r}") from None
    check_methods(plan, path)
    return plan


def _plan(given: dict[str, Any], data_dir: str | None) -> Plan:
    def training(fields: dict[str, Any], **more: Any) -> Training:
        return Training.model_validate(fields | more | {"data_dir": data_dir})

    controls = [training(given["common"], variant=name) for name in given["controls"]]
    return Plan(
        preset=registry.presets.get(given["suite"]),
        dataset=registry.datasets.get(given["dataset"]),
        arch=given["arch"],
        primary=given["primary"],
        trainings=tuple(training(fields) for fields in given["trainings"]),
        controls=tuple(controls),
        seeds=tuple(given["seeds"]),
        skipped=dict(given["skipped"]),
        device=given["device"],
        backend=registry.backends.get(given["backend"]),
        together=given["together"],
        more_seeds={name: tuple(seeds) for name, seeds in given["more_seeds"].items()},
        keep=given["keep"],
        film=given["film"],
        unit_timeout=given["unit_timeout"],
    )


def check_methods(plan: Plan, path: Path) -> None:
    """Raise ``UsageError`` for a variant that is another one here than where ``path`` was made."""
    for training in plan.trainings:
        if training.method != method_digest(registry.variants.get(training.variant)):
            raise UsageError(
                f"{path} was made by another version of ganbench: {training.variant} has other "
                "constants here"
            )
