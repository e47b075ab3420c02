"""Inversion: how near the generator comes to real images that it was never shown.

Recall measured another way (Webster et al. 2019, arXiv:1901.03396, compare the errors of training
and held-out images so): what a collapsed generator cannot make, no latent reaches. Of 200 held-out
images

    invert_error    root mean squared error of the nearest image that G makes (black to white is 1)
    invert_reached  share that G comes nearer to than the nearest of 10,000 training images does
    invert_gap      the error of held-out images over that of training images: above 1 where G has
                    learned training images by heart

Baselines: the mean training image, the nearest training image, a generator never trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Answer, Paper, Quantity, Task, TaskInput
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from ganbench.core.kinds import Array
    from ganbench.tasks._inversion import Make

SHOWN = 10
POOL = 10_000


def _errors(one: Array, other: Array) -> Array:
    squares = ((one.astype(np.float64) - other) / 255) ** 2
    errors: Array = np.sqrt(squares.mean((1, 2, 3)))
    return errors


def _trained(given: TaskInput, n: int) -> tuple[Array, Array]:
    """Return the training images that are inverted too, and others that are copied."""
    train = given.data.train
    own = min(n, len(train) // 2)
    return train[:own], train[own:][-POOL:]


def _answer(given: TaskInput, make: Make, n: int) -> Answer:
    """Return the answer of what makes images."""
    from ganbench.tasks._inversion import Seen, by_copy

    whole = Seen(lambda x: x.flatten(1))

    held_out, (trained, pool) = given.targets(n), _trained(given, n)
    made = make(held_out, whole)
    errors = _errors(made, held_out)
    copied = _errors(by_copy(pool)(held_out, whole), held_out)
    root = float(np.sqrt((errors**2).mean()))
    on_trained = float(np.sqrt((_errors(make(trained, whole), trained) ** 2).mean()))
    values = {"invert_error": root, "invert_reached": float((errors < copied).mean())}
    if on_trained:
        values["invert_gap"] = root / on_trained
    return Answer(values, made[:SHOWN])


def solve(
    given: TaskInput, model: Any, seed: int, n: int, candidates: int, starts: int, steps: int
) -> Answer:
    """Return the answer of a trained generator."""
    from ganbench.tasks._inversion import by_model

    return _answer(given, by_model(model, derive("invert", seed), candidates, starts, steps), n)


def mean_image(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Take the mean training image."""
    from ganbench.tasks._inversion import by_mean

    return _answer(given, by_mean(given.data.train), n)


def nearest_image(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Take the nearest of the training images."""
    from ganbench.tasks._inversion import by_copy

    return _answer(given, by_copy(_trained(given, n)[1]), n)


def untrained(given: TaskInput, seed: int, **params: Any) -> Answer:
    """Take what a generator makes that was never trained."""
    return solve(given, given.untrained(seed), seed, **params)


def shown(given: TaskInput, n: int, **_: Any) -> dict[str, Array]:
    """Return the truth."""
    return {"truth": given.targets(n)[:SHOWN]}


def lacking(given: TaskInput) -> str:
    """Return why the data do not allow it."""
    from ganbench.tasks._inversion import refuse_other_data

    return refuse_other_data(given)


register(
    Task(
        name="invert",
        summary="how near the generator comes to held-out images: recall measured another way",
        quantities=(
            Quantity("invert_error", "of white", higher_is_better=False, label="error"),
            Quantity("invert_reached", "", higher_is_better=True, label="share reached"),
            Quantity(
                "invert_gap", "", higher_is_better=False, least=0.0, label="held-out over trained"
            ),
        ),
        solve=solve,
        baselines={
            "mean-image": mean_image, "nearest-image": nearest_image, "untrained": untrained,
        },
        paper=Paper(
            "Detecting Overfitting of Deep Generative Networks via Latent Recovery",
            "Webster et al.", 2019, "1901.03396",
        ),
        shown=shown,
        lacking=lacking,
        params={"n": 200, "candidates": 2_000, "starts": 2, "steps": 100},
    )
)  # fmt: skip
