"""Kept models measured several times, each time on other samples: the noise of an evaluation.

``OUT/measured/draws/<run_id>-<protocol_id>.json`` has the values of one metric of one seed. They
are another question than the values of the tables, and join none of these: see
``reports.two_levels``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.seeds import derive
from ganbench.experiment import kept_models, provenance
from ganbench.experiment.measured_later import MeasuredLater
from ganbench.experiment.record_files import read_record
from ganbench.experiment.records import Unit

if TYPE_CHECKING:
    from ganbench.evaluation.evaluator import Evaluator
    from ganbench.experiment.store import Store


class EvaluationDraws(MeasuredLater):
    """One metric of one seed's model on several sets of its samples.

    Attributes:
        protocol_id: that of the run's own values where it is the same.
        values: ``{quantity: [value of each draw]}``; without a quantity that one draw lacks.
    """

    protocol_id: str
    n_draws: int
    values: dict[str, list[float]]


def measure_draws(unit: Unit, evaluator: Evaluator, store: Store, report: Any) -> None:
    """Measure each seed of one finished training ``unit.again.draws`` times, and write the values.

    Raises:
        UsageError: a model is damaged.
    """
    assert unit.again is not None
    for seed in unit.seeds:
        record = read_record(store.record_path(unit.training.run_id(seed)))
        path = store.model_path(record.run_id)
        described, tensors = kept_models.read(path)
        model = kept_models.model_of(path, described, tensors)
        found = []
        for draw in range(unit.again.draws):
            latents = derive(model.root, "evaluation draw", draw)
            samples = model.sample(evaluator.n_fake, latents)
            found.append(evaluator.measure(samples, final=True).values)
        for metric in evaluator.metrics:
            keys = evaluator.quantities(metric)
            whole = [key for key in keys if all(key in values for values in found)]
            store.write_draws(
                EvaluationDraws(
                    run_id=record.run_id,
                    metric=metric.name,
                    protocol_id=evaluator.protocol_id(metric),
                    n_draws=unit.again.draws,
                    values={key: [values[key] for values in found] for key in whole},
                    model_sha256=described["sha256"],
                    measured_at=provenance.now(),
                    **provenance.environment(unit.device),
                )
            )
        steps = unit.training.steps
        report({"step": steps, "steps": steps, "values": found[-1]})
