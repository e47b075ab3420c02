"""Protocols: what they hash, and that they are never mixed."""

from dataclasses import replace

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment.plan import make_plan
from ganbench.experiment.protocols import describe_protocols
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import evaluator_of
from tests.experiment._helpers import run


def test_protocols_differ_with_what_they_hash(tiny):
    def ids(**kwargs):
        request = Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8)
        plan, data = make_plan(replace(request, **kwargs))
        found = describe_protocols(evaluator_of(plan.trainings[0], data))
        return {protocol.protocol_id for protocol in found.values()}

    base = ids()
    assert base == ids(seeds=1) == ids(batch=32) == ids(variants=("wgan",)) and len(base) > 3
    for change in ({"images_seen": 100}, {"ema": 0.9}, {"dtype": "float64"}):
        assert not ids(**change) & base


def test_protocols_are_never_mixed(tiny, tmp_path):
    run(tmp_path, variants=["ns"], seeds=1)
    before = {p.name: p.read_bytes() for p in tmp_path.glob("*.*")}
    with pytest.raises(UsageError, match=r"this run.*not comparable: images_seen \(96, 100\)"):
        run(tmp_path, variants=["wgan-gp"], seeds=1, images_seen=100)
    with pytest.raises(UsageError, match=r"ns on toy differs.*this run.*, batch \(8, 32\)"):
        run(tmp_path, variants=["ns"], seeds=1, batch=32)
    assert {p.name: p.read_bytes() for p in tmp_path.glob("*.*")} == before  # nothing trained
    other = run(tmp_path / "other", variants=["ns"], seeds=1, dtype="float64")
    for record in (other.out / "records").iterdir():
        (tmp_path / "records" / record.name).write_bytes(record.read_bytes())
    with pytest.raises(UsageError, match=r"dtype \(float\d\d, float\d\d\)"):
        run(tmp_path, variants=["ns"], seeds=1)  # trains nothing, and draws nothing
