"""Arrays and tensors as samples: vectors ``[N, D]``, or pictures converted when they are sliced.

Pictures are ``[N, H, W]``, ``[N, C, H, W]`` or ``[N, H, W, C]`` with C of 1, 3 or 4 (alpha last).
Where both could be meant, channels are first. uint8 values are taken as they are; float values
need the range that they are in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np
from ganbench.core.limits import MOST_COLUMNS
from ganbench.data._reading import NO_SIGN, Reading, composited, resized, to_bytes

if TYPE_CHECKING:
    from ganbench.core.kinds.dataset import Array

CHANNELS = (1, 3, 4)
LEAST_SIDE = 8  # of what may be one picture [C, H, W] as well as grey ones [N, H, W]
LOOKED_AT = 1_000  # rows that decide whether vectors look like raw pixels


@dataclass(frozen=True)
class Pictures:
    """Pictures of an array that may be larger than memory: ``[N, C, H, W]`` uint8 when sliced.

    Attributes:
        array: ``[N, C, H, W]`` of any type, a view of what was given.
        repeated: grey pictures are to be read as colour.
    """

    array: Any
    name: str
    reading: Reading = Reading()
    repeated: bool = False
    notes: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.array)

    @property
    def channels(self) -> int:
        """1 or 3."""
        return 3 if self.repeated or self.array.shape[1] > 1 else 1

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(N, C, H, W)``, as read."""
        height, width = self.reading.resize or self.array.shape[2:]
        return len(self.array), self.channels, height, width

    def __getitem__(self, rows: Any) -> Array | Pictures:
        """Return an array for a slice, and the pictures of an array of indices."""
        if not isinstance(rows, slice):
            return replace(self, array=self.array[rows])
        try:
            pixels = np.asarray(self.array[rows])
            if pixels.dtype != np.uint8:
                pixels = to_bytes(pixels, self.reading.value_range)
        except ValueError as error:
            raise UsageError(f"{self.name} has {error}") from None
        if pixels.shape[1] == 4:
            pixels = composited(pixels, self.reading.colour)
        pixels = resized(pixels, self.reading)
        if self.repeated and pixels.shape[1] == 1:
            pixels = np.repeat(pixels, 3, axis=1)
        return np.ascontiguousarray(pixels)

    def in_colour(self) -> Pictures:
        """Return the same pictures with three channels."""
        return replace(self, repeated=True)


def as_array(given: Any) -> Any:
    """Return what was given as a numpy array, without a copy where it is one or on a CPU.

    Tensors may need gradients, lie on any device, and have types that numpy does not know.
    """
    if not (hasattr(given, "detach") and hasattr(given, "cpu")):
        return np.asanyarray(given.data if isinstance(given, np.ma.MaskedArray) else given)
    import torch

    tensor = given.detach().to_dense().resolve_conj().resolve_neg().cpu()
    known = (torch.float16, torch.float32, torch.float64)
    return (
        tensor if tensor.dtype in known or not tensor.is_floating_point() else tensor.float()
    ).numpy()


def samples_of(given: Any, name: str, reading: Reading) -> Array | Pictures:
    """Return an array or a tensor as vectors ``[N, D]``, or as ``Pictures``.

    Raises:
        UsageError: of another shape or type; the message says what is needed.
    """
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise UsageError(f"{name} has {np.ma.count_masked(given):,} masked values: not samples")
    array = as_array(given)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} holds {array.dtype}, not numbers")
    if array.ndim == 2:
        if array.shape[1] > MOST_COLUMNS:
            raise UsageError(
                f"{name} has vectors of {array.shape[1]:,} numbers: at most {MOST_COLUMNS:,}"
            )
        if reading.resize:
            raise UsageError(f"--resize is for images, and {name} holds vectors")
        vectors: Array = array.astype(np.float32) if array.dtype == np.float16 else array
        return vectors
    if array.ndim not in (3, 4):
        raise UsageError(f"{name} has shape {array.shape} of {array.dtype}: {WANTED}")
    if array.dtype != np.uint8 and not (array.dtype.kind == "f" and reading.value_range):
        float_hint = "say --range 0..1 or --range -1..1 (value_range in Python), or "
        raise UsageError(
            f"{name} has shape {array.shape} of {array.dtype}: "
            f"{float_hint if array.dtype.kind == 'f' else ''}uint8 images needed"
        )
    if 0 in array.shape:
        raise UsageError(f"{name} has shape {array.shape} of {array.dtype}: no pixels")
    if array.ndim == 3 and array.shape[-1] in (3, 4):
        raise UsageError(
            f"{name} has shape {array.shape}, as one picture in colour: [N, H, W, C] needed; "
            f"{array.shape[0]} grey pictures of {array.shape[1]}x{array.shape[2]} are [N, H, W, 1]"
        )
    if array.ndim == 3 and array.shape[0] in (3, 4) and min(array.shape[1:]) >= LEAST_SIDE:
        raise UsageError(
            f"{name} has shape {array.shape}, as one picture in colour: [N, C, H, W] needed; "
            f"{len(array)} grey pictures are [{len(array)}, 1, {array.shape[1]}, {array.shape[2]}]"
        )
    return _pictures(array, name, reading)


WANTED = (
    "vectors [N, D], or uint8 images [N, H, W], [N, C, H, W] or [N, H, W, C] with C of 1, 3 or 4"
)


def _pictures(array: Any, name: str, reading: Reading) -> Pictures:
    if array.ndim == 3:
        array = array[:, None]
    elif array.shape[1] not in CHANNELS and array.shape[3] in CHANNELS:
        array = array.transpose(0, 3, 1, 2)
    if array.shape[1] not in CHANNELS:
        raise UsageError(f"{name} has shape {array.shape} of {array.dtype}: {WANTED}")
    notes, done = [], []
    if array.shape[1] == 4:
        done.append(f"alpha composited on {reading.background}")
    if array.dtype != np.uint8:
        done.append(f"float {reading.value_range} scaled to 8 bits")
    if array.shape[1] == 3 and len(array) and _all_grey(array):
        array = array[:, :1]
        notes.append("every image is grey, in three channels: one is read")
    if array.dtype != np.uint8 and reading.signed and _without_sign(array):
        notes.append(NO_SIGN)
    notes = [*done, *notes]
    return Pictures(array, name, reading, notes=tuple(notes), done=tuple(done))


def _all_grey(array: Any) -> bool:
    """Return whether the three channels are one in every picture; most sets show it at once."""
    for start in range(0, len(array), LOOKED_AT):
        piece = array[start : start + LOOKED_AT]
        if not bool((piece[:, :1] == piece[:, 1:]).all()):
            return False
    return True


def _without_sign(array: Any) -> bool:
    """Return whether no value is below 0; most sets show one at once."""
    starts = range(0, len(array), LOOKED_AT)
    return not any(bool((array[i : i + LOOKED_AT] < 0).any()) for i in starts)


def like_raw_pixels(vectors: Any) -> bool:
    """Return whether vectors hold whole numbers of 0..255, as pixels do before they are scaled."""
    first = np.asarray(vectors[:LOOKED_AT], float)
    if first.size == 0 or not np.isfinite(first).all():
        return False
    return bool(first.min() >= 0 and 1 < first.max() <= 255 and (first == np.floor(first)).all())
