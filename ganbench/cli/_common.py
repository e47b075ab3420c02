"""What every command shares: exit codes, errors in one line, the options of a table."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ganbench.core.errors import DISK, Interrupted, UsageError
from ganbench.core.kinds.features import WEIGHTS
from ganbench.core.notices import notice
from ganbench.core.stopping import listening

if TYPE_CHECKING:
    from rich.console import Console

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


def guarded(command: Callable, resumes: bool = False) -> Callable:
    """Turn the errors that a user can put right, and signals, into one line and an exit code.

    Args:
        resumes: whether the same command goes on where it was stopped.
    """

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        words = shlex.join(["ganbench", *sys.argv[1:]])
        hint = f"; the same command goes on from here: {words}" if resumes else ""
        try:
            with listening():
                return command(*args, **kwargs)
        except UsageError as error:
            notice(str(error))
            for note in getattr(error, "__notes__", ()):  # such as the traceback of a plugin
                click.echo(note, err=True)
            sys.exit(USAGE)
        except OSError as error:
            if error.errno not in DISK:
                raise
            where = f" {error.filename}" if error.filename else ""
            notice(f"cannot write{where}: {error.strerror}{hint}")
            sys.exit(FAILED)
        except Interrupted:
            notice(f"stopped{hint}")
            sys.exit(RESUMABLE)
        except KeyboardInterrupt:
            notice(f"interrupted{hint}")
            sys.exit(CTRL_C)

    return wrapped


def resumable(command: Callable) -> Callable:
    """Do the same for a command that goes on where it was stopped."""
    return guarded(command, resumes=True)


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
