"""Published runs: records in one file a training, with their hashes, and back."""

import io
import lzma

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ganbench.core.errors import UsageError
from ganbench.experiment import record_index, stored_records
from ganbench.experiment.manifest import changed, hashes, record_sha256, write_manifest
from ganbench.experiment.packed import pack, unpack
from ganbench.experiment.store import Store
from ganbench.reports.publish import publish, small_png
from ganbench.reports.validate import check_run
from tests.reports import _seven


@pytest.fixture
def run(tmp_path):
    return _seven.whole_run(tmp_path / "run")


def test_packed_records_are_the_same_in_the_same_order(run, tmp_path):
    written = pack(run / "records", tmp_path / "packed" / "records")
    assert len(written) == 4  # three variants and the control
    packed = Store(tmp_path / "packed")
    assert packed.records() == Store(run).records()
    assert packed.first_record() == Store(run).records()[0]
    first = {path.name: path.read_bytes() for path in written}
    again = pack(run / "records", tmp_path / "again")
    assert {path.name: path.read_bytes() for path in again} == first


def test_a_published_run_is_gone_on_with_as_the_first(run, tmp_path):
    """A run into the directory unpacks it first, byte for byte."""
    pack(run / "records", tmp_path / "p" / "records")
    store = Store(tmp_path / "p")
    store.open()
    names = [path.name for path in sorted((run / "records").iterdir())]
    assert [path.name for path in sorted((store.out / "records").iterdir())] == names
    for name in names:
        assert (store.out / "records" / name).read_bytes() == (run / "records" / name).read_bytes()
    assert store.done(store.records()[0].training, store.records()[0].seed)
    unpack(store.out / "records")  # nothing is left to do


@pytest.mark.parametrize("listed", ["_packs", "_files"])
def test_what_a_run_unpacks_meanwhile_is_read_once(run, tmp_path, monkeypatch, listed):
    """A report beside a run that begins in a published directory, or one killed in unpacking."""
    pack(run / "records", tmp_path / "p" / "records")
    store, real = Store(tmp_path / "p"), Store(run)
    listing = getattr(stored_records, listed)

    def and_unpack(folder):
        before = listing(folder) if listed == "_packs" else []
        unpack(folder)
        return before or listing(folder)

    with monkeypatch.context() as patch:
        patch.setattr(stored_records, listed, and_unpack)
        assert store.records() == real.records()
    pack(run / "records", tmp_path / "p" / "records")  # files and archives
    seen = []
    assert store.records(visit=seen.append) == real.records() == seen
    assert store.ends() == real.ends()
    run_ids = {record.run_id for record in real.records()}
    assert list(store.whole_records(run_ids).values()) == real.records()
    for path in store.out.glob("records/*.json"):
        path.unlink()
    with monkeypatch.context() as patch:
        files = record_index._files
        patch.setattr(record_index, "_files", lambda folder: unpack(folder) or files(folder))
        assert store.ends() == real.ends()


@pytest.mark.parametrize("content", [b"", b"no archive", lzma.compress(b"{}\n"), None])
def test_a_damaged_archive_is_one_line(run, tmp_path, content):
    path = pack(run / "records", tmp_path / "p" / "records")[0]
    path.write_bytes(path.read_bytes()[:-20] if content is None else content)
    if content == b"":
        with pytest.raises(UsageError, match="is damaged"):
            Store(tmp_path / "p").records()
        return
    with pytest.raises(UsageError, match=r"is damaged|line 1 of .* is not a record"):
        Store(tmp_path / "p").records()


def test_hashes_do_not_depend_on_how_a_record_is_stored(run, tmp_path):
    write_manifest(Store(run))
    pack(run / "records", tmp_path / "p" / "records")
    (tmp_path / "p" / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    assert list(changed(tmp_path / "p", hashes(Store(tmp_path / "p")))) == []
    one, two = Store(run).records()[:2]
    assert record_sha256(one) != record_sha256(two)
    assert record_sha256(one) != record_sha256(one.model_copy(update={"threads": 9}))


def test_published_pictures_are_small_and_look_the_same():
    ramp = np.tile(np.linspace(0, 255, 300).astype(np.uint8), (200, 1))
    smooth = np.stack([ramp, ramp[::-1], np.flipud(ramp)], axis=-1)
    smooth[50:60] = 255
    buffer = io.BytesIO()
    Image.fromarray(smooth).save(buffer, format="PNG")
    noisy = np.random.default_rng(0).integers(0, 255, (120, 150, 3), dtype=np.uint8)
    other = io.BytesIO()
    Image.fromarray(noisy).save(other, format="PNG")
    assert len(small_png(other.getvalue())) < 0.5 * len(other.getvalue())
    kept = np.asarray(Image.open(io.BytesIO(small_png(buffer.getvalue()))).convert("RGB"), int)
    assert kept.shape == smooth.shape and np.abs(kept - smooth).mean() < 4
    assert small_png(small_png(buffer.getvalue())) == small_png(buffer.getvalue())


def test_what_is_published(run, tmp_path):
    (run / "plots").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(picture).save(run / "plots" / "a.png")
    (run / "plots" / "a.svg").write_bytes(b"svg")
    (run / "models").mkdir()
    (run / "models" / "x.safetensors").write_bytes(b"weights")
    written = publish(run, tmp_path / "p")
    names = {str(path.relative_to(tmp_path / "p")) for path in written}
    assert {
        "plan.json",
        "leaderboard.csv",
        "results.csv.xz",
        "plots/a.png",
        "manifest.json",
    } < names
    assert not any("models" in name or name.endswith(".svg") for name in names)
    assert set(tmp_path.joinpath("p").rglob("*.*")) == set(written)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "p" / "results.csv.xz"), pd.read_csv(run / "results.csv")
    )
    assert check_run(tmp_path / "p")[1] == []
    publish(tmp_path / "p", tmp_path / "q")  # what is packed can be published again
    assert Store(tmp_path / "q").records() == Store(run).records()
    with pytest.raises(UsageError, match="exists: move it away"):
        publish(run, tmp_path / "p")
