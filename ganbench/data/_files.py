"""Samples made elsewhere: image folders, ``.npy`` and ``.npz`` files.

Nothing that is pickled is ever loaded. ``.npy`` files are mapped, and read where they are sliced.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.printable import shown
from ganbench.data._arrays import Pictures, samples_of
from ganbench.data._image_files import Images, image_folder
from ganbench.data._npy import mapped, member
from ganbench.data._reading import Reading

if TYPE_CHECKING:
    from ganbench.core.kinds.dataset import Array


def parts(path: str, ending: str = "npz") -> tuple[str, str]:
    """Return (FILE.npz, NAME) of ``FILE.npz:NAME``; any other path has no name."""
    both = re.fullmatch(rf"(.+?\.{ending}):(.+)", path, re.IGNORECASE | re.DOTALL)
    return (both[1], both[2]) if both else (path, "")


def read(path: str, reading: Reading = Reading()) -> Array | Images | Pictures:  # noqa: B008
    """Return samples: vectors ``[N, D]``, or pictures ``[N, C, H, W]`` uint8 when sliced.

    Args:
        path: a folder of images (searched through, in order of their names), a ``.npy`` file, a
            ``.npz`` file with one array of samples, or ``FILE.npz:NAME``.

    Raises:
        UsageError: missing, empty, damaged, pickled, or not samples; one line that says which.
    """
    if not path:
        raise UsageError("the path is empty: name a folder of images, or a .npy or .npz file")
    file, name = parts(path)
    where = Path(file)
    ending = where.suffix.lower()
    try:
        exists, folder, regular = where.exists(), where.is_dir(), where.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or has a null
        raise UsageError(f"{shown(where)} cannot be read: {_why(error)}") from None
    if not exists:
        raise UsageError(f"{shown(where)} does not exist")
    if folder:
        return image_folder(where, reading)
    if ending not in (".npy", ".npz") or not regular:
        raise UsageError(f"{shown(where)} is neither a folder of images nor a .npy or .npz file")
    try:
        loaded = member(where, name) if ending == ".npz" else mapped(where)
    except UsageError:
        raise
    except Exception as error:  # numpy and zipfile raise many kinds for damaged files
        raise UsageError(f"{shown(where)} is damaged ({_why(error)})") from None
    return samples_of(loaded, shown(where), reading)


def _why(error: Exception) -> str:
    return " ".join((getattr(error, "strerror", None) or str(error) or repr(error)).split())


def notes_of(samples: Any) -> tuple[str, ...]:
    """Return what is to be told of how samples were read."""
    return getattr(samples, "notes", ())


def done_to(samples: Any) -> tuple[str, ...]:
    """Return what was done to the pixels of samples, for a protocol."""
    return getattr(samples, "done", ())
