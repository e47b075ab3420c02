"""What tests of the evaluation share: probes that see what metrics are given."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core.kinds import Data, Dataset, Extracted, Extractor, Metric, Paper, Quantity, needs
from ganbench.evaluation.evaluator import Evaluator

PAPER = Paper("A Probe", "The ganbench authors", 2026)


def normal(n, d=4, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def call(*words):
    """Run ``ganbench score``."""
    return CliRunner().invoke(main, ["score", *(str(w) for w in words)])


@dataclass
class Probe:
    """A metric that keeps what it is given, in order; ``metric`` is what can be registered."""

    real: list = field(default_factory=list)
    generated: list = field(default_factory=list)
    prepared: list = field(default_factory=list)
    metric: Metric = None


def probe(
    takes=needs.FEATURES,
    value: Callable = lambda prepared, fake: 0.0,
    keep: Callable = lambda real: {},
    name="probe",
    key="",
    **options,
):
    """Return a ``Probe`` that keeps ``keep(real)`` and yields ``value(prepared, generated)``."""
    found = Probe()

    def prepare(real, **params):
        found.real.append(real)
        return keep(real)

    def compute(prepared, fake, **params):
        found.prepared.append(prepared)
        found.generated.append(fake)
        return {key or name: value(prepared, fake)}

    found.metric = Metric(
        name=name,
        quantities=(Quantity(key or name, "number", higher_is_better=False),),
        needs=takes,
        group="probes",
        compute=compute,
        prepare=prepare,
        paper=PAPER,
        **options,
    )
    return found


def numbered(first, n):
    """Return ``n`` samples whose first feature tells which they are: ``first``, ``first + 1``..."""
    samples = normal(n, 2, seed=first).astype(np.float32)
    samples[:, 0] = first + np.arange(n)
    return samples


def numbers(features):
    """Return which samples these are."""
    return features[:, 0].astype(int).tolist()


TRAIN, TEST = 1000, 5000  # the number of the first sample


def data(n_train=400, n_test=120, **options):
    """Return data of which training samples are numbered from 1000, held-out ones from 5000.

    The label of a sample is the last digit of its number.
    """
    given = {
        "train": numbered(TRAIN, n_train),
        "test": numbered(TEST, n_test),
        "sha256": "0" * 64,
        "train_labels": np.arange(n_train) % 10,
        "test_labels": np.arange(n_test) % 10,
    }
    return Data(**given | options)


def dataset(**options):
    given = {
        "name": "numbered", "load": lambda folder: data(), "shape": (2,), "arch": "toy",
        "features": "none", "metrics": (), "primary": "fd", "summary": "for tests", "classes": 10,
        "classifier": "none",
    }  # fmt: skip
    return Dataset(**given | options)


def last_digit(samples):
    """Return samples as features, and the class that the last digit of the number tells."""
    flat = samples.reshape(len(samples), -1)
    return Extracted(flat, np.eye(10)[flat[:, 0].astype(int) % 10])


def evaluator(*metrics, **options):
    """Return an evaluator of numbered samples: 50 real and 40 generated ones at most."""
    given = {
        "dataset": dataset(),
        "data": data(),
        "extractor": Extractor("none", "", last_digit),
        "metrics": metrics,
        "n_real": 50,
        "n_fake": 40,
        "context": {},
    }
    return Evaluator(**given | options)
