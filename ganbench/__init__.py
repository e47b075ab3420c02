"""ganbench: a benchmark and comparison suite for generative adversarial networks."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["metrics", "register", "run", "score", "train"]

_LAZY = {"score": "ganbench.api", "run": "ganbench.api", "register": "ganbench.registry"}


def __getattr__(name: str) -> Any:
    """Import what ``__all__`` names at its first use."""
    if name in ("metrics", "train"):  # the package train is callable
        return import_module(f"ganbench.{name}")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ganbench' has no attribute {name!r}")
