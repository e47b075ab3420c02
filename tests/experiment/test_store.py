"""The run directory and the records in it."""

import json

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment.records import Record
from ganbench.experiment.store import Store
from tests.experiment._helpers import run


def test_a_run_does_not_share_its_directory_with_what_needs_it_alone(tiny, tmp_path):
    """While a command such as measure or report writes tables, no run begins."""
    with Store(tmp_path).alone(), pytest.raises(UsageError, match="another ganbench run is using"):
        run(tmp_path)


def test_records_of_another_shape_are_named(tiny, tmp_path):
    run(tmp_path, variants=["ns"])
    path = next((tmp_path / "records").iterdir())
    record = json.loads(path.read_text())
    del record["sha256"]
    path.write_text(json.dumps(record | {"surprise": 1}))
    with pytest.raises(UsageError, match=f"{path.name} is not a record.*surprise"):
        Store(tmp_path).records()


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
