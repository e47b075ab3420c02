"""Output where the terminal cannot show every letter."""

import os
import subprocess
import sys

import pytest

from ganbench.cli._streams import in_ascii


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_command_writes_something_in_every_encoding(encoding):
    env = {
        **os.environ,
        "PYTHONIOENCODING": encoding,
        "PYTHONUTF8": "0",
    }  # click writes UTF-8 to an ASCII stream
    for words in (["list"], ["info", "wgan-gp"], ["info", "w2"]):
        done = subprocess.run(
            [sys.executable, "-m", "ganbench.cli", *words], capture_output=True, env=env
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() and not done.stderr


def test_characters_have_a_reading():
    text = "fd ↓ × 5 … naïve 名"
    error = UnicodeEncodeError("ascii", text, 0, len(text), "")
    assert in_ascii(error) == ("fd v x 5 ... naive ?", len(text))
    with pytest.raises(UnicodeDecodeError):
        in_ascii(UnicodeDecodeError("ascii", b"x", 0, 1, ""))
