"""The programs of this folder, with a few rounds here and all of them by hand."""

import subprocess
import sys

import pytest


def program(name, *words):
    return subprocess.run(
        [sys.executable, "-m", f"tests.faults.{name}", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_no_flipped_bit_is_another_value():
    done = program("flips", "--flips", "70")
    assert done.returncode == 0 and done.stdout.endswith("70 flips, 0 wrong\n"), done.stdout


@pytest.mark.slow
def test_no_kill_changes_a_result():
    done = program("kill", "--rounds", "10")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 with other results" in done.stdout
