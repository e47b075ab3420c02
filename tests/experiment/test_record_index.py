"""The index of a run's records: a cache that is never believed against the files."""

import json
import shutil

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment import record_index
from ganbench.experiment.packed import pack
from ganbench.experiment.record_files import as_file
from ganbench.experiment.store import Store
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("tiny", "no_plots")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two variants with two seeds."""
    from ganbench.core import registry
    from ganbench.core.kinds import Preset

    out = tmp_path_factory.mktemp("index") / "out"
    with registry.temporarily(Preset("tiny", "for tests", 2, 12, 3, 200, 60)):
        run(out, no_controls=True)
    (out / record_index.NAME).unlink(missing_ok=True)
    return out


@pytest.fixture
def store(finished, tmp_path):
    """A copy of it."""
    return Store(shutil.copytree(finished, tmp_path / "out"))


@pytest.fixture
def looked_at(monkeypatch):
    """The records that were read."""
    seen, real = [], record_index._status

    def status(path):
        seen.append(path.stem)
        return real(path)

    monkeypatch.setattr(record_index, "_status", status)
    return seen


def test_every_record_is_read_once_and_again_when_it_changed(store, looked_at):
    expected = {r.run_id: "ok" for r in store.records()}
    assert store.ends() == expected and len(looked_at) == 4
    assert store.ends() == expected and len(looked_at) == 4
    one = store.records()[1]
    store.write_record(one.model_copy(update={"status": "failed", "error": "lightning"}))
    assert store.ends() == expected | {one.run_id: "failed"} and looked_at[4:] == [one.run_id]
    assert store.ended() == set(expected) - {one.run_id}
    store.record_path(one.run_id).unlink()
    assert store.ends().keys() == expected.keys() - {one.run_id}
    assert one.run_id not in (store.out / record_index.NAME).read_text()


def test_it_says_of_each_status_what_the_record_says(store):
    for record, status in zip(
        store.records(), ("ok", "diverged", "failed", "timeout"), strict=True
    ):
        store.write_record(record.model_copy(update={"status": status}))
    assert store.ends() == {r.run_id: r.status for r in store.records()}
    done = {r.run_id for r in store.records() if store.done(r.training, r.seed)}
    assert store.ended() == done and len(done) == 2


def test_damaged_records_links_and_others_are_no_results(store):
    names = sorted(store.ends())
    path = store.record_path(names[0])
    path.write_bytes(path.read_bytes().replace(b'"ok"', b'"no"'))
    other = store.record_path(names[1])
    other.rename(store.out / "elsewhere.json")
    other.symlink_to(store.out / "elsewhere.json")
    (store.out / "records" / "folder.json").mkdir()
    (store.out / "records" / "x.json").write_text("{}")
    assert sorted(store.ends()) == names[2:]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"[]",
        lambda content: b"{",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"ok"', b'"no"', 1),
        lambda content: json.dumps({"format": 0, "records": {"a": [1, 2, "ok"]}}).encode(),
        lambda content: json.dumps({"format": 1, "records": {"a": 5}}).encode(),
        lambda content: json.dumps({"format": 1, "records": []}).encode(),
    ],
)
def test_a_damaged_index_is_made_again(change, store, looked_at):
    expected = store.ends()
    path = store.out / record_index.NAME
    whole = path.read_bytes()
    path.write_bytes(change(whole))
    assert store.ends() == expected and len(looked_at) == 8
    assert path.read_bytes() == whole


def test_an_index_of_other_files_is_not_believed(store, finished):
    """Copied along, with other times."""
    store.ends()
    record = store.records()[0]
    copy = Store(shutil.copytree(store.out, store.out.with_name("copy")))
    copy.record_path(record.run_id).write_bytes(
        as_file(record.model_copy(update={"status": "diverged"}))
    )
    assert copy.ends()[record.run_id] == "diverged"


def test_a_directory_that_cannot_be_written_is_listed_all_the_same(store, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(record_index, "write_bytes", full)
    assert len(store.ends()) == 4 and not (store.out / record_index.NAME).exists()
    assert Store(store.out / "nowhere").ends() == {}


def test_packed_and_older_records_are_listed_too(store):
    expected = store.ends()
    for path in (store.out / "records").iterdir():
        content = json.loads(path.read_bytes())
        content.pop("sha256")
        path.write_text(json.dumps(content, indent=1))
    assert store.ends() == expected
    path.write_text(json.dumps(content | {"seed": "x"}, indent=1))
    assert store.ends().keys() == expected.keys() - {path.stem}
    path.unlink()
    pack(store.out / "records", store.out / "packed" / "records")
    assert Store(store.out / "packed").ends().keys() == expected.keys() - {path.stem}


def test_the_names_of_all_seeds_are_those_of_each(store):
    training = store.records()[0].training
    searched = training.model_copy(update={"by_seed": {0: {"lr": 1.0}, 3: {"lr": 2.0}}})
    for one in (training, searched):
        assert one.run_ids([0, 3]) == [one.run_id(0), one.run_id(3)]
    names = {run_id.rsplit("-", 1)[0] for run_id in searched.run_ids([0, 3])}
    assert len(names) == 2  # what differs between seeds is in the name


def test_the_note_of_a_single_seed_goes_with_its_checkpoint(tmp_path):
    """So that a grid of 100,000 trainings leaves no 100,000 notes; of lanes it stays."""
    for name, seeds in (("one", 1), ("two", 2)):
        run(tmp_path / name, variants=["ns"], seeds=seeds, no_controls=True)
    assert not list((tmp_path / "one" / "units").iterdir())
    assert len(list((tmp_path / "two" / "units").iterdir())) == 1


def test_a_run_without_plan_says_so(tmp_path):
    from ganbench.experiment.progress import progress_of

    with pytest.raises(UsageError, match="not a run directory"):
        progress_of(tmp_path)
