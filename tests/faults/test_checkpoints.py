"""Checkpoints: two are kept, damaged ones are set aside, and lanes stay together."""

import pytest

from ganbench.core.seals import DamagedError
from ganbench.experiment import checkpoints
from ganbench.experiment.execute import execute
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.store import Store
from tests.experiment._helpers import run, values

pytestmark = pytest.mark.usefixtures("tiny", "no_plots")


class Stop(Exception):
    pass


def begun(out, cut):
    """Return the store and the unit of a run of two lanes that ``cut(event, store)`` broke off."""
    request = Request(
        variants=("ns",), dataset="ring2d", preset="tiny", batch=8, no_controls=True,
        device="cpu", backend="reference",
    )  # fmt: skip
    plan, _ = make_plan(request)
    store = Store(out)
    store.prepare()
    (unit,) = plan.units(store.ended())
    assert len(unit.seeds) == 2
    with pytest.raises(Stop):
        execute(unit, store, lambda event: cut(event, store), "inline")
    return store, unit


def resumed(out):
    return run(out, variants=["ns"], no_controls=True, backend="reference")


def late(event, store):
    """Break off in the third of three parts."""
    if event.get("step", 0) > 8 and "values" not in event:
        raise Stop


@pytest.fixture
def whole(tmp_path):
    return values(resumed(tmp_path / "whole"))


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damaged", [(), ("state",), ("state", "previous")])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, whole, damaged):
    store, unit = begun(tmp_path / "cut", late)
    folder = store.checkpoint(unit)
    assert {path.name for path in folder.iterdir()} == {checkpoints.LAST, checkpoints.BEFORE}
    said = []
    for name in damaged:
        flip(folder / f"{name}.safetensors", -9)
    saved = store.load_checkpoint(unit, said.append)
    assert [line.count("is damaged") for line in said] == [1] * len(damaged)
    assert (saved[1]["done"] if saved else 0) == 2 - len(damaged)
    assert values(resumed(tmp_path / "cut")).equals(whole)
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 99, b"{}", b"\xff" * 9])
def test_what_is_no_checkpoint_starts_the_unit_again(tmp_path, whole, content):
    store, unit = begun(tmp_path / "cut", late)
    for name in (checkpoints.LAST, checkpoints.BEFORE):
        (store.checkpoint(unit) / name).write_bytes(content)
    assert values(resumed(tmp_path / "cut")).equals(whole)


def test_a_checkpoint_of_other_networks_starts_the_unit_again_with_a_word(tmp_path, whole):
    store, unit = begun(tmp_path / "cut", late)
    state, progress = store.load_checkpoint(unit)
    name = next(key for key in state if key.startswith("state") and state[key].ndim > 1)
    store.save_checkpoint(unit, state | {name: state[name][..., :1]}, progress)
    said = []
    result = run(
        tmp_path / "cut", variants=["ns"], no_controls=True, backend="reference",
        progress=lambda unit, event: said.append(event.get("said", "")),
    )  # fmt: skip
    assert any("of another version" in line for line in said)
    assert values(result).equals(whole)


def test_a_unit_cut_between_its_records_is_trained_with_all_its_lanes(tmp_path, whole, monkeypatch):
    """Fewer lanes give other last bits: the record that is there stays, the missing one is made."""
    true = Store.write_record

    def once(store, record):
        if list((store.out / "records").iterdir()):
            raise Stop
        true(store, record)

    monkeypatch.setattr(Store, "write_record", once)
    store, unit = begun(tmp_path / "cut", lambda event, store: None)
    monkeypatch.setattr(Store, "write_record", true)
    (kept,) = (tmp_path / "cut" / "records").iterdir()
    before = kept.read_bytes()
    plan, _ = make_plan(
        Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8, no_controls=True,
                backend="reference")
    )  # fmt: skip
    assert [u.seeds for u in plan.units(store.ended(), store.begun())] == [(0, 1)]
    assert [u.seeds for u in plan.units(store.ended())] == [(1,)]
    result = resumed(tmp_path / "cut")
    assert values(result).equals(whole) and kept.read_bytes() == before
    assert {record.lanes for record in Store(tmp_path / "cut").records()} == {2}


def test_measurements_of_a_checkpoint_are_a_part_of_its_hash(tmp_path):
    from safetensors import safe_open
    from safetensors.torch import save_file

    store, unit = begun(tmp_path / "cut", late)
    path = store.checkpoint(unit) / checkpoints.LAST
    with safe_open(path, "pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        written = file.metadata()
    changed = {checkpoints.KEY: written[checkpoints.KEY].replace("eval_s", "eval_t", 1)}
    assert changed != written
    save_file(state, path, changed)
    with pytest.raises(DamagedError):
        checkpoints.read_state(path)
