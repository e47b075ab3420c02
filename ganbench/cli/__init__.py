"""The command line. torch is imported only inside the commands that need it."""

from __future__ import annotations

import os
import sys

import click

from ganbench import __version__
from ganbench.cli._common import FAILED
from ganbench.cli._group import OneLineGroup
from ganbench.cli._streams import degrade, unwritten
from ganbench.cli.bench import bench
from ganbench.cli.compare import compare
from ganbench.cli.doctor import doctor
from ganbench.cli.film import film
from ganbench.cli.leaderboard import leaderboard
from ganbench.cli.list import info, list_
from ganbench.cli.measure import measure
from ganbench.cli.merge import merge
from ganbench.cli.plan import plan
from ganbench.cli.prepare import prepare
from ganbench.cli.report import report
from ganbench.cli.run import run
from ganbench.cli.sample import sample
from ganbench.cli.score import score
from ganbench.cli.status import status
from ganbench.cli.task import task
from ganbench.cli.tune import tune
from ganbench.cli.verify import verify
from ganbench.cli.worker import worker
from ganbench.core.notices import notice


@click.group(
    cls=OneLineGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__)
def main() -> None:
    """A benchmark and comparison suite for generative adversarial networks."""
    degrade()
    os.environ["MPLBACKEND"] = "agg"  # figures are files here, whatever the surroundings say


@main.result_callback()
def _ended(result: object) -> None:
    """Say that the output is not whole."""
    if reason := unwritten():
        notice(f"cannot write to standard output: {reason}")
        sys.exit(FAILED)


COMMANDS = (
    run, plan, worker, merge, status, tune, compare, leaderboard, report, sample, film, measure,
    task, score, verify, bench, list_, info, prepare, doctor,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
