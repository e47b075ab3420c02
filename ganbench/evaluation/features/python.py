"""Features of a function of your own: ``python:FILE.py:function``.

The function takes uint8 images ``[N, C, H, W]`` (0-255, a numpy array of at most 500) and returns
``[N, D]`` real numbers, the same for an image whatever other images are beside it. The file is
executed: name only files that you trust. It is read from the path that is written, absolute or from
the folder where the command is given, and never sought elsewhere; its folder is not added to where
``import`` looks.

With ``--weights FILE`` the function is called with a second argument, ``weights=`` its path.

The SHA-256 of the file and of the weights is a part of every protocol, what it imports or reads
beside is not. The path is in the key as it is written, so results are compared where it is written
the same. Distances in these features are ``fd_python``, ``kd_python`` and ``fd_inf_python``.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
from functools import partial
from types import ModuleType

from ganbench.core.errors import UsageError, unknown
from ganbench.core.kinds import Extractor, Features
from ganbench.core.kinds.features import WEIGHTS
from ganbench.core.registry import register
from ganbench.evaluation.features._named import named_after
from ganbench.evaluation.foreign import foreign

USAGE = "python:FILE.py:function"


def module(path: str, raw: bytes, sha256: str) -> ModuleType:
    """Return the module that the content ``raw`` of ``path`` makes.

    The content that was hashed is what is executed, and no compiled copy beside the file.

    Raises:
        UsageError: it is no Python, or raises an error.
    """
    name = f"ganbench_features_{sha256[:12]}"
    loader = importlib.machinery.SourceFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    with foreign(f"{path} cannot be executed"):
        exec(loader.source_to_code(raw, path), made.__dict__)
    return made


def load(argument: str) -> Extractor:
    """Return the extractor of ``FILE.py:function``.

    Raises:
        UsageError: no such file or function, or the file cannot be executed.
    """
    from ganbench.evaluation.features import _own

    file, _, name = argument.rpartition(":")
    if not file or not name:
        raise UsageError(f"features 'python' are written {USAGE}, got 'python:{argument}'")
    path, raw, sha256 = _own.read("python", file)
    made = module(path, raw, sha256)
    function = getattr(made, name, None)
    if not callable(function):
        functions = [key for key, value in vars(made).items() if callable(value)]
        known = [key for key in functions if not key.startswith("_")]
        raise UsageError(f"{path}: {unknown('function', name, known)}")
    if weights := os.environ.get(WEIGHTS):
        place, _, own = _own.read("python", weights)
        function = partial(function, weights=place)
        sha256 = hashlib.sha256(f"{sha256} {own}".encode()).hexdigest()
    key = f"python:{file}:{name}"
    return Extractor(key, sha256, _own.checked(key, function))


register(
    Features(
        "python",
        load,
        f"a function of your own: {USAGE}",
        named_after("python"),
        takes_weights=True,
    )
)
