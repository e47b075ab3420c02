"""Damage in a run directory is found, named and survived, and never used."""

import json
import os
import shutil

import numpy as np
import pytest

from ganbench.core.errors import UsageError
from ganbench.core.files import read_array, write_array
from ganbench.core.seals import DamagedError, sealed, sealed_json, unsealed, unsealed_json
from ganbench.experiment import kept_models
from ganbench.experiment.store import Store
from tests.experiment._helpers import run, values

pytestmark = pytest.mark.usefixtures("tiny", "no_plots")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished run."""
    from ganbench.core import registry
    from ganbench.core.kinds import Preset

    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        out = tmp_path_factory.mktemp("whole")
        run(out, variants=["ns"], no_controls=True)
    return out


@pytest.fixture
def out(whole, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "run")


def resume(out):
    return run(out, variants=["ns"], no_controls=True)


def edited_digit(record, out):
    text = record.read_text()
    place = text.index('"values"') + text[text.index('"values"') :].index(".") + 1
    record.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}")


def edited_status(record, out):
    record.write_text(record.read_text().replace('"status": "ok"', '"status": "diverged"'))


def another_schema(record, out):
    record.write_text(record.read_text().replace('"schema_version": 3', '"schema_version": 99'))


def no_measurements(record, out):
    content = json.loads(record.read_text())
    content["measurements"] = []
    record.write_text(json.dumps(content))


def truncated(record, out):
    record.write_bytes(record.read_bytes()[:-100])


def empty(record, out):
    record.write_bytes(b"")


def no_text(record, out):
    record.write_bytes(b"\xff\xfe\x00" * 99)


def deep(record, out):
    record.write_text("[" * 100_000)


def a_folder(record, out):
    record.unlink()
    record.mkdir()


def a_dangling_link(record, out):
    record.unlink()
    record.symlink_to(out / "nowhere")


def another_seeds(record, out):
    (other,) = (path for path in record.parent.iterdir() if path != record)
    shutil.copy(other, record)


DAMAGE = [
    edited_digit, edited_status, another_schema, no_measurements, truncated, empty, no_text, deep,
    a_folder, a_dangling_link, another_seeds,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_is_set_aside_and_made_again(whole, out, damage, capsys):
    record = sorted((out / "records").iterdir())[0]
    damage(record, out)
    result = resume(out)
    said = capsys.readouterr().err
    assert record.name in said and "set aside" in said
    assert os.path.lexists(out / "set-aside" / record.name)
    assert (out / "set-aside" / f"{record.name}.txt").read_text().count("\n") == 1
    before = run(whole, variants=["ns"], no_controls=True)
    assert values(result).equals(values(before))
    assert result.trained == 2  # lanes of one unit are trained together again


def test_a_copy_of_a_record_under_another_name_is_set_aside(out):
    record = sorted((out / "records").iterdir())[0]
    shutil.copy(record, record.with_name("copy.json"))
    assert resume(out).trained == 0
    assert (out / "set-aside" / "copy.json").exists()
    assert len(list((out / "records").iterdir())) == 2


@pytest.mark.parametrize("name", [".lock", "records"])
def test_what_has_the_name_of_a_part_of_the_run_is_one_line(out, name):
    path = out / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.mkdir() if name == ".lock" else path.write_bytes(b"")
    with pytest.raises(UsageError) as told:
        resume(out)
    assert "\n" not in str(told.value) and str(out) in str(told.value)


def test_temporary_files_that_nobody_owns_are_removed(out):
    from ganbench.core import files

    gone = out / "records" / f".x.json{files._ours(2**22 - 1)}"
    ours = out / "records" / f".x.json{files._ours(os.getpid())}"
    foreign, old = out / ".x.json.abcdef01-77.tmp", out / ".y.json.abcdef01-77.tmp"
    for path in (gone, ours, foreign, old):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    resume(out)
    assert not gone.exists() and not old.exists() and ours.exists() and foreign.exists()


def test_samples_are_read_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.npy"
    array = np.arange(24.0).reshape(4, 6)
    write_array(path, array)
    assert np.array_equal(read_array(path), array) and np.array_equal(np.load(path), array)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(UsageError):
            read_array(path)
    for wrong in (b"", content[:-1], content[:50]):
        path.write_bytes(wrong)
        with pytest.raises(UsageError):
            read_array(path)
    np.save(path, array)  # of an older version
    assert np.array_equal(read_array(path), array)
    np.save(path, np.array([{}]), allow_pickle=True)
    with pytest.raises(UsageError, match="no array"):
        read_array(path)


def test_seals_say_what_was_written():
    text = json.dumps({"a": 1.5, "b": [1, None]}, indent=1)
    assert json.loads(unsealed_json(sealed_json(text), "x")) == json.loads(text)
    assert json.loads(sealed_json(text))["a"] == 1.5  # it is JSON still
    with pytest.raises(DamagedError, match="x is damaged"):
        unsealed_json(sealed_json(text).replace(b"1.5", b"1.4"), "x")
    assert unsealed_json(text.encode(), "x") == text.encode()
    assert unsealed(sealed(b"content"), "x") == b"content"
    for wrong in (b"content", b"", sealed(b"content")[:-1], b"C" + sealed(b"content")[1:]):
        with pytest.raises(DamagedError):
            unsealed(wrong, "x")


def test_a_kept_model_says_what_it_was_trained_by(out):
    path = next((out / "models").iterdir())
    kept_models.read(path)
    content = path.read_bytes()
    place = content.index(b'\\"steps\\": 12') + len(b'\\"steps\\": 1')
    path.write_bytes(content[:place] + b"3" + content[place + 1 :])
    with pytest.raises(DamagedError):
        kept_models.read(path)


def test_measurements_made_later_are_set_aside_too(out):
    import ganbench

    ganbench.measure(out, metrics="sinkhorn", engine="inline")
    path = sorted((out / "measured").glob("*.json"))[0]
    path.write_bytes(path.read_bytes().replace(b'"eval_s": ', b'"eval_s": 1'))
    resume(out)
    assert (out / "set-aside" / path.name).exists() and not path.exists()
    ganbench.measure(out, metrics="sinkhorn", engine="inline")
    assert path.exists() and Store(out).more()


def test_damaged_samples_are_left_out_of_the_pictures_with_a_word(whole, out, capsys):
    from ganbench.reports.samples import finished

    store = Store(out)
    records = store.records()
    assert len(finished(store, records, "w2")) == 2
    path = store.samples_path(records[0].run_id)
    path.write_bytes(path.read_bytes()[:-60] + bytes(60))
    assert [seed.seed for seed in finished(store, records, "w2")] == [records[1].seed]
    assert f"{path} " in (said := capsys.readouterr().err) and "left out" in said


def test_limits_that_are_no_numbers_are_those_of_the_documentation(monkeypatch):
    from ganbench.core.processes import limit_s

    found = []
    for given in ("", "soon", "nan", "inf", "-3", "0", "7.5"):
        monkeypatch.setenv("GANBENCH_LEASE_S", given)
        found.append(limit_s("GANBENCH_LEASE_S", 60.0))
    assert found == [60.0] * 6 + [7.5]
