"""A full disk is one line and exit code 1; with room the same command goes on."""

import errno
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ganbench.cli._common import resumable


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_what_cannot_be_written_is_one_line(number):
    @click.command()
    @resumable
    def write():
        raise OSError(number, os.strerror(number), "records/x.json")

    done = CliRunner().invoke(write)
    assert done.exit_code == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("ganbench: cannot write records/x.json: ")
    assert "the same command goes on from here" in done.stderr


def test_other_errors_are_not_hidden():
    @click.command()
    @resumable
    def fail():
        raise FileNotFoundError(errno.ENOENT, "no such file", "x")

    assert isinstance(CliRunner().invoke(fail).exception, FileNotFoundError)


def test_a_run_on_a_full_disk_ends_in_one_line_and_goes_on(tmp_path):
    words = [sys.executable, "-m", "ganbench.cli", "run", "--variants", "ns", "--dataset", "ring2d",
             "--preset", "smoke", "--steps", "2", "--engine", "inline", "--no-controls",
             "--out", "out"]  # fmt: skip
    env = {**os.environ, "GANBENCH_CACHE": str(tmp_path / "cache")}
    limited = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    limited += "os.execv(sys.argv[1], sys.argv[1:])"
    full = subprocess.run([sys.executable, "-c", limited, *words], capture_output=True, text=True,
                          env=env, cwd=tmp_path)  # fmt: skip
    assert full.returncode == 1 and "Traceback" not in full.stderr, full.stderr
    assert "cannot write" in full.stderr.strip().splitlines()[-1]
    again = subprocess.run(words, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert len(list((tmp_path / "out" / "records").glob("*.json"))) == 1
    assert not list(tmp_path.rglob("*.tmp"))
