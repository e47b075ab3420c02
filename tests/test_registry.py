"""Registration, discovery and plugins."""

import subprocess
import sys
from pathlib import Path

import pytest

from ganbench import registry
from ganbench.errors import UsageError
from ganbench.spec import Suite

PLUGIN = Path(__file__).parent / "plugin"


def suite(name):
    return Suite(name, "", 1, 1, 1, 1, 1)


def test_duplicate_names_both_files():
    registry.discover()
    with pytest.raises(ValueError, match=r"registered twice: in .*suites\.py and in .*test_reg"):
        registry.register(suite("quick"))


def test_only_known_kinds():
    with pytest.raises(TypeError, match="not one of"):
        registry.register(object())


@pytest.mark.parametrize("name", ["", "A", "-x", "a b", "é", "x" * 65])
def test_names_are_keys(name):
    with pytest.raises(ValueError, match="does not match"):
        suite(name)


def test_unknown_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean wgan-gp"):
        registry.get("variant", "wgan_gp")


def run(code: str, *paths: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_foreign_file_adds_everything():
    out = run(
        "from ganbench import registry as r\n"
        "for kind in ('variant', 'arch', 'dataset', 'metric'):\n"
        "    name = next(n for n in r.names(kind) if n.startswith('foreign'))\n"
        "    print(name, r.discoverable(kind, name))",
        str(PLUGIN),
    )
    assert out.split() == ["foreign-ns", "True", "foreign-linear", "True", "foreign-line", "True",
                           "foreign-mean", "True"]  # fmt: skip


def test_broken_plugin_is_listed_and_raises_only_by_name():
    out = run(
        "from ganbench import registry as r\n"
        "assert 'ns' in r.names('variant')\n"
        "assert 'RuntimeError: broken on purpose' in r.broken_plugins()['broken']\n"
        "try: r.get('variant', 'broken')\n"
        "except r.UsageError as e: assert 'broken on purpose' in str(e)\n"
        "else: raise SystemExit('not raised')\n"
        "print('ok')",
        str(PLUGIN),
    )
    assert out.strip() == "ok"


@pytest.mark.parametrize("command", ["--help", "list", "run --help"])
def test_listing_does_not_import_torch(command):
    out = run(
        "import sys\nfrom ganbench.cli import main\n"
        f"main({command.split()!r}, standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\nprint('ok')"
    )
    assert out.strip().endswith("ok")
