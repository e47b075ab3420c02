"""Inpainting: hidden pixels are filled with those of the nearest image that G can make.

Yeh et al. 2017 (arXiv:1607.07539), without their term of D: of 200 held-out images the centre, the
right half, or a random half of the pixels is hidden. The generator is inverted for what is visible
(``_inversion``), and the hidden pixels are taken from what it makes.

    inpaint_<mask>      root mean squared error of the hidden pixels, black to white being 1
    inpaint_<mask>_fd   Fréchet distance of the filled images to other held-out ones, in the run's
                        features; of 200 images, so compare it with the baselines only

The least error is that of a blurred mean, the least distance that of a plausible guess: both are
told. Baselines: the mean training image, the nearest of 10,000 training images on the visible
pixels, and a generator that was never trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.kinds import Answer, Paper, Quantity, Task, TaskInput
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from ganbench.core.kinds import Array
    from ganbench.tasks._inversion import Make

MASKS = ("centre", "half", "random")
SHOWN = 10


def hidden(mask: str, n: int, height: int, width: int) -> Array:
    """Return which pixels of ``n`` images are hidden, booleans ``[n, 1, H, W]``."""
    where = np.zeros((n, 1, height, width), bool)
    if mask == "centre":
        where[:, :, height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    elif mask == "half":
        where[..., width // 2 :] = True
    else:
        where = np.random.default_rng(derive("inpaint", mask)).random(where.shape) < 0.5
    return where


def _seen(where: Array, channels: int) -> Any:
    from ganbench.tasks._inversion import Seen

    visible = torch.from_numpy(~where).float().expand(-1, channels, -1, -1)
    return Seen(lambda x: x.flatten(1), visible.flatten(1))


def _answer(given: TaskInput, fill: Make, n: int) -> Answer:
    """Return the answer of what fills, for every mask."""
    from ganbench.metrics import frechet_distance
    from ganbench.tasks._inversion import rmse

    targets = given.targets(n)
    values, pictures = {}, None
    for mask in MASKS:
        where = hidden(mask, len(targets), *targets.shape[2:])
        filled = np.where(where, fill(targets, _seen(where, targets.shape[1])), targets)
        values[f"inpaint_{mask}"] = rmse(filled, targets, where)
        features = given.extract(filled).features
        values[f"inpaint_{mask}_fd"] = frechet_distance(given.real.features, features)
        pictures = filled[:SHOWN] if mask == "half" else pictures
    return Answer(values, pictures)


def solve(
    given: TaskInput, model: Any, seed: int, n: int, candidates: int, starts: int, steps: int
) -> Answer:
    """Return the answer of a trained generator."""
    from ganbench.tasks._inversion import by_model

    return _answer(given, by_model(model, derive("inpaint", seed), candidates, starts, steps), n)


def mean_image(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Fill with the mean training image."""
    from ganbench.tasks._inversion import by_mean

    return _answer(given, by_mean(given.data.train), n)


def nearest_image(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Fill with the training image that is nearest where it is visible."""
    from ganbench.tasks._inversion import by_copy, some

    return _answer(given, by_copy(some(given.data.train, derive("inpaint", "pool", seed))), n)


def untrained(given: TaskInput, seed: int, **params: Any) -> Answer:
    """Fill with what a generator makes that was never trained."""
    return solve(given, given.untrained(seed), seed, **params)


def shown(given: TaskInput, n: int, **_: Any) -> dict[str, Array]:
    """Return the truth and what is visible of it."""
    targets = given.targets(n)[:SHOWN]
    where = hidden("half", len(targets), *targets.shape[2:])
    return {"truth": targets, "visible": np.where(where, 128, targets).astype(np.uint8)}


def lacking(given: TaskInput) -> str:
    """Return why the data do not allow it."""
    from ganbench.tasks._inversion import refuse_other_data

    return refuse_other_data(given)


QUANTITIES = tuple(
    Quantity(f"inpaint_{mask}{end}", unit, higher_is_better=False, label=f"{what}, {mask} hidden")
    for mask in MASKS
    for end, unit, what in (("", "of white", "error"), ("_fd", "", "fd of the filled"))
)

register(
    Task(
        name="inpaint",
        summary="hidden pixels (centre, half, random half) filled by inverting the generator",
        quantities=QUANTITIES,
        solve=solve,
        baselines={
            "mean-image": mean_image, "nearest-image": nearest_image, "untrained": untrained,
        },
        paper=Paper(
            "Semantic Image Inpainting with Deep Generative Models", "Yeh et al.", 2017,
            "1607.07539",
        ),
        shown=shown,
        lacking=lacking,
        params={"n": 200, "candidates": 2_000, "starts": 2, "steps": 100},
    )
)  # fmt: skip
