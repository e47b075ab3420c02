"""Output never ends a run; and where it is the result, its loss is an error."""

import json
import os
import subprocess
import sys

import pytest

RUN = ["run", "--dataset", "ring2d", "--variants", "ns", "--preset", "smoke", "--steps", "4",
       "--no-controls", "--engine", "inline"]  # fmt: skip


def shell(words, line, **environment):
    command = " ".join([sys.executable, "-m", "ganbench.cli", *map(str, words)])
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line.format(command)}"], capture_output=True, text=True,
        env={**os.environ, **environment}, check=False, errors="replace",
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("line", ["{} 2>&- | head -1", "{} > /dev/full"])
def test_a_run_goes_on_where_nobody_reads(tmp_path, line):
    done = shell([*RUN, "--out", tmp_path / "o"], line)
    assert "Traceback" not in done.stderr
    assert (tmp_path / "o" / "report.html").exists()
    assert done.returncode == (1 if "full" in line else 0)
    assert ("cannot write to standard output" in done.stderr) == ("full" in line)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_list_that_is_not_wanted_to_its_end_is_no_error(unbuffered):
    done = shell(["list", "variants"], "{} | head -1", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 0 and not done.stderr and done.stdout.count("\n") == 1
    full = shell(["list", "variants"], "{} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert full.returncode == 1
    assert full.stderr == "ganbench: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_a_terminal_cannot_show_is_written_in_ascii(encoding):
    done = shell(["info", "wgan-gp"], "{}", PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    assert done.returncode == 0 and "Traceback" not in done.stderr and "wgan-gp" in done.stdout


def test_odd_surroundings_are_nobodys_trouble(tmp_path):
    """Warnings as errors, a plotting backend that there is not, and modules of the user's."""
    for name in ("random.py", "numpy.py"):
        (tmp_path / name).write_text("raise SystemExit('imported from the working directory')\n")
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "ganbench"), *RUN, "--engine", "local",
         "--out", "o", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONWARNINGS": "error", "MPLBACKEND": "nonsense"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["failed"] == []
