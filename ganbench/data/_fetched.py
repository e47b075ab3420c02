"""Data that lie outside the package: in ``--data-dir``, or fetched by torchvision once.

Without ``--data-dir`` they are looked for in ``$GANBENCH_DATA`` (by default ``data`` in the cache's
folder), and downloaded to it. torchvision checks every file's MD5 sum before it unpickles any.
"""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

from ganbench.core.cache import data_folder
from ganbench.core.errors import UsageError
from ganbench.core.files import locked


def one_line(error: Exception) -> str:
    """Return the message of ``error``, on one line."""
    return " ".join(str(error).split())


def fetched(name: str, needed: str, data_dir: str | None, make: Callable[[Path, bool], Any]) -> Any:
    """Return ``make(folder, download)``, without a download if the files are there.

    Args:
        name: of the data set.
        needed: the files, in words.
        make: raises RuntimeError or OSError if the files are not there and it may not download.

    Raises:
        UsageError: the files are not in ``data_dir``, or cannot be downloaded.
    """
    folder = Path(data_dir) if data_dir else data_folder()
    try:
        return make(folder, False)
    except (RuntimeError, OSError) as error:
        if data_dir:
            raise UsageError(
                f"cannot read {name} from {folder} ({one_line(error)}): {needed} needed"
            ) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f".{name}.lock"):
            return make(folder, True)
    except (RuntimeError, OSError, HTTPException) as error:
        raise UsageError(
            f"cannot download {name} ({one_line(error)}); put {needed} into {folder}, "
            "or say by --data-dir where they are"
        ) from None
