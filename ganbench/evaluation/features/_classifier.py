"""The small convolutional classifier behind ``classifier:NAME`` features, and its training.

``python -m ganbench.evaluation.features._classifier mnist`` trains it on a CPU in about ten
minutes, prints the test accuracy and writes ``weights/mnist.safetensors`` with the accuracy in its
header;
``ganbench prepare NAME`` does the same into the cache.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganbench.core.cache import digest, folder
from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.core.kinds import Data, Dataset

WEIGHTS = Path(__file__).with_name("weights")
VERSION = 1  # raised whenever the network or its training changes
FEATURES = 128
EPOCHS, BATCH, RATE = 14, 128, 4e-3


class Classifier(nn.Module):
    """Images ``[B, *shape]`` in -1..1 -> features ``[B, 128]`` and logits ``[B, classes]``.

    Five 3x3 convolutions (two of stride 2), then one hidden linear layer, whose batch-normalised
    output before its ReLU is the feature vector.
    """

    def __init__(self, classes: int = 10, shape: tuple[int, ...] = (1, 28, 28)) -> None:
        super().__init__()
        channels, height, width = shape
        smallest = -(-height // 4) * -(-width // 4)  # each stride of 2 rounds up

        def block(before: int, after: int, stride: int) -> list[nn.Module]:
            return [
                nn.Conv2d(before, after, 3, stride, 1, bias=False),
                nn.BatchNorm2d(after),
                nn.ReLU(),
            ]

        self.body = nn.Sequential(
            *block(channels, 24, 1), *block(24, 32, 2), *block(32, 32, 1), *block(32, 64, 2),
            *block(64, 64, 1), nn.Flatten(1), nn.Dropout(0.3),
            nn.Linear(64 * smallest, FEATURES, bias=False), nn.BatchNorm1d(FEATURES),
        )  # fmt: skip
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features and the logits."""
        features = self.body(x)
        return features, self.head(F.relu(features))


def augment(x: Tensor, rng: torch.Generator) -> Tensor:
    """Return ``x [B, C, H, W]`` turned by up to 10 degrees, scaled by 10 %, moved by 2 pixels."""
    b = len(x)

    def uniform(bound: float) -> Tensor:
        return (torch.rand(b, generator=rng) * 2 - 1) * bound

    angle, scale = uniform(torch.pi / 18), 1 + uniform(0.1)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    shift = 2 * 2 / x.shape[-1]
    theta = torch.stack(
        [torch.stack([cos, -sin, uniform(shift)], 1), torch.stack([sin, cos, uniform(shift)], 1)], 1
    )
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x + 1, grid, align_corners=False) - 1  # zeros outside are black: -1


def images(x: np.ndarray) -> Tensor:
    """Return uint8 images as float tensors in -1..1."""
    return torch.from_numpy(np.array(x)).float() / 127.5 - 1


@torch.no_grad()
def accuracy(model: Classifier, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share (0-1) of images ``x [N, ...]`` uint8 whose class is found."""
    model.eval()
    predicted = [model(images(x[i : i + 500]))[1].argmax(1).numpy() for i in range(0, len(x), 500)]
    return float((np.concatenate(predicted) == y).mean())


def train(data: Data, classes: int, epochs: int = EPOCHS, seed: int = 0) -> Classifier:
    """Return a classifier trained on ``data.train``: Adam, one-cycle rate, light augmentation."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    model = Classifier(classes, data.train.shape[1:])
    x, y = images(data.train), torch.from_numpy(np.array(data.train_labels)).long()
    size = min(BATCH, len(x))
    steps = len(x) // size
    optimiser = torch.optim.Adam(model.parameters(), weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, epochs * steps)
    for epoch in range(epochs):
        model.train()
        order = torch.randperm(len(x), generator=rng)
        for batch in order[: steps * size].split(size):
            loss = F.cross_entropy(model(augment(x[batch], rng))[1], y[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch + 1}/{epochs}: loss {loss.item():.4f}", flush=True)
    return model


def prepared(name: str) -> Path:
    """Return where the weights lie that were trained on this machine, by this recipe."""
    recipe = {"version": VERSION, "epochs": EPOCHS, "batch": BATCH, "rate": RATE}
    return folder() / "classifiers" / f"{name}-{digest(recipe)[:12]}.safetensors"


def record(path: Path) -> dict[str, str]:
    """Return the metadata of the weights in ``path``; empty if it is not a whole file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
            return json.loads(metadata["about"]) if "about" in metadata else metadata
    except (SafetensorError, OSError):
        return {}


def fit(dataset: Dataset, data: Data, path: Path) -> float:
    """Train on ``data``, write the weights to ``path`` and return the test accuracy (0-1).

    Raises:
        UsageError: the data are not images with labels.
    """
    from safetensors.torch import save

    if data.train.ndim != 4 or data.train_labels is None or data.test_labels is None:
        raise UsageError(f"{dataset.name} has no labelled images to train a classifier on")
    model = train(data, dataset.classes or int(data.train_labels.max()) + 1)
    score = accuracy(model, data.test, data.test_labels)
    about = {"dataset": dataset.name, "test_accuracy": f"{score:.4f}", "trained_on": data.sha256}
    # One key, because safetensors writes several in no fixed order.
    write_bytes(path, save(model.state_dict(), {"about": json.dumps(about)}))
    return score


def main(name: str) -> None:
    """Train on the data set ``name`` and write the weights that ship."""
    from ganbench.core import registry

    dataset = registry.datasets.get(name)
    path = WEIGHTS / f"{name}.safetensors"
    score = fit(dataset, dataset.load(None), path)
    print(f"{path.name}: test accuracy {score:.4f}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
