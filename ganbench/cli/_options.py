"""The options of ``run`` and ``plan``: the fields of ``experiment.request.Request``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import wraps
from typing import Any

import click

from ganbench.cli._common import weights
from ganbench.cli._group import PROCESSES, Number
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Where
from ganbench.core.printable import shown
from ganbench.experiment.request import Request

FIRST = ("variants", "dataset", "preset", "arch", "seeds", "steps", "checkpoints", "batch")


def _click_option(field: Field[Any]) -> Callable[[Any], Any]:
    flag, help, kind = field.metadata["flag"], field.metadata["help"], field.metadata.get("type")
    if field.metadata.get("is_flag"):
        return click.option(flag, field.name, is_flag=True, help=help)
    if "range" in field.metadata:
        kind = Number(field.metadata["range"])
    default = None if field.default is MISSING else field.default
    if "parse" in field.metadata:  # written as text
        kind, default = str, field.metadata.get("shown", "")
    shown = default not in (None, "")
    return click.option(flag, field.name, type=kind, default=default, show_default=shown, help=help)


def request_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a request, and hand the command a ``Request`` made of them."""
    declared = {field.name: field for field in fields(Request)}
    order = [*FIRST, *(name for name in declared if name not in FIRST)]

    @wraps(command)
    def wrapped(**given: Any) -> Any:
        asked = {name: given.pop(name) for name in declared}
        for name, field in declared.items():
            if "parse" in field.metadata:
                asked[name] = field.metadata["parse"](asked[name])
        return command(request=Request(**asked), **given)

    for name in reversed(order):
        wrapped = _click_option(declared[name])(wrapped)
    return weights(wrapped)


def _engine_opts(given: tuple[str, ...]) -> dict[str, str]:
    """Return ``{KEY: VALUE}`` of ``KEY=VALUE`` texts."""
    options: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise UsageError(f"--engine-opt: '{shown(text)}' is not KEY=VALUE")
        if key in options:
            raise UsageError(f"--engine-opt: {shown(key)} is there twice")
        options[key] = value
    return options


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where units run, and hand the command a ``Where`` made of them."""

    @wraps(command)
    def wrapped(
        engine: str,
        engine_opt: tuple[str, ...],
        workers: int | None,
        threads: int | None,
        **given: Any,
    ) -> Any:
        where = Where(engine, workers, threads, _engine_opts(engine_opt))
        return command(where=where, **given)

    options = (
        click.option("--threads", type=PROCESSES, help="Threads of each process."),
        click.option(
            "--workers", type=PROCESSES, help="Processes; default: as many as cores, 1 on CUDA."
        ),
        click.option("--engine-opt", multiple=True, metavar="KEY=VALUE", help="Of the engine."),
        click.option(
            "--engine", default="local", show_default=True, help="One of `ganbench list engines`."
        ),
    )
    for option in options:
        wrapped = option(wrapped)
    return wrapped
