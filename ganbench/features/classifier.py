"""Features of a small classifier whose weights ship with ganbench: ``classifier:mnist``.

128 numbers from the last hidden layer, before its ReLU; class probabilities come with them. The
network and its training are in ``_classifier.py``. Fréchet distances in these features are called
``fd``, never ``fid``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from ganbench.errors import UsageError, unknown
from ganbench.lazy import np, torch
from ganbench.registry import register
from ganbench.spec import Extracted, Extractor, Features

if TYPE_CHECKING:
    from ganbench.spec import Array

WEIGHTS = Path(__file__).with_name("weights")
SHA256 = {"mnist": "d9f0409b2a5657cb237b5d37b55f256b4e02b047afaf1278b36bf16c58185575"}
BATCH = 500


def load(argument: str) -> Extractor:
    """Return the extractor of the classifier named ``argument``.

    Raises:
        UsageError: no such classifier, or its weights are damaged.
    """
    from safetensors.torch import load as load_tensors

    from ganbench.features._classifier import Classifier, images

    if argument not in SHA256:
        raise unknown("classifier", argument, SHA256)
    path = WEIGHTS / f"{argument}.safetensors"
    raw = path.read_bytes()
    sha256 = hashlib.sha256(raw).hexdigest()
    if sha256 != SHA256[argument]:
        raise UsageError(f"{path} is damaged (its SHA-256 is wrong); reinstall ganbench")
    weights = load_tensors(raw)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = Classifier(len(weights["head.bias"]))
    model.load_state_dict(weights)
    model.eval().requires_grad_(False).to(device)

    def extract(samples: Array) -> Extracted:
        if samples.dtype != np.uint8 or samples.shape[1:] != (1, 28, 28):
            raise UsageError(
                f"features 'classifier:{argument}' need uint8 images of shape (1, 28, 28), "
                f"got {samples.dtype} of shape {samples.shape[1:]}"
            )
        found = [
            [t.cpu().numpy() for t in model(images(samples[i : i + BATCH]).to(device))]
            for i in range(0, len(samples), BATCH)
        ]
        features, logits = (np.concatenate(part) for part in zip(*found, strict=True))
        probs = torch.from_numpy(logits).double().softmax(1).numpy()
        return Extracted(features.astype(np.float64), probs)

    return Extractor(f"classifier:{argument}", sha256, extract)


register(Features("classifier", load, "a small classifier's last hidden layer: classifier:mnist"))
