"""What is written is what is read, to the last bit: records, checkpoints, tables."""

import io
import json
import math
import struct

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st

from ganbench.core.seals import DamagedError
from ganbench.experiment.checkpoints import pack_state, read_state
from ganbench.experiment.packed import pack, read_packed, unpack
from ganbench.experiment.record_files import as_file, parse_record, read_measurement
from ganbench.experiment.records import Measurement, Protocol, QuantityInfo, Record, Training, Unit
from ganbench.reports._csv import csv_parts
from tests.faults.test_grammar import for_every

NUMBERS = st.floats(allow_nan=False)  # what was not measured has no value
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9_+-]{0,8}", fullmatch=True)
COUNTS = st.integers(0, 2**53)
TRAININGS = st.builds(
    Training,
    variant=NAMES, dataset=NAMES, dataset_sha256=TEXTS, arch=NAMES,
    arch_options=st.dictionaries(NAMES, st.integers() | TEXTS | st.booleans(), max_size=2),
    hyper=st.dictionaries(NAMES, FINITE, max_size=2),
    by_seed=st.dictionaries(st.integers(0, 5), st.dictionaries(NAMES, FINITE, max_size=1)),
    reading=st.dictionaries(NAMES, TEXTS, max_size=2),
    metrics=st.lists(NAMES, max_size=3).map(tuple), ema=st.none() | FINITE,
    data_dir=st.none() | TEXTS,
)  # fmt: skip
MEASUREMENTS = st.builds(
    Measurement,
    values=st.dictionaries(NAMES, NUMBERS, max_size=3), train_s=NUMBERS, eval_s=NUMBERS,
    train_cpu_s=st.none() | NUMBERS, load=st.none() | NUMBERS, flops=st.none() | NUMBERS,
    unmeasured=st.dictionaries(NAMES, TEXTS, max_size=2),
)  # fmt: skip
QUANTITIES = st.builds(QuantityInfo, worst=NUMBERS, unit=TEXTS, label=TEXTS)
FIELDS = st.dictionaries(NAMES, COUNTS | TEXTS, max_size=2)
PROTOCOLS = st.builds(
    Protocol, protocol_id=NAMES, fields=FIELDS,
    quantities=st.dictionaries(NAMES, QUANTITIES, max_size=2),
)  # fmt: skip
RECORDS = st.builds(
    Record,
    run_id=NAMES, training=TRAININGS, seed=st.integers(0, 5), error=TEXTS, traceback=TEXTS,
    measurements=st.lists(MEASUREMENTS, max_size=3).map(tuple),
    floors=st.dictionaries(NAMES, NUMBERS, max_size=2),
    protocols=st.dictionaries(NAMES, PROTOCOLS, max_size=2), hyper=st.dictionaries(NAMES, NUMBERS),
    history=st.dictionaries(NAMES, st.lists(st.none() | NUMBERS, max_size=4), max_size=2),
    frequencies=st.none() | st.lists(NUMBERS, max_size=3),
    modes=st.none() | st.lists(st.tuples(NUMBERS, NUMBERS), max_size=2),
)  # fmt: skip
SHAPES = st.lists(st.integers(0, 3), max_size=3)
TYPES = st.sampled_from((torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool))


@st.composite
def states(draw):
    """Draw the state of a population: tensors of any bits."""
    state = {}
    for name in draw(st.lists(TEXTS, max_size=3, unique=True)):
        shape, dtype = draw(SHAPES), draw(TYPES)
        size = math.prod(shape) * dtype.itemsize
        content = bytearray(draw(st.binary(min_size=size, max_size=size)))
        if dtype is torch.bool:
            content = bytearray(byte % 2 for byte in content)
        flat = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
        state[name] = flat.reshape(shape)
    return state


@for_every(RECORDS, examples=100)
def test_records_are_read_as_they_were_written(record):
    assert parse_record(as_file(record), "here") == record


@for_every(st.lists(RECORDS, min_size=1, max_size=3), examples=20)
def test_packed_records_are_unpacked_as_they_were(tmp_path_factory, records):
    own = tmp_path_factory.mktemp("records")
    written = {}
    for seed, record in enumerate(records):
        one = record.model_copy(update={"run_id": f"{records[0].run_id}-s{seed}"})
        written[f"{one.run_id}.json"] = as_file(one)
    for name, content in written.items():
        (own / name).write_bytes(content)
    packed = pack(own, own / "packed")
    assert [r.run_id for path in packed for r in read_packed(path)] == [
        parse_record(content, "here").run_id for content in written.values()
    ]
    unpack(own / "packed")
    assert {path.name: path.read_bytes() for path in (own / "packed").iterdir()} == written


@for_every(st.builds(Unit, training=TRAININGS, seeds=st.lists(COUNTS).map(tuple)), examples=60)
def test_units_are_read_as_they_were_written(tmp_path_factory, unit):
    path = tmp_path_factory.mktemp("units") / "unit.json"
    path.write_bytes(as_file(unit))
    found = read_measurement(path, Unit)
    assert found == unit and found.unit_id == unit.unit_id


@for_every(
    states(),
    st.dictionaries(TEXTS, st.lists(NUMBERS | st.none()) | TEXTS | COUNTS, max_size=3),
    st.data(),
)
def test_checkpoints_are_read_as_they_were_written_and_not_at_all_with_one_bit_changed(
    tmp_path_factory, state, progress, data
):
    path = tmp_path_factory.mktemp("checkpoint") / "state.safetensors"
    content = pack_state(state, progress)
    path.write_bytes(content)
    found, measured = read_state(path)
    assert measured == progress and found.keys() == state.keys()
    for name, value in state.items():
        assert found[name].dtype == value.dtype and found[name].shape == value.shape
        assert found[name].numpy().tobytes() == value.numpy().tobytes()
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(changed)
    try:
        found, measured = read_state(path)
    except DamagedError:
        return
    assert json.dumps(measured) == json.dumps(progress)  # harmless: a space of the header, say
    assert {k: v.numpy().tobytes() for k, v in found.items()} == {
        k: v.numpy().tobytes() for k, v in state.items()
    }


@for_every(
    st.lists(st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 1), NAMES), min_size=1),
)
def test_tables_are_read_as_they_were_written(rows):
    table = pd.DataFrame(rows, columns=["value", "count", "name"])
    content = b"".join(csv_parts(table))
    found = pd.read_csv(
        io.BytesIO(content), keep_default_na=False,
        na_values={"value": [""]}, dtype={"name": str, "value": float},
    )  # fmt: skip
    assert found["count"].tolist() == table["count"].tolist()
    assert found["name"].tolist() == table["name"].tolist()
    for one, other in zip(found["value"], table["value"], strict=True):
        assert struct.pack("d", one) == struct.pack("d", other) or np.isnan([one, other]).all()
