"""The mean of the training samples, again and again."""

from __future__ import annotations

from ganbench.core.kinds import Control, ControlInput
from ganbench.core.lazy import np
from ganbench.core.registry import register


def sample(given: ControlInput, n: int) -> np.ndarray:
    """Return the mean sample, ``n`` times, ``[n, *shape]``."""
    train = given.data.train
    mean = train.mean(0, dtype=np.float64)
    whole = np.rint(mean) if train.dtype == np.uint8 else mean
    return np.repeat(whole[None].astype(train.dtype), n, axis=0)


register(Control("constant", sample, summary="the mean training sample, again and again", draws=1))
