"""``ganbench prepare``: data, and the classifier of their features, ahead of time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ganbench.cli._common import guarded
from ganbench.core import registry

if TYPE_CHECKING:
    from ganbench.core.kinds import Data, Dataset


@click.command()
@click.argument("dataset")
@click.option("--data-dir", help="Folder of the data set's files.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object as the last line.")
@guarded
def prepare(dataset: str, data_dir: str | None, as_json: bool) -> None:
    """Fetch DATASET and train the classifier behind ``--features classifier:DATASET``.

    Does nothing that is done already. The classifier's training is seeded; on a CPU it takes about
    ten minutes for 60,000 images of 28x28. Weights go to the cache's folder.
    """
    spec = registry.datasets.get(dataset)
    data = spec.data(data_dir)
    shape = "x".join(str(side) for side in data.train.shape[1:])
    click.echo(f"{spec.name}: {len(data.train):,} + {len(data.test):,} samples of {shape}")
    said: dict[str, Any] = {"dataset": spec.name, "sha256": data.sha256, "classifier": None}
    if spec.classifier == f"classifier:{spec.name}":
        said |= _classifier(spec, data)
        click.echo(f"{spec.classifier}: test accuracy {said['test_accuracy']:.4f}, {said['path']}")
    elif spec.classifier:
        click.echo(f"its classes come from {spec.classifier}: nothing to train")
    else:
        click.echo("it has no classes: nothing to train")
    if as_json:
        click.echo(json.dumps(said))


def _classifier(spec: Dataset, data: Data) -> dict[str, Any]:
    """Return where the classifier is and what it is worth, after training it if need be."""
    from ganbench.evaluation.features import _classifier as training
    from ganbench.evaluation.features import classifier

    path = classifier.path(spec.name)
    if spec.name in classifier.SHA256:
        classifier.read(spec.name)  # or it is damaged
    elif training.record(path).get("trained_on") != data.sha256:
        training.fit(spec, data, path)
    score = float(training.record(path)["test_accuracy"])
    return {"classifier": spec.classifier, "path": str(path), "test_accuracy": score}
