"""Hostile input and options: each one line, exit code 2, in 10 seconds and a gigabyte."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ganbench.cli import main
from ganbench.core import limits, registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds.method_parts import check_hyper
from ganbench.core.memory import check_memory
from ganbench.core.printable import one_line, shown
from ganbench.core.ranges import Range, whole
from tests.faults.measured import BATCHES

ROOT = Path(__file__).parents[2]
MOST_S, MOST_BYTES, MOST_SAID = 10, 1e9, limits.LONGEST_MESSAGE + 100


def wrong(case: dict) -> str:
    """Return what is wrong with how a hostile case ended, or nothing."""
    said = case["said"]
    reasons = {
        f"exit code {case['code']}, {case['raised']}": case["code"] != 2,
        f"says {said!r}": said.count("\n") != 1 or not said.startswith("ganbench: "),
        f"does not say {case['says']!r}, but {said!r}": case["says"] not in said,
        "unprintable": not said.rstrip("\n").isprintable(),
        f"{len(said)} characters": len(said) > MOST_SAID,
        f"{case['seconds']:.1f} s": case["seconds"] > MOST_S,
        f"{case['bytes'] / 1e6:.0f} MB": case["bytes"] > MOST_BYTES,
        "executed what it read": case["executed"],
    }
    return "; ".join(reason for reason, holds in reasons.items() if holds)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_hostile_input_is_one_line(batch):
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.measured", batch],
        capture_output=True, text=True, cwd=ROOT, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _, *found = map(json.loads, done.stdout.splitlines())
    assert len(found) > 90
    failed = {case["name"]: reason for case in found if (reason := wrong(case))}
    assert not failed, "\n".join(f"{name}: {reason}" for name, reason in failed.items())


def commands(group: click.Group):
    for command in group.commands.values():
        yield from commands(command) if isinstance(command, click.Group) else [command]


def test_every_number_on_the_command_line_has_a_range():
    numbers = 0
    for command in commands(main):
        for option in command.params:
            numbers += hasattr(option.type, "range")
            bare = (click.types.IntParamType, click.types.FloatParamType)
            assert not isinstance(option.type, bare), f"{command.name} {option.opts}"
    assert numbers > 20


def test_every_number_of_an_architecture_has_a_range_and_its_default_is_in_it():
    for arch in registry.archs.items():
        arch.check_options(arch.options)
        for key, default in arch.options.items():
            assert isinstance(default, str) or key in arch.ranges, f"{arch.name}: {key}"


def test_the_constants_of_every_variant_and_game_can_be_asked_for():
    for variant in registry.variants.items():
        check_hyper(variant.hyper())
        for family in variant.constants.values():
            check_hyper(family.values)
    for game in registry.games.items():
        check_hyper(game.hyper)


@pytest.mark.parametrize("legitimate", [{"beta1": -0.5}, {"g.beta1": 0.0}, {"lr": 0.0},
                                        {"d.beta2": 0.9999}, {"r1.weight": -3}])  # fmt: skip
def test_unusual_constants_are_no_error(legitimate):
    check_hyper(legitimate)


def test_ranges_say_what_is_needed():
    for range, value, message in (
        (whole(1, 9_999), 0, "x is 0: at least 1 needed"),
        (whole(1, 9_999), 10_000, "x is 10000: at most 9,999 needed"),
        (Range(-1, 1, above=True, below=True), -1, "x is -1: above -1 needed"),
        (Range(-1, 1, above=True, below=True), 1, "x is 1: below 1 needed"),
        (Range(0, 1), float("nan"), "x is nan: at least 0 and at most 1 needed"),
        (whole(1, 9), 1.5, "x is 1.5: at least 1 and at most 9 needed"),
        (whole(1, 9), "2", "x is 2: at least 1 and at most 9 needed"),
    ):
        with pytest.raises(UsageError) as caught:
            range.check("x", value)
        assert str(caught.value) == message
    for text in ("1_0", "١", "²", "1.0", "1e1"):
        with pytest.raises(UsageError):
            whole(1, 100).parse("x", text)
    for text in ("1_0", "١", "0x1", "1e400", "", "--1", "1e", "nan", "9" * 400):
        with pytest.raises(UsageError):
            Range(0, 100).parse("x", text)
    assert Range(0, 100).parse("x", " 2.5e1 ") == 25.0 and whole(1, 9).parse("x", "+3") == 3


def test_messages_are_one_printable_line():
    said = one_line("a\nganbench: b\x1b[2J\u202e\udcff" + "x" * 5_000)
    assert said.isprintable() and len(said) <= limits.LONGEST_MESSAGE + 1
    assert said.startswith("a\\nganbench: b\\x1b[2J\\u202e\\udcff")
    assert len(shown("y" * 5_000)) <= limits.LONGEST + 1
    assert shown("größer ½ 名") == "größer ½ 名"


def test_what_needs_more_than_the_machine_has_is_refused_unless_forced(monkeypatch):
    from ganbench.experiment.plan import make_plan
    from ganbench.experiment.request import Request

    small = 50_000 * 4 * 4  # bytes of the toy pair with Adam, and what is beside it
    monkeypatch.setattr("ganbench.core.memory.machine_bytes", lambda: 5 * small)
    asked = {"dataset": "ring2d", "variants": ("ns",), "preset": "smoke"}
    make_plan(Request(**asked, seeds=1))
    with pytest.raises(UsageError, match=r"ns on toy needs about .* GB of memory.*--force to try"):
        make_plan(Request(**asked, seeds=100))
    make_plan(Request(**asked, seeds=100, force=True))
    with pytest.raises(UsageError, match="x needs about 0.0 GB"):
        check_memory("x", 5 * small + 1, "less needed")
    check_memory("x", 5 * small, "less needed")


def test_nothing_that_is_pickled_is_loaded():
    """Every call that could unpickle says that it must not."""
    for path in (ROOT / "ganbench").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "")}
                assert not names & {"pickle", "joblib", "marshal", "shelve", "dill"}, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
                called = ast.unparse(node.func)
                if called in ("np.load", "np.lib.format.read_array"):
                    assert given.get("allow_pickle", False) is False, f"{path}: {called}"
                if called == "torch.load":
                    assert given.get("weights_only") is True, f"{path}: {called}"
                assert called not in ("pd.read_pickle", "torch.save"), f"{path}: {called}"


def test_every_limit_is_told_in_the_documentation():
    told = (ROOT / "docs" / "limits.md").read_text()
    for name in (name for name in vars(limits) if name.isupper()):
        assert f"`{name}`" in told, name
