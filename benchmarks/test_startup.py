"""Time until a fresh process has answered: ``import ganbench``, ``ganbench --help``, ``list``.

    pytest benchmarks/test_startup.py --benchmark-save=NAME
    pytest benchmarks/test_startup.py --benchmark-compare

``python -c pass`` stands beside them: what the interpreter takes by itself.
"""

import subprocess
import sys

import pytest

COMMANDS = {
    "python": ["-c", "pass"],
    "import": ["-c", "import ganbench"],
    "help": ["-m", "ganbench.cli", "--help"],
    "help-of-bench": ["-m", "ganbench.cli", "bench", "--help"],
    "list": ["-m", "ganbench.cli", "list", "variants"],
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_startup(words, benchmark):
    def start():
        subprocess.run([sys.executable, *words], check=True, capture_output=True)

    benchmark.pedantic(start, rounds=9, warmup_rounds=1)
