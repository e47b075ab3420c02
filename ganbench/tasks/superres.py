"""Super-resolution: of the images that G can make, the one that looks the same when it is small.

Menon et al. 2020 (PULSE, arXiv:2003.03808): 200 held-out images are shrunk by averaging over
blocks of 2 x 2 and 4 x 4 pixels (28 x 28 to 14 x 14 and 7 x 7), and the generator is inverted for
the small image (``_inversion``).

    superres_<f>x           peak signal to noise ratio, decibels
    superres_<f>x_ssim      structural similarity (Wang et al. 2004, scikit-image's, window 7)
    superres_<f>x_accuracy  share of answers in the class of the truth, by the run's classifier

Baselines: bicubic interpolation, the nearest of 10,000 training images, and a generator that was
never trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Answer, Paper, Quantity, Task, TaskInput
from ganbench.core.lazy import F, np
from ganbench.core.registry import register
from ganbench.core.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganbench.core.kinds import Array
    from ganbench.tasks._inversion import Make

    Enlarge = Callable[[Array, int], Array]

FACTORS = (2, 4)
SHOWN, LEAST = 10, 7  # pictures; pixels of the window of structural similarity
INSTALL = "pip install 'ganbench[tasks]'"


def _seen(factor: int) -> Any:
    from ganbench.tasks._inversion import Seen

    return Seen(lambda x: F.avg_pool2d(x, factor).flatten(1))


def small(images: Array, factor: int) -> Array:
    """Return images ``[N, C, H, W]`` averaged over blocks, uint8 ``[N, C, H/f, W/f]``."""
    n, c, height, width = images.shape
    blocks = images.reshape(n, c, height // factor, factor, width // factor, factor)
    averaged: Array = np.rint(blocks.mean((3, 5))).astype(np.uint8)
    return averaged


def psnr(one: Array, other: Array) -> float:
    """Return the mean peak signal to noise ratio of uint8 images, decibels."""
    squares = ((one.astype(np.float64) - other) / 255) ** 2
    return float((-10 * np.log10(squares.mean((1, 2, 3)).clip(1e-10))).mean())


def ssim(one: Array, other: Array) -> float:
    """Return the mean structural similarity of uint8 images ``[N, C, H, W]``.

    Raises:
        UsageError: scikit-image is not installed.
    """
    try:
        from skimage.metrics import structural_similarity
    except ImportError:
        raise UsageError(f"superres needs scikit-image: {INSTALL}") from None
    values = [
        structural_similarity(a, b, channel_axis=0, data_range=255)
        for a, b in zip(one, other, strict=True)
    ]
    return float(np.mean(values))


def _answer(given: TaskInput, enlarge: Enlarge, n: int) -> Answer:
    """Return the answer of ``enlarge(targets, factor) -> images``, which sees the small ones."""
    targets, labels = given.targets(n), given.data.test_labels
    values, pictures = {}, None
    for factor in FACTORS:
        large = enlarge(targets, factor)
        values[f"superres_{factor}x"] = psnr(large, targets)
        values[f"superres_{factor}x_ssim"] = ssim(large, targets)
        extracted = given.extract(large)
        if labels is not None and extracted.probs is not None:
            right = extracted.labels == np.asarray(labels[: len(targets)])
            values[f"superres_{factor}x_accuracy"] = float(right.mean())
        pictures = large[:SHOWN]
    return Answer(values, pictures)


def solve(
    given: TaskInput, model: Any, seed: int, n: int, candidates: int, starts: int, steps: int
) -> Answer:
    """Return the answer of a trained generator."""
    from ganbench.tasks._inversion import by_model

    own = derive("superres", seed)
    return _answer(given, _each(by_model(model, own, candidates, starts, steps)), n)


def _each(make: Make) -> Enlarge:
    return lambda targets, factor: make(targets, _seen(factor))


def bicubic(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Interpolate as Pillow does."""
    from ganbench.data._reading import Reading, resized

    def enlarge(targets: Array, factor: int) -> Array:
        size = (targets.shape[2], targets.shape[3])
        return resized(small(targets, factor), Reading(resize=size))

    return _answer(given, enlarge, n)


def nearest_image(given: TaskInput, seed: int, n: int, **_: Any) -> Answer:
    """Take the training image that is nearest when it is small."""
    from ganbench.tasks._inversion import by_copy, some

    return _answer(given, _each(by_copy(some(given.data.train, derive("superres", seed)))), n)


def untrained(given: TaskInput, seed: int, **params: Any) -> Answer:
    """Take what a generator makes that was never trained."""
    return solve(given, given.untrained(seed), seed, **params)


def shown(given: TaskInput, n: int, **_: Any) -> dict[str, Array]:
    """Return the truth, and the small images with large pixels."""
    targets, most = given.targets(n)[:SHOWN], FACTORS[-1]
    blocks = small(targets, most).repeat(most, 2).repeat(most, 3)
    return {"truth": targets, f"seen ({most}x smaller)": blocks}


def lacking(given: TaskInput) -> str:
    """Return why the data do not allow it."""
    from ganbench.tasks._inversion import refuse_other_data

    height, width = given.data.train.shape[-2:]
    if not (reason := refuse_other_data(given)) and (height % FACTORS[-1] or width % FACTORS[-1]):
        reason = f"sides of {height}x{width} are no multiples of {FACTORS[-1]}"
    if not reason and min(height, width) < LEAST:
        reason = f"structural similarity needs sides of at least {LEAST} pixels"
    return reason


QUANTITIES = tuple(
    Quantity(
        f"superres_{factor}x{end}", unit, higher_is_better=True, least=least,
        label=f"{what}, {factor}x",
    )
    for factor in FACTORS
    for end, unit, what, least in (
        ("", "dB", "PSNR", 0.0), ("_ssim", "", "SSIM", -1.0), ("_accuracy", "", "accuracy", 0.0),
    )
)  # fmt: skip

register(
    Task(
        name="superres",
        summary="images 2 and 4 times smaller enlarged by inverting the generator",
        quantities=QUANTITIES,
        solve=solve,
        baselines={"bicubic": bicubic, "nearest-image": nearest_image, "untrained": untrained},
        paper=Paper(
            "PULSE: Self-Supervised Photo Upsampling via Latent Space Exploration of Generative "
            "Models", "Menon et al.", 2020, "2003.03808",
        ),
        shown=shown,
        lacking=lacking,
        params={"n": 200, "candidates": 2_000, "starts": 2, "steps": 100},
    )
)  # fmt: skip
