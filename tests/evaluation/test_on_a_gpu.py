"""Metrics on a GPU have the values that they have on a CPU."""

import numpy as np
import pytest
import torch

from ganbench.core import registry
from ganbench.evaluation import measure
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import evaluator_of

METRICS = [m.name for m in registry.metrics.items() if not m.needs.of_training]


@pytest.mark.gpu
@pytest.mark.parametrize("dataset", ["mnist", "ring2d"])
@pytest.mark.parametrize("name", METRICS)
def test_a_metric_on_a_gpu_equals_the_cpu(name, dataset, monkeypatch, tmp_path):
    asked = Request(
        variants=("ns",), dataset=dataset, preset="smoke", metrics=(name,), no_controls=True
    )
    try:
        plan, data = make_plan(asked)
    except ValueError as error:
        pytest.skip(str(error))
    values = []
    for there in (True, False):
        monkeypatch.setenv("GANBENCH_CACHE", str(tmp_path / str(there)))
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        evaluator = evaluator_of(plan.trainings[0], data)
        fakes = measure.subset(data.train, evaluator.n_fake, "fakes")
        if fakes.dtype == np.float32:
            fakes = fakes + np.float32(0.1)
        measured = evaluator.measure(fakes, final=True)
        assert measured.values and not measured.unmeasured
        values.append(measured.values | {f"floor {k}": v for k, v in evaluator.floors.items()})
    ours, theirs = values
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value, rel=1e-4, abs=1e-6), key
