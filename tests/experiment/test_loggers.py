"""Loggers: every event is told, and a broken logger never harms a run."""

import json
import sys

import pytest
from click.testing import CliRunner

import ganbench
from ganbench import Logger
from ganbench.cli import main
from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.core.kinds import Where
from ganbench.experiment.engines.inline import run as run_inline
from ganbench.experiment.log_events import logged
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.run import run_units
from ganbench.experiment.store import Store

pytestmark = pytest.mark.usefixtures("no_plots")
INLINE = registry.engines.get("inline")


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    return store


def units(**options):
    asked = {"variants": ("ns",), "dataset": "ring2d", "preset": "tiny", "no_controls": True}
    return make_plan(Request(**asked | options))[0].units()


def listening(name, heard, **options):
    return Logger(name, lambda store: lambda unit, event: heard.append(event), "a list", **options)


def test_every_event_is_a_line(tiny, store):
    seen = []
    run_units(units(), store, Where("inline"), report=lambda unit, event: seen.append(event))
    lines = [json.loads(line) for line in (store.out / "events.jsonl").read_text().splitlines()]
    assert len(lines) == len(seen) > 2
    told = [
        {k: v for k, v in line.items() if k not in ("at", "variant", "seeds")} for line in lines
    ]
    assert told == json.loads(json.dumps(seen)) and told[-1] == {"done": True}
    assert {line["variant"] for line in lines} == {"ns"} and lines[0]["seeds"] == [0, 1]


def test_another_run_adds_to_the_file(tiny, store):
    run_units(units(), store, Where("inline"))
    before = (store.out / "events.jsonl").read_text()
    run_units(units(variants=("hinge",)), store, Where("inline"))
    assert (store.out / "events.jsonl").read_text().startswith(before)


def test_those_that_are_asked_for_are_told_and_others_are_not(tiny, store):
    heard, unheard, always = [], [], []
    known = (listening("a", heard), listening("b", unheard), listening("c", always, always=True))
    with registry.temporarily(*known):
        run_units(units(), store, Where("inline"), log=["a"])
    assert heard == always and heard[-1] == {"done": True} and unheard == []


def test_a_broken_logger_is_told_of_once_and_the_run_goes_on(tiny, store, capsys):
    calls = []

    def broken(unit, event):
        calls.append(event)
        event.clear()  # what a logger does to its event is its own affair
        raise OSError("no space left")

    heard = []
    known = (Logger("a-broken", lambda store: broken, "raises"), listening("z", heard))
    with registry.temporarily(*known):
        failed = run_units(units(), store, Where("inline"), log=["a-broken", "z"])
    assert failed == [] and len(calls) == 1
    assert capsys.readouterr().err == "ganbench: logger a-broken stopped: OSError: no space left\n"
    assert heard[0]["steps"] and heard[-1] == {"done": True}
    assert len(store.records()) == 2


def test_what_cannot_start_is_said_before_any_training(tiny, store, monkeypatch):
    with pytest.raises(UsageError, match="unknown logger 'tensorbord': did you mean tensorboard"):
        run_units(units(), store, Where("inline"), log=["tensorbord"])
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(UsageError, match=r"needs the extra: pip install 'ganbench\[log\]'"):
        run_units(units(), store, Where("inline"), log=["tensorboard"])
    assert store.records() == []


def test_tensorboard_has_curves_and_metrics(tiny, store):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_units(units(), store, Where("inline"), log=["tensorboard"])
    record = store.records()[1]
    read = EventAccumulator(str(store.out / "tensorboard" / "ns-s1"))
    read.Reload()
    shown = {e.step: e.value for e in read.Scalars("training/d_loss")}
    history = record.history
    expected = dict(zip(history["step"], history["d_loss"], strict=True))
    assert shown == pytest.approx({int(step): value for step, value in expected.items()}, rel=1e-5)
    medians = EventAccumulator(str(store.out / "tensorboard" / "ns"))
    medians.Reload()
    last = medians.Scalars("metrics/w1")[-1]
    records = store.records()
    values = [r.measurements[-1].values["w1"] for r in records]
    assert last.step == records[0].measurements[-1].g_steps and last.value == pytest.approx(
        sum(values) / 2, rel=1e-5
    )


def test_events_reach_the_caller_unchanged(tiny, store):
    given = {"done": True}
    seen = []
    logged(store, (), lambda unit, event: seen.append(event))(units()[0], given)
    assert seen[0] is given and run_inline is INLINE.run


def test_the_command_and_python_take_loggers(tiny, tmp_path):
    words = ["run", "--variants", "ns", "--dataset", "ring2d", "--preset", "tiny", "--engine"]
    words += ["inline", "--no-controls", "--out", str(tmp_path / "a")]
    done = CliRunner().invoke(main, [*words, "--log", "tensorboard"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a" / "tensorboard" / "ns-s0").is_dir()
    assert (tmp_path / "a" / "events.jsonl").exists()
    wrong = CliRunner().invoke(main, [*words[:-1], str(tmp_path / "b"), "--log", "wandb"])
    assert wrong.exit_code == 2 and "unknown logger 'wandb'" in wrong.stderr
    heard = []
    with registry.temporarily(listening("a", heard)):
        ganbench.run(
            "ns", "ring2d", preset="tiny", engine="inline", no_controls=True, log=["a"],
            out=tmp_path / "c",
        )  # fmt: skip
    assert heard[-1] == {"done": True}
