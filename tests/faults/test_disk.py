"""A full disk: what is there stays, one line says so, and the same command goes on with space."""

import errno
import os
import resource
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.cli._common import resumable
from ganbench.core import files
from ganbench.experiment.store import Store
from tests.experiment._helpers import run, values

WORDS = ["-m", "ganbench.cli", "run", "--dataset", "ring2d", "--variants", "ns", "--preset",
         "smoke", "--steps", "40", "--checkpoints", "2", "--no-controls", "--backend",
         "reference"]  # fmt: skip


def command(out, engine, most=None):
    """Run in a process that can write no file larger than ``most`` bytes."""

    def limit():
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, *WORDS, "--engine", engine, "--out", str(out)],
        capture_output=True, text=True, check=False, preexec_fn=limit,
        env={**os.environ, "GANBENCH_CACHE": str(out.parent / "cache")},
    )  # fmt: skip


@pytest.mark.slow
def test_files_that_cannot_be_written_end_the_run_and_it_goes_on_later(tmp_path, engine="local"):
    full = command(tmp_path / "run", engine, 10_000)
    assert full.returncode == 1 and "Traceback" not in full.stderr
    lines = [line for line in full.stderr.splitlines() if "cannot write" in line]
    assert len(lines) == 1 and "the same command goes on" in lines[0]
    assert not list((tmp_path / "run" / "records").iterdir())  # no failure of the variant
    assert not list(tmp_path.rglob("*.tmp"))
    done = command(tmp_path / "run", engine)
    assert done.returncode == 0, done.stderr
    assert command(tmp_path / "alone", engine).returncode == 0
    found = [
        [m.values for r in Store(tmp_path / name).records() for m in r.measurements]
        for name in ("run", "alone")
    ]
    assert found[0] == found[1]


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


def test_a_full_cache_is_a_word_and_no_more(tiny, tmp_path, monkeypatch, no_plots, capsys):
    monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("ganbench.core.cache._unusable", set())

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ganbench.core.cache.write_bytes", full)
    result = run(tmp_path / "run", variants=["ns"], no_controls=True)
    said = capsys.readouterr().err
    assert not result.failed and said.count("cannot be used (No space left on device)") == 1


def test_a_file_stays_as_it_was_where_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    files.write_bytes(path, b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as told:
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["x.json"]
    assert told.value.filename == str(path)


@pytest.mark.parametrize("part", ["plots", "results.csv"])
def test_what_is_in_the_way_of_tables_and_plots_is_one_line(tiny, tmp_path, part):
    first = run(tmp_path, variants=["ns"], no_controls=True)
    path = tmp_path / part
    for file in path.iterdir() if path.is_dir() else ():
        file.unlink()
    path.rmdir() if path.is_dir() else path.unlink()
    path.write_bytes(b"") if part == "plots" else path.mkdir()
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1 and str(path) in done.stderr
    assert len(values(first)) and len(Store(tmp_path).records()) == 2
