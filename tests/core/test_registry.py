"""Registration, discovery and plugins."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import ganbench
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Preset
from tests.test_contributing import VARIANT, announce

ROOT = Path(__file__).parents[2]


def preset(name):
    return Preset(name, "", 1, 1, 1, 1, 1)


def test_duplicate_names_both_files():
    registry.discover()
    with pytest.raises(ValueError, match=r"registered twice: in .*presets\.py and in .*test_reg"):
        registry.register(preset("quick"))


def test_only_known_kinds():
    with pytest.raises(TypeError, match="not one of"):
        registry.register(object())


@pytest.mark.parametrize("name", ["", "A", "-x", "a b", "é", "x" * 65])
def test_names_are_keys(name):
    with pytest.raises(ValueError, match="does not match"):
        preset(name)


def test_unknown_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean wgan-gp"):
        registry.variants.get("wgan_gp")


def run(code: str, *paths: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={"PYTHONPATH": ":".join(map(str, [*paths, ROOT])), "PATH": "/usr/bin:/bin",
             "HOME": "/nonexistent"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plugins_things_are_announced_to_other_processes(tmp_path):
    announce(tmp_path / "plugin", VARIANT)
    out = run(
        "from ganbench.core.registry import variants\n"
        "print(variants.announced('mine'), variants.announced('mine+r1'), variants.source('mine'))",
        tmp_path / "plugin",
    )
    assert out.split()[:2] == ["True", "True"] and out.strip().endswith("their_mine.py")


def test_broken_plugin_is_listed_and_raises_only_by_name(tmp_path):
    announce(tmp_path / "plugin", "raise RuntimeError('broken on purpose')", name="broken")
    out = run(
        "from ganbench.core import registry as r\n"
        "from ganbench.core.errors import UsageError\n"
        "assert 'ns' in r.variants.names()\n"
        "assert 'RuntimeError: broken on purpose' in r.broken_plugins()['broken']\n"
        "try: r.variants.get('broken')\n"
        "except UsageError as e: assert 'broken on purpose' in str(e)\n"
        "else: raise SystemExit('not raised')\n"
        "print('ok')",
        tmp_path / "plugin",
    )
    assert out.strip() == "ok"


@pytest.mark.parametrize(
    ("code", "limit_s", "said"),
    [
        ("import os; os._exit(0)", 60.0, "ended the process with 0"),
        ("raise SystemExit(3)", 60.0, "ended the process with 3"),
        ("import time; time.sleep(600)", 2.0, "was not done in 2 s"),
        ("raise KeyboardInterrupt", 60.0, "KeyboardInterrupt"),
    ],
)
def test_a_plugin_that_exits_or_hangs_is_left_out(tmp_path, code, limit_s, said):
    announce(tmp_path / "plugin", code, name="broken")
    out = run(
        "from ganbench.core import plugins, registry\n"
        f"plugins.refused.__defaults__ = ({limit_s},)\n"
        "print('ns' in registry.variants.names(), registry.broken_plugins()['broken'])",
        tmp_path / "plugin",
    )
    assert out.startswith("True") and said in out


def test_a_plugin_is_tried_once_as_long_as_its_files_are_the_same(tmp_path):
    announce(tmp_path / "plugin", VARIANT)
    code = (
        "import os\nos.environ['GANBENCH_CACHE'] = {cache!r}\n"
        "from ganbench.core import plugins, registry\n"
        "tried = []\nown = plugins._tried\n"
        "plugins._tried = lambda *given: tried.append(given) or own(*given)\n"
        "print('mine' in registry.variants.names(), len(tried))"
    ).format(cache=str(tmp_path / "cache"))
    found = [run(code, tmp_path / "plugin").split() for _ in range(2)]
    assert found == [["True", "1"], ["True", "0"]]
    (module,) = (tmp_path / "plugin").glob("their_*.py")
    module.write_text(module.read_text() + "\n")
    assert run(code, tmp_path / "plugin").split() == ["True", "1"]


def test_a_built_in_module_that_is_imported_first_is_announced_all_the_same():
    out = run(
        "import ganbench.metrics\nfrom ganbench.core.registry import metrics\n"
        "print(metrics.announced('frechet'))"
    )
    assert out.strip() == "True"


def test_names_are_in_order_whoever_imported_what():
    for kind in registry.KINDS.values():
        assert kind.names() == sorted(kind.names()) or kind is registry.presets
    assert registry.presets.names()[:5] == ["smoke", "quick", "core", "standard", "paper"]


def test_registered_for_a_block_and_forgotten_after_it():
    mine, other = preset("mine"), replace(registry.presets.get("quick"), seeds=77)
    before = registry.presets.names()
    with registry.temporarily(mine, other):
        assert registry.presets.get("mine") is mine and registry.presets.get("quick").seeds == 77
        assert not registry.presets.announced("mine")
        assert not registry.presets.announced("quick")
        assert registry.presets.source("mine") == __file__
    assert registry.presets.names() == before and registry.presets.get("quick").seeds == 1
    with pytest.raises(RuntimeError), registry.temporarily(mine):
        raise RuntimeError
    assert registry.presets.names() == before


def test_everything_a_plugin_needs_is_in_the_package_itself():
    for name in ganbench.__all__:
        assert getattr(ganbench, name) is not None, name
    assert set(ganbench.__all__) <= set(dir(ganbench))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ganbench.nothing


@pytest.mark.parametrize("command", ["--help", "list", "run --help"])
def test_listing_does_not_import_torch(command):
    out = run(
        "import sys\nfrom ganbench.cli import main\n"
        f"main({command.split()!r}, standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\nprint('ok')"
    )
    assert out.strip().endswith("ok")
