"""Features of a network of your own: ``torchscript:FILE``, what ``torch.jit.save`` has written.

The network takes float32 images ``[N, C, H, W]`` in 0..1, of the size and the channels that the
data have, and returns ``[N, D]``; resizing and normalising are its own business. It is put into
evaluation mode and runs on the GPU where there is one. Its features must not depend on what other
images are beside an image.

The file is code that is executed: name only files that you trust. The SHA-256 of the file is a part
of every protocol. Distances in these features are ``fd_torchscript``, ``kd_torchscript`` and
``fd_inf_torchscript``.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extractor, Features
from ganbench.core.lazy import np, torch
from ganbench.core.registry import register
from ganbench.evaluation.features._named import named_after
from ganbench.evaluation.features._network import device, exact

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

BATCH = 100  # images at a time
FLOOR_DRAWS = 2  # nobody knows how slow it is


def load(argument: str) -> Extractor:
    """Return the extractor of the file ``argument``.

    Raises:
        UsageError: no such file, or it is no TorchScript.
    """
    from ganbench.evaluation.features import _own

    path, raw, sha256 = _own.read("torchscript", argument)
    where = device()
    try:
        with warnings.catch_warnings():  # torch prefers torch.export, and still reads these
            warnings.filterwarnings("ignore", ".*torch.jit.load", FutureWarning)
            model = torch.jit.load(io.BytesIO(raw), map_location=where).eval()
    except Exception as error:  # torch raises several kinds for damaged files
        first = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"{path} is not what torch.jit.save writes ({type(error).__name__}: {first})"
        ) from None

    def features(samples: Array) -> Array:
        with exact():
            out = model(torch.from_numpy(np.array(samples)).to(where).float() / 255)
        if not isinstance(out, torch.Tensor):
            raise TypeError(f"it returned {type(out).__name__}, one tensor needed")
        array: Array = out.cpu().numpy()
        return array

    key = f"torchscript:{argument}"
    return Extractor(key, sha256, _own.checked(key, features), BATCH, floor_draws=FLOOR_DRAWS)


SUMMARY = "a network of your own, saved by torch.jit.save: torchscript:FILE"
register(Features("torchscript", load, SUMMARY, named_after("torchscript")))
