"""The run directory and the records in it."""

import json

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from tests.experiment._helpers import run


def test_two_runs_do_not_share_a_directory(tiny, tmp_path):
    with Store(tmp_path).alone(), pytest.raises(UsageError, match="another ganbench run is using"):
        run(tmp_path)


def test_damaged_records_are_named(tiny, tmp_path):
    run(tmp_path, variants=["ns"])
    path = next((tmp_path / "records").iterdir())
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"surprise": 1}))
    with pytest.raises(UsageError, match=f"{path.name} is not a record.*surprise"):
        run(tmp_path, variants=["ns"])


def test_records_carry_their_provenance_and_protocol(tiny, tmp_path):
    run(tmp_path, variants=["ns"])
    record = Store(tmp_path).records()[0]
    assert Record.model_validate_json(record.model_dump_json()) == record
    assert record.torch_version and record.hardware and record.threads >= 1
    fields = record.protocols["mode-coverage"].fields
    for key in ("dataset_sha256", "split", "n_real", "n_fake", "version", "weights", "dtype"):
        assert key in fields
    assert set(record.floors) >= {"w2", "modes", "hq"}
    assert record.floors["modes"] == 8
