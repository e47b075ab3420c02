"""The group of all commands, and the numbers that options take: errors are one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ganbench.core.errors import UsageError
from ganbench.core.limits import LARGEST_SEED, MOST_PROCESSES, MOST_SAMPLES
from ganbench.core.printable import one_line
from ganbench.core.ranges import Range, whole

HELPS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())  # no error: its text is the help


class Number(click.ParamType):
    """A number in a range, for ``type=`` of an option."""

    def __init__(self, range: Range) -> None:
        self.range = range
        self.name = "integer" if range.whole else "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number that was written; a default is one already."""
        if not isinstance(value, str):
            return value
        try:
            return self.range.parse(param.opts[-1] if param else "the number", value)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from None


SEED = Number(whole(0, LARGEST_SEED))
SAMPLES = Number(whole(1, MOST_SAMPLES))
PROCESSES = Number(whole(1, MOST_PROCESSES))


@contextmanager
def _on_one_line() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        if isinstance(error, HELPS):
            raise
        said = one_line(error.format_message().rstrip("."))
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        click.echo(f"ganbench: {said}{where}", err=True)
        sys.exit(error.exit_code)


class OneLineGroup(click.Group):
    """Commands whose wrong options are named on one line, as every other error is."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command's name."""
        with _on_one_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the command's own options, and execute it."""
        with _on_one_line():
            return super().invoke(ctx)
