"""Augmentation: does a classifier with few labelled images gain from generated ones?

Antoniou et al. 2017 (arXiv:1711.04340) ask it of conditional generators. A small classifier (two
convolutions) is trained on k real images of each class, for as many steps as ever, and again with
half of each batch drawn from 2,000 generated images:

    augment_<k>   accuracy on held-out images with them, minus that without them, in points

A conditional generator makes images of each class. The images of any other are given the class
that the classifier sees in them that was trained on the k real images alone. The generator has seen
all training images (a conditional one with their classes): a gain is one over few *labels*.

Baselines, all with the same k images: ``more-real`` draws the half from as many further real
images with their classes, the most that can be gained; ``copies`` draws it from the k images
themselves, which adds nothing; ``classical`` shifts and turns real images; ``untrained`` takes the
images of a generator that was never trained. A seed decides the k images and the first weights,
the same for all.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Answer, Paper, Quantity, Task, TaskInput
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganbench.core.kinds import Array

    Labelled = tuple[Array, Array]

COUNTS = (5, 20, 100)
SHOWN = 10


def few(given: TaskInput, seed: int, k: int) -> Labelled:
    """Return ``k`` training images of each class, and their classes.

    Those of a smaller ``k`` are among them.
    """
    labels = np.asarray(given.data.train_labels)
    order = np.random.default_rng(derive("augment", seed)).permutation(len(labels))
    own = np.concatenate([order[labels[order] == c][:k] for c in np.unique(labels)])
    return given.data.train[own], labels[own]


def _answer(
    given: TaskInput,
    seed: int,
    steps: int,
    added: Callable[[int, Any], Labelled | None],
    augment: Any = None,
) -> Answer:
    """Return the gains where ``added(k, classifier of the k images)`` is drawn from too."""
    from ganbench.tasks import _small_classifier as classifier

    truth = np.asarray(given.data.test_labels)
    classes = int(max(truth.max(), np.asarray(given.data.train_labels).max())) + 1
    values, pictures = {}, None
    for k in COUNTS:
        real, own = few(given, seed, k), derive("augment", "weights", seed, k)
        alone = classifier.fit(real, classes, own, steps)
        more = added(k, alone)
        helped = classifier.fit(real, classes, own, steps, more, augment)
        right = [classifier.predicted(m, given.data.test) == truth for m in (alone, helped)]
        values[f"augment_{k}"] = 100 * float(right[1].mean() - right[0].mean())
        if more is not None:
            pictures = _one_of_each(more)
    return Answer(values, pictures)


def _one_of_each(labelled: Labelled) -> Array:
    """Return an image of each class, in order, as many as there are."""
    images, labels = labelled
    rows = [np.flatnonzero(labels == c)[0] for c in np.unique(labels)][:SHOWN]
    return np.asarray(images[rows])


def solve(given: TaskInput, model: Any, seed: int, n: int, steps: int) -> Answer:
    """Return the answer of a trained generator."""
    from ganbench.tasks import _small_classifier as classifier

    own = derive("augment", "samples", seed)
    classes = len(model.class_frequencies)

    @cache
    def of_classes() -> Labelled:
        each = [model.sample(n // classes, own + c, label=c) for c in range(classes)]
        return np.concatenate(each), np.repeat(np.arange(classes), n // classes)

    def added(k: int, alone: Any) -> Labelled:
        if classes:
            return of_classes()
        images = model.sample(n, own)
        return images, classifier.predicted(alone, images)

    return _answer(given, seed, steps, added)


def more_real(given: TaskInput, seed: int, n: int, steps: int) -> Answer:
    """Add further real images with their classes."""
    rng = np.random.default_rng(derive("augment", "more", seed))
    rows = rng.permutation(len(given.data.train))[:n]
    more = given.data.train[rows], np.asarray(given.data.train_labels)[rows]
    return _answer(given, seed, steps, lambda k, alone: more)


def copies(given: TaskInput, seed: int, n: int, steps: int) -> Answer:
    """Add the real images themselves, drawn with replacement."""

    def added(k: int, alone: Any) -> Labelled:
        images, labels = few(given, seed, k)
        rng = np.random.default_rng(derive("augment", "copies", seed))
        rows = rng.integers(len(images), size=n)
        return images[rows], labels[rows]

    return _answer(given, seed, steps, added)


def classical(given: TaskInput, seed: int, n: int, steps: int) -> Answer:
    """Shift and turn the real images."""
    from ganbench.tasks._small_classifier import shifted_and_turned

    return _answer(given, seed, steps, lambda k, alone: None, shifted_and_turned)


def untrained(given: TaskInput, seed: int, n: int, steps: int) -> Answer:
    """Add what a generator makes that was never trained."""
    return solve(given, given.untrained(seed), seed, n, steps)


def shown(given: TaskInput, **_: Any) -> dict[str, Array]:
    """Return a real image of each class."""
    return {"real": _one_of_each((given.data.train, np.asarray(given.data.train_labels)))}


def lacking(given: TaskInput) -> str:
    """Return why the data do not allow it."""
    from ganbench.tasks._inversion import refuse_other_data

    labels = given.data.train_labels
    if labels is None or given.data.test_labels is None:
        return "the data have no classes"
    least = int(np.bincount(np.asarray(labels)).min())
    if least < COUNTS[-1]:
        return f"a class has {least} training images: at least {COUNTS[-1]} needed"
    return refuse_other_data(given)


register(
    Task(
        name="augment",
        summary="accuracy that a classifier of few labelled images gains from generated ones",
        quantities=tuple(
            Quantity(
                f"augment_{k}", "points", higher_is_better=True, least=-100.0,
                label=f"gain in accuracy, {k} real images a class",
            )
            for k in COUNTS
        ),
        solve=solve,
        baselines={
            "more-real": more_real, "copies": copies, "classical": classical,
            "untrained": untrained,
        },
        paper=Paper(
            "Data Augmentation Generative Adversarial Networks", "Antoniou et al.", 2017,
            "1711.04340",
        ),
        shown=shown,
        lacking=lacking,
        params={"n": 2_000, "steps": 300},
    )
)  # fmt: skip
