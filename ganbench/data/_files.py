"""Samples made elsewhere: image folders, ``.npy`` and ``.npz`` files, read as one array.

Nothing that is pickled is ever loaded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.lazy import np

if TYPE_CHECKING:
    from ganbench.core.kinds.dataset import Array

IMAGES = (".png", ".jpg", ".jpeg")
RESIZER = "pillow bicubic"  # a part of the protocol wherever images are resized


@dataclass(frozen=True)
class Images:
    """Image files of one size, read when they are sliced: ``[N, C, H, W]`` uint8.

    Attributes:
        size: (width, height), which images are resized to where ``resize`` is set.
        mode: L or RGB.
    """

    files: tuple[Path, ...]
    size: tuple[int, int]
    mode: str
    resize: bool

    def __len__(self) -> int:
        return len(self.files)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(N, C, H, W)``."""
        return len(self.files), len(self.mode), self.size[1], self.size[0]

    def __getitem__(self, rows: Any) -> Array | Images:
        """Return an array for a slice, and the images of an array of indices, still unread."""
        if not isinstance(rows, slice):
            return replace(self, files=tuple(self.files[i] for i in rows))
        return np.stack([self._read(file) for file in self.files[rows]])

    def _read(self, file: Path) -> Array:
        from PIL import Image

        with _readable(file), Image.open(file) as opened:
            image = opened.convert(self.mode)
        if self.resize:
            image = image.resize(self.size, Image.Resampling.BICUBIC)
        planes: Array = np.atleast_3d(np.asarray(image)).transpose(2, 0, 1)
        return planes


def read(path: str, resize: tuple[int, int] | None = None) -> Array | Images:
    """Return samples: vectors ``[N, D]`` or images ``[N, C, H, W]`` uint8.

    Args:
        path: a folder of images (searched through, in order of their names), a ``.npy`` file, a
            ``.npz`` file with one array, or ``FILE.npz:NAME``.
        resize: (height, width) for images.

    Raises:
        UsageError: missing, empty, damaged, pickled, or not samples; one line that says which.
    """
    file, _, name = path.partition(".npz:")
    where = Path(f"{file}.npz" if name else path)
    if not where.exists():
        raise UsageError(f"{where} does not exist")
    if where.is_dir():
        return _folder(where, resize)
    if where.suffix not in (".npy", ".npz"):
        raise UsageError(f"{where} is neither a folder of images nor a .npy or .npz file")
    try:
        loaded: Any = np.load(where, allow_pickle=False)
        if where.suffix == ".npz":
            loaded = _member(loaded, name, where)
    except UsageError:
        raise
    except ValueError as error:
        if "allow_pickle" in str(error) or "bject array" in str(error):
            raise UsageError(
                f"{where} holds pickled objects, which are never loaded: save a plain array"
            ) from None
        raise UsageError(f"{where} is damaged ({error})") from None
    except Exception as error:  # numpy and zipfile raise many kinds for damaged files
        raise UsageError(f"{where} is damaged ({error})") from None
    array = samples(loaded, str(where))
    return _resize_all(np.asarray(array), resize) if resize else array


def _member(archive: Any, name: str, where: Path) -> Array:
    names = archive.files
    if name and name not in names:
        raise UsageError(f"{where} has no array {name!r}; it has {', '.join(names)}")
    if not name and len(names) != 1:
        raise UsageError(f"{where} has arrays {', '.join(names)}: say which, as {where}:{names[0]}")
    member: Array = archive[name or names[0]]
    return member


def samples(array: Any, name: str) -> Array | Images:
    """Return ``array`` as vectors ``[N, D]`` or uint8 images ``[N, C, H, W]``.

    Grey images may be ``[N, H, W]``, colour images ``[N, H, W, 3]``.

    Raises:
        UsageError: of another shape or type.
    """
    if isinstance(array, Images):
        return array
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} holds {array.dtype}, not numbers")
    if array.ndim == 2:
        return array
    if array.ndim in (3, 4) and array.dtype == np.uint8:
        images = array[:, None] if array.ndim == 3 else array
        if images.shape[1] not in (1, 3) and images.shape[3] in (1, 3):
            images = images.transpose(0, 3, 1, 2)
        if images.shape[1] in (1, 3):
            return np.ascontiguousarray(images)
    raise UsageError(
        f"{name} has shape {array.shape} of {array.dtype}: vectors [N, D], or uint8 images "
        "[N, H, W], [N, H, W, 3] or [N, C, H, W] with C of 1 or 3"
    )


@contextlib.contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{file} is not a readable image ({error})") from None


def _folder(folder: Path, resize: tuple[int, int] | None) -> Images:
    """Return the images of a folder; their headers are read and compared at once."""
    from PIL import Image

    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGES)
    if not files:
        raise UsageError(f"{folder} holds no images ({', '.join(IMAGES)})")
    size, grey = None, True
    for file in files:
        with _readable(file), Image.open(file) as opened:
            opened_size, mode = opened.size, opened.mode
        size = size or opened_size
        grey = grey and mode in ("1", "L")
        if opened_size != size and not resize:
            raise UsageError(
                f"{files[0]} is {size[0]}x{size[1]} and {file} {opened_size[0]}x{opened_size[1]}: "
                "give --resize HxW (ganbench score), or images of one size"
            )
    assert size is not None
    size = (resize[1], resize[0]) if resize else size
    return Images(tuple(files), size, "L" if grey else "RGB", resize is not None)


def _resize_all(array: Array, resize: tuple[int, int]) -> Array:
    from PIL import Image

    if array.ndim != 4:
        raise UsageError("--resize is for images, and these are vectors")
    size = (resize[1], resize[0])
    planes = [
        [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in image]
        for image in array
    ]
    return np.array(planes, np.uint8)
