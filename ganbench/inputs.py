"""Samples made elsewhere: image folders, ``.npy`` and ``.npz`` files, read as one array.

Nothing that is pickled is ever loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.errors import UsageError
from ganbench.lazy import np

if TYPE_CHECKING:
    from ganbench.spec.measure import Array

IMAGES = (".png", ".jpg", ".jpeg")
RESIZER = "pillow bicubic"  # a part of the protocol wherever images are resized


def read(path: str, resize: tuple[int, int] | None = None) -> Array:
    """Return samples: vectors ``[N, D]`` float64 or images ``[N, C, H, W]`` uint8.

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
        found: Any = np.load(where, allow_pickle=False)
        if where.suffix == ".npz":
            found = _member(found, name, where)
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
    array = samples(found, str(where))
    return _resize_all(array, resize) if resize else array


def _member(archive: Any, name: str, where: Path) -> Array:
    names = archive.files
    if name and name not in names:
        raise UsageError(f"{where} has no array {name!r}; it has {', '.join(names)}")
    if not name and len(names) != 1:
        raise UsageError(f"{where} has arrays {', '.join(names)}: say which, as {where}:{names[0]}")
    found: Array = archive[name or names[0]]
    return found


def samples(array: Any, name: str) -> Array:
    """Return ``array`` as vectors ``[N, D]`` or uint8 images ``[N, C, H, W]``.

    Grey images may be ``[N, H, W]``, colour images ``[N, H, W, 3]``.

    Raises:
        UsageError: of another shape or type.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{name} holds {array.dtype}, not numbers")
    if array.ndim == 2:
        return array.astype(np.float64)
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


def _folder(folder: Path, resize: tuple[int, int] | None) -> Array:
    from PIL import Image, UnidentifiedImageError

    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGES)
    if not files:
        raise UsageError(f"{folder} holds no images ({', '.join(IMAGES)})")
    images, first = [], None
    for file in files:
        try:
            with Image.open(file) as opened:
                image = opened.convert("L" if opened.mode in ("1", "L") else "RGB")
        except (OSError, UnidentifiedImageError, SyntaxError) as error:
            raise UsageError(f"{file} is not a readable image ({error})") from None
        if resize:
            image = image.resize((resize[1], resize[0]), Image.Resampling.BICUBIC)
        first = first or (file, image.size)
        if image.size != first[1]:
            raise UsageError(
                f"{first[0]} is {first[1][0]}x{first[1][1]} and {file} {image.size[0]}x"
                f"{image.size[1]}: give --resize HxW, or images of one size"
            )
        images.append(image)
    mode = "RGB" if any(image.mode == "RGB" for image in images) else "L"
    stacked = np.stack([np.asarray(image.convert(mode)) for image in images])
    return samples(stacked, str(folder))


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
