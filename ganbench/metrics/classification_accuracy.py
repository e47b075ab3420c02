"""Classification accuracy score: train on generated, test on real.

Ravuri & Vinyals 2019, arXiv:1905.10887: a classifier that has seen only generated samples and
their labels is tested on real ones. Modes that are missing, or blurred into others, cost accuracy.

The paper trains a ResNet-50. Here the classifier is a stated, deterministic one on feature (or
pixel) vectors: each feature is centred and scaled by its mean and standard deviation over the fakes
(a constant feature is only centred), then multinomial logistic regression with the L2 penalty
|W|^2 / (2 C), C = 1, is solved by L-BFGS. The paper's generators are conditional, so a label is
what the generator was asked for. An unconditional one has none: its labels are then those that the
embedded classifier predicts, and the score tells how well the generated classes, as that classifier
sees them, stand for the real ones. Where all fakes have one label, every real sample gets it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Metric, Paper, Quantity, needs
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.metrics import _inputs

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

ITERATIONS = 5_000
C = 1.0


def classification_accuracy(
    fake: Any, fake_labels: Any, test: Any, test_labels: Any, c: float = C
) -> float:
    """Return the accuracy (0 to 1) on real samples of a classifier trained on generated ones.

    Args:
        fake: ``[M, D]`` and their labels ``[M]``, integers.
        test: ``[N, D]`` and their labels ``[N]``, held out.
        c: inverse strength of the L2 penalty.

    Raises:
        ValueError: different D, labels that are no integers or not one a sample, values that are
            not finite, c not positive.
        RuntimeError: the solver stopped before the optimum.

    References:
        Ravuri & Vinyals 2019, arXiv:1905.10887.
    """
    return compute(prepare((test, test_labels)), (fake, fake_labels), c)["cas"]


def _labelled(samples: Any, labels: Any, name: str) -> tuple[Array, Array]:
    x = _inputs.samples(samples, name, 1).cpu().numpy()
    y = np.asarray(labels.cpu() if hasattr(labels, "cpu") else labels)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise ValueError(f"{name}_labels are {y.dtype} of shape {y.shape}: integers [N] needed")
    if len(y) != len(x):
        raise ValueError(f"{name}_labels has {len(y)} labels for {len(x)} samples")
    return x, y


def prepare(real: tuple[Any, Any], c: float = C) -> dict[str, Array]:
    """Return the test samples ``[N, D]`` and their labels ``[N]``.

    Args:
        real: ``(test, test_labels)``.
    """
    x, y = _labelled(*real, "test")
    return {"test": x, "labels": y}


def compute(prepared: dict[str, Array], fake: tuple[Any, Any], c: float = C) -> dict[str, float]:
    """Return the accuracy from a prepared test set.

    Args:
        fake: ``(fake, fake_labels)``.
    """
    x, labels = _labelled(*fake, "fake")
    test, wanted = prepared["test"], prepared["labels"]
    _inputs.same_width(test.shape[1], x.shape[1], "test")
    if not 0 < c < np.inf:
        raise ValueError(f"c is {c!r}: a positive number needed")
    if (labels == labels[0]).all():
        return {"cas": float((wanted == labels[0]).mean())}
    return {"cas": float((_fit(x, labels, c).predict(test) == wanted).mean())}


def _fit(x: Array, labels: Array, c: float) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return model.fit(x, labels)
        except ConvergenceWarning as problem:
            raise RuntimeError(
                f"logistic regression on {len(x)} fakes did not finish: {problem}"
            ) from None


register(
    Metric(
        name="classification-accuracy",
        quantities=(
            Quantity(
                "cas",
                "share",
                higher_is_better=True,
                controls=("drop",),
                blind=("copy",),
                headline=False,
            ),
        ),
        needs=needs.LABELLED,
        group="quality",
        prepare=prepare,
        compute=compute,
        params={"c": C},
        final_only=True,
        floor_draws=2,
        paper=Paper(
            "Classification Accuracy Score for Conditional Generative Models",
            "Ravuri & Vinyals",
            2019,
            arxiv="1905.10887",
        ),
    )
)
