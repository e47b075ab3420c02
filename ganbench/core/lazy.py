"""Modules that are imported at their first use, so that listing the registry never imports torch.

A registry file (a variant, a metric, a data set) states equations in torch or numpy, but
``ganbench list`` only needs their names. Such a file imports ``torch`` from here: the real module
is imported when one of its attributes is first read.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any


class LazyModule:
    """Stands for the module ``name``; imports it when an attribute is first read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import func, nn
else:
    np = LazyModule("numpy")
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")
    func = LazyModule("torch.func")
    nn = LazyModule("torch.nn")

__all__ = ["F", "LazyModule", "func", "nn", "np", "torch"]
