"""Protocols: what they hash, and that they are never mixed."""

from dataclasses import replace

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment import record_index
from ganbench.experiment.plan import make_plan
from ganbench.experiment.protocols import describe_protocols
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import evaluator_of
from tests.experiment._helpers import run

pytestmark = pytest.mark.usefixtures("no_plots")


def test_protocols_differ_with_what_they_hash(tiny):
    def ids(**kwargs):
        request = Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8)
        plan, data = make_plan(replace(request, **kwargs))
        found = describe_protocols(evaluator_of(plan.trainings[0], data))
        return {protocol.protocol_id for protocol in found.values()}

    base = ids()
    assert base == ids(seeds=1) == ids(variants=("wgan",)) and len(base) > 3
    changes = (
        {"steps": 100}, {"images_seen": 96}, {"ema": 0.9}, {"dtype": "float64"}, {"batch": 32},
        {"hyper": {"lr": 0.01}}, {"same_networks": True}, {"validation": True},
    )  # fmt: skip
    for change in changes:
        assert not ids(**change) & base, change


def test_the_chunk_that_decides_random_numbers_is_in_the_protocol(tiny, monkeypatch):
    request = Request(variants=("ns",), dataset="ring2d", preset="tiny", batch=8)
    plan, data = make_plan(request)
    fields = evaluator_of(plan.trainings[0], data).context
    assert fields["chunk"] == 16
    monkeypatch.setattr("ganbench.training.streams.CHUNK", 32)
    other = make_plan(request)[0].trainings[0]
    assert other.chunk == 32 and other.run_id(0) != plan.trainings[0].run_id(0)


def test_trainings_with_another_batch_or_rate_are_not_ranked_together(tiny, tmp_path):
    """Once three such runs into one folder were one table under one protocol."""
    run(tmp_path, variants=["ns"], seeds=1)
    with pytest.raises(UsageError, match=r"batch \(8, 32\)"):
        run(tmp_path, variants=["hinge"], seeds=1, batch=32)
    with pytest.raises(UsageError, match=r"hyper \(\{\}, \{'lr': 0.01\}\)"):
        run(tmp_path, variants=["hinge"], seeds=1, hyper={"lr": 0.01})


def test_protocols_are_never_mixed(tiny, tmp_path):
    run(tmp_path, variants=["ns"], seeds=1)

    def written():  # the index is a cache
        paths = (p for p in tmp_path.glob("*.*") if p.name != record_index.NAME)
        return {p.name: p.read_bytes() for p in paths}

    before = written()
    with pytest.raises(UsageError, match=r"this run.*not comparable: budget_unit"):
        run(tmp_path, variants=["wgan-gp"], seeds=1, images_seen=800)
    with pytest.raises(UsageError, match=r"differs.*this run.*batch \(8, 32\)"):
        run(tmp_path, variants=["ns"], seeds=1, batch=32)
    assert written() == before  # nothing trained
    other = run(tmp_path / "other", variants=["ns"], seeds=1, dtype="float64")
    for record in (other.out / "records").iterdir():
        (tmp_path / "records" / record.name).write_bytes(record.read_bytes())
    with pytest.raises(UsageError, match=r"dtype \(float\d\d, float\d\d\)"):
        run(tmp_path, variants=["ns"], seeds=1)  # trains nothing, and draws nothing
