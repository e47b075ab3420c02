"""What every command shares: exit codes, errors in one line, the options of a table."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ganbench.core.errors import Interrupted, UsageError
from ganbench.core.kinds.features import WEIGHTS

if TYPE_CHECKING:
    from rich.console import Console

DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}  # full, or not to be written
FAILED, USAGE, RESUMABLE, CTRL_C = 1, 2, 75, 130


WIDTH = 160  # columns where the output is no terminal


def console(stderr: bool = False) -> Console:
    """Return where tables and sentences are printed: as they are, without markup or emoji codes.

    Names and paths may hold square brackets and colons.
    """
    from rich.console import Console

    made = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = WIDTH
    return made


def stop_on_sigterm() -> None:
    """Let a polite request to end leave what is unfinished to be gone on with."""

    def stop(*_: object) -> None:
        raise Interrupted

    signal.signal(signal.SIGTERM, stop)


def guarded(command: Callable, hint: str = "") -> Callable:
    """Turn the errors that a user can put right into one line and an exit code.

    Args:
        hint: what is said to whoever stops the command.
    """

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except UsageError as error:
            click.echo(f"ganbench: {error}", err=True)
            sys.exit(USAGE)
        except OSError as error:
            if error.errno not in DISK:
                raise
            where = f" {error.filename}" if error.filename else ""
            click.echo(f"ganbench: cannot write{where}: {error.strerror}{hint}", err=True)
            sys.exit(FAILED)
        except Interrupted:
            click.echo(f"ganbench: stopped{hint}", err=True)
            sys.exit(RESUMABLE)
        except KeyboardInterrupt:
            click.echo(f"ganbench: interrupted{hint}", err=True)
            sys.exit(CTRL_C)

    return wrapped


def resumable(command: Callable) -> Callable:
    """Do the same for a command that goes on where it was stopped."""
    return guarded(command, hint="; the same command goes on from here")


def _weights(context: click.Context, _: click.Parameter, file: str | None) -> None:
    """Name the file to this process and its workers, as long as the command runs."""
    if file:
        before = os.environ.get(WEIGHTS, "")
        os.environ[WEIGHTS] = os.path.abspath(os.path.expanduser(file))
        context.call_on_close(lambda: os.environ.update({WEIGHTS: before}))


weights = click.option(
    "--weights", metavar="FILE", expose_value=False, callback=_weights,
    help="Weights of --features inception, or of your own FILE.py:function.",
)  # fmt: skip
