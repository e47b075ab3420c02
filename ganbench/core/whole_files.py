"""Files that are read whole: regular ones, of at most so many bytes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from ganbench.core.limits import MOST_FILE_BYTES


def file_bytes(path: Path | str, most: int = MOST_FILE_BYTES) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: it cannot be read, is a pipe, a device or a socket (which might never end), or is
            larger than ``most``.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe is not waited for
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        content = file.read(most + 1)
    if len(content) > most:
        size = max(status.st_size, len(content))
        said = f"it has {size:,} bytes, and at most {most:,} are read"
        raise OSError(errno.EINVAL, said, str(path))
    return content
