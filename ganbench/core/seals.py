"""Seals: files that carry the SHA-256 of their content, so that damage is seen when they are read.

A sealed JSON object is still JSON: its last entry is ``"sha256"``, of the bytes before it. A
sealed file of bytes ends with a mark and the hash of what comes before, which readers of ``.npy``
and ``.npz`` files skip. Files without a seal are read as they are: they are older.
"""

from __future__ import annotations

import hashlib
import re

from ganbench.core.errors import UsageError

MARK = b"ganbench-sha256:"
LENGTH = len(MARK) + hashlib.sha256().digest_size  # bytes that a seal adds
ENTRY = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n}\n\Z')


class DamagedError(UsageError):
    """What is in a file is not what was written."""


def sealed_json(text: str) -> bytes:
    """Return the JSON object ``text``, which is not empty, with its seal."""
    body = text.rstrip().removesuffix("}").rstrip().encode()
    return body + f',\n "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}\n'.encode()


def unsealed_json(content: bytes, where: str) -> bytes:
    """Return the JSON object in ``content`` without its seal, if it has one.

    Raises:
        DamagedError: its content has another hash than its seal says; ``where`` it stands.
    """
    seal = ENTRY.search(content)
    if seal is None:
        return content
    body = content[: seal.start()]
    if hashlib.sha256(body).hexdigest().encode() != seal[1]:
        raise damaged(where)
    return body + b"\n}\n"


def sealed(content: bytes) -> bytes:
    """Return ``content`` with its seal."""
    return content + MARK + hashlib.sha256(content).digest()


def unsealed(content: bytes, where: str) -> bytes:
    """Return ``content``, which has a seal, without it.

    Raises:
        DamagedError: it has none, or its content has another hash.
    """
    body, seal = content[:-LENGTH], content[-LENGTH:]
    if seal != MARK + hashlib.sha256(body).digest():
        raise damaged(where)
    return body


def damaged(where: str) -> DamagedError:
    """Return the error for what is not as it was written."""
    return DamagedError(f"{where} is damaged: its content has another SHA-256 than it says")
