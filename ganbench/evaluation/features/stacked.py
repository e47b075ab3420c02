"""Features of images whose colour channels are images of their own: ``stacked:mnist``.

Metz et al. 2017 (arXiv:1611.02163), section 3.3.1: a classifier of single images gives each channel
a class, and the classes of C channels together make one of K^C, 100 c0 + 10 c1 + c2 for digits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from ganbench.core import registry
from ganbench.core.kinds import Extracted, Extractor, Features
from ganbench.core.lazy import np
from ganbench.core.registry import register
from ganbench.evaluation.features import classifier

if TYPE_CHECKING:
    from ganbench.core.kinds import Array

CHANNELS = 3


def load(argument: str) -> Extractor:
    """Return the extractor on the classifier named ``argument``: features ``[N, 3 * 128]``.

    Raises:
        UsageError: no such classifier, or its weights are damaged.
    """
    single = classifier.load(argument)
    shape = (CHANNELS, *(registry.datasets.get(argument).shape or ())[1:])

    def extract(samples: Array) -> Extracted:
        classifier.check(f"stacked:{argument}", samples, shape)
        n = len(samples)
        by_channel = single.function(samples.reshape(n * CHANNELS, 1, *samples.shape[2:]))
        assert by_channel.probs is not None
        parts = by_channel.probs.astype(np.float32).reshape(n, CHANNELS, -1).transpose(1, 0, 2)
        joint = reduce(lambda a, b: (a[:, :, None] * b[:, None]).reshape(n, -1), parts)
        return Extracted(by_channel.features.reshape(n, -1), joint)

    return replace(single, key=f"stacked:{argument}", function=extract)


register(Features("stacked", load, "a classifier on each colour channel: stacked:mnist"))
