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


def test_brackets_and_colons_in_names_are_printed_as_they_are(capsys):
    from rich.table import Table

    from ganbench.cli._common import console

    table = Table("path")
    table.add_row("cell[/x]")
    console().print(table)
    console().print("in exp[lr=1e-4] exp[/1]x a:smile:b " + "w" * 80)
    shown = capsys.readouterr().out
    assert "cell[/x]" in shown
    assert "in exp[lr=1e-4] exp[/1]x a:smile:b " + "w" * 80 in shown  # on one line
