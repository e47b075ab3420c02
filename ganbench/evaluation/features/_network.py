"""What features of a network share: images in, numbers out, the same bits whatever the batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Extracted
from ganbench.core.lazy import np, torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from ganbench.core.kinds import Array


def device() -> str:
    """Return where networks of features run: on a GPU, where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def exact() -> Iterator[None]:
    """Compute without gradients, in full float32, the same way every time."""
    flags: AbstractContextManager[Any] = torch.backends.cudnn.flags(
        enabled=True, deterministic=True, allow_tf32=False, fp32_precision="ieee"
    )
    with torch.inference_mode(), flags:
        yield


def of_images(
    key: str, width: int, batch: int, where: str, features: Callable[[Tensor], Tensor]
) -> Callable[[Array], Extracted]:
    """Return an extractor of grey or colour images of any size, ``[N, width]`` float32.

    Args:
        key: of the features, for messages. batch: images at a time. where: a device.
        features: uint8 images ``[n, 1 or 3, H, W]`` there -> ``[n, width]``.
    """

    def extract(samples: Array) -> Extracted:
        if samples.dtype != np.uint8 or samples.ndim != 4 or samples.shape[1] not in (1, 3):
            raise UsageError(
                f"features {key!r} need uint8 images of shape (1, H, W) or (3, H, W), "
                f"got {samples.dtype} of shape {samples.shape[1:]}"
            )
        found = np.empty((len(samples), width), np.float32)
        with exact():
            for i in range(0, len(samples), batch):
                x = torch.from_numpy(np.array(samples[i : i + batch])).to(where)
                found[i : i + batch] = features(x).cpu().numpy()
        return Extracted(found)

    return extract
