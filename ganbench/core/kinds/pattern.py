"""Names with an argument in them: ``folder:PATH``, ``gaussian-blobs-D``, ``unrolled-K``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganbench.core.kinds.paper import check_name


@dataclass(frozen=True)
class Pattern:
    """Things of one kind that differ in an argument, which is a part of their names.

    Attributes:
        kind: of the things, such as ``dataset`` or ``game``.
        name: with the separator, how the names of the things begin.
        argument: its name in messages: PATH.
        make: ``argument -> thing``. What follows the separator in the thing's own name must make a
            thing of that name again. Raises ``UsageError`` for a bad argument; a data set's
            ``make`` does not look for files: its ``load`` does.
    """

    kind: str
    name: str
    argument: str
    make: Callable[[str], Any]
    summary: str
    separator: str = ":"

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def prefix(self) -> str:
        """How the names of its things begin."""
        return self.name + self.separator

    @property
    def usage(self) -> str:
        """How a name is written."""
        return self.prefix + self.argument
