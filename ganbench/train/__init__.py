"""The population trainer: a pure step for one lane, vectorised over lanes.

The package shares its name with the public function ``ganbench.train``, so calling the package
calls that function: both ``ganbench.train(...)`` and ``ganbench.train.population`` work, whichever
was imported first.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return import_module("ganbench.api").train(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable
