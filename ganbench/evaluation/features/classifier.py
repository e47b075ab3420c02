"""Features of a small classifier of one data set: ``classifier:mnist``.

128 numbers from the last hidden layer, before its ReLU; class probabilities come with them. The
network and its training are in ``_classifier.py``. Weights for some data sets ship with ganbench;
for others ``ganbench prepare NAME`` trains them on this machine. Fréchet distances in these
features are called ``fd``, never ``fid``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.core import registry
from ganbench.core.errors import UsageError, unknown
from ganbench.core.kinds import Extracted, Extractor, Features, Suits
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

WEIGHTS = Path(__file__).with_name("weights")
SHA256 = {
    "mnist": "d9f0409b2a5657cb237b5d37b55f256b4e02b047afaf1278b36bf16c58185575",
    "fashion-mnist": "8d472924a511002815d9d863a83754fda6789836fcb00e884a5fab4f542fdceb",
}
LOOKED_AT = 1_000  # samples of a data set that ships, which others are compared with
NEAR = 1.25  # times as far from class means; mirrored digits have 3, inverted ones 5, noise 100
BATCH = {"cpu": 50, "cuda": 500}  # images at a time: what the processor's cache holds, or a GPU's


def path(name: str) -> Path:
    """Return where the weights of the classifier ``name`` are, or would be."""
    from ganbench.evaluation.features._classifier import prepared

    return WEIGHTS / f"{name}.safetensors" if name in SHA256 else prepared(name)


def read(name: str) -> tuple[bytes, str]:
    """Return the weights, and the SHA-256 of their data if they were trained on this machine.

    Raises:
        UsageError: there is no such classifier, it was not prepared (names the command), or it is
            damaged.
    """
    from ganbench.evaluation.features._classifier import record

    if name in SHA256:
        raw = path(name).read_bytes()
        if hashlib.sha256(raw).hexdigest() != SHA256[name]:
            raise UsageError(f"{path(name)} is damaged (its SHA-256 is wrong); reinstall ganbench")
        return raw, ""
    known = [d.name for d in registry.datasets.items() if d.classifier == f"classifier:{d.name}"]
    if name not in known:
        raise unknown("classifier", name, known)
    trained_on = record(path(name)).get("trained_on")
    if not trained_on:
        raise UsageError(
            f"there is no classifier of {name} on this machine, or it is damaged: "
            f"run `ganbench prepare {name}`, or choose other --features"
        )
    return path(name).read_bytes(), trained_on


def check(key: str, samples: Array, shape: tuple[int, ...]) -> None:
    """Raise ``UsageError`` unless they are uint8 images of the shape; it names a fit size."""
    if samples.dtype == np.uint8 and samples.shape[1:] == shape:
        return
    helps = samples.dtype == np.uint8 and samples.ndim == 4 and samples.shape[1] == shape[0]
    raise UsageError(
        f"features {key!r} need uint8 images of shape {shape}, got {samples.dtype} of shape "
        f"{samples.shape[1:]}{f': give --resize {shape[1]}x{shape[2]}' if helps else ''}"
    )


def load(argument: str) -> Extractor:
    """Return the extractor of the classifier named ``argument``.

    Raises:
        UsageError: no such classifier, or its weights are damaged.
    """
    from safetensors.torch import load as load_tensors

    from ganbench.evaluation.features._classifier import Classifier, images

    raw, trained_on = read(argument)
    shape = registry.datasets.get(argument).shape or ()
    weights = load_tensors(raw)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    batch = BATCH[device]
    model = Classifier(len(weights["head.bias"]), shape)
    model.load_state_dict(weights)
    model.eval().requires_grad_(False).to(device)

    def extract(samples: Array) -> Extracted:
        check(f"classifier:{argument}", samples, shape)
        batches = [
            [t.cpu().numpy() for t in model(images(samples[i : i + batch]).to(device))]
            for i in range(0, len(samples), batch)
        ]
        features, logits = (np.concatenate(part) for part in zip(*batches, strict=True))
        probs = torch.from_numpy(logits).double().softmax(1).numpy()
        return Extracted(features.astype(np.float64), probs)

    sha256 = hashlib.sha256(raw).hexdigest()
    return Extractor(f"classifier:{argument}", sha256, extract, trained_on=trained_on)


def suits(samples: Array) -> Suits | None:
    """Return the classifier of whose data set the samples are.

    Half of them are about as near to a class mean, in its features, as half of the data set's own.
    How sure a classifier is does not tell: it is sure of noise.
    """
    if samples.dtype != np.uint8:
        return None
    for name in SHA256:
        dataset = registry.datasets.get(name)
        if dataset.ships and samples.shape[1:] == dataset.shape:
            own, function = dataset.data().test, load(name).function
            classes, held = function(own[:LOOKED_AT]), function(own[LOOKED_AT : 2 * LOOKED_AT])
            ratio = _from_means(function(samples), classes) / _from_means(held, classes)
            if ratio < NEAR:
                return Suits(f"classifier:{name}", 20, f"they are like {name}'s own samples")
    return None


def _from_means(found: Extracted, classes: Extracted) -> float:
    """Return the median squared distance of features to the nearest class mean."""
    means = [classes.features[classes.labels == k].mean(0) for k in np.unique(classes.labels)]
    distances = [((found.features - mean) ** 2).sum(1) for mean in means]
    return float(np.median(np.min(distances, axis=0)))


register(
    Features("classifier", load, "a small classifier's last hidden layer: classifier:mnist",
             suits=suits)
)  # fmt: skip
