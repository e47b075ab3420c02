"""What metrics read: nine objects, one for each way to take the two sides of a measurement.

needs            prepare is given                      compute is given
FEATURES         held-out features [N, D]              generated features [M, D]
CLASSES          the number of classes                 predicted labels [M]
PROBS            None                                  class probabilities [M, K]
MIXTURE          the Mixture                           generated points [M, D]
TRAIN            training features                     generated features
TRAIN_AND_TEST   (training, held-out features)         generated features
LABELLED         (held-out features, labels)           (generated features, predicted labels)
PAIR             held-out samples [N, *shape]          a trained pair (``training.trained_pair``)
CURVE            None                                  a quantity's values at the checkpoints [N]

and one made for a name:

known("table")   (Data.known["table"], held-out [N, *shape])   generated samples [M, *shape]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from ganbench.core.kinds.dataset import Mixture
    from ganbench.core.kinds.features import Extracted

# What a measurement may lack; the reason is said where it is asked for.
INPUTS = ("features", "samples", "probs", "mixture", "train", "pair", "curve")
KNOWN = "known: "  # begins the inputs that ``Data.known`` holds


@dataclass(frozen=True)
class RealSide:
    """All that is known of the real side.

    Attributes:
        test, train: the held-out and the training samples, extracted when they are asked for.
        samples: the held-out samples as they are ``[N, *shape]``.
        labels: of the held-out samples ``[N]``.
        strata: the mode of each held-out sample ``[N]``, where every mode should occur as often as
            the others in any subset.
        known: what else is known exactly (``Data.known``).
    """

    test: Callable[[], Extracted]
    train: Callable[[], Extracted] | None = None
    samples: Callable[[], np.ndarray] | None = None
    labels: np.ndarray | None = None
    strata: np.ndarray | None = None
    classes: int | None = None
    mixture: Mixture | None = None
    known: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class GeneratedSide:
    """All that is known of one generator; each part is made when it is asked for.

    Attributes:
        extracted: features and class probabilities of its samples.
        samples: its samples as they are ``[M, *shape]``.
        pair: the trained pair.
        curve: ``quantity -> values at the checkpoints``.
    """

    extracted: Callable[[], Extracted] | None = None
    samples: Callable[[], np.ndarray] | None = None
    pair: Callable[[], Any] | None = None
    curve: Callable[[str], list[float]] | None = None


@dataclass(frozen=True)
class Needs:
    """What one metric reads.

    Attributes:
        name: in listings.
        inputs: of ``INPUTS``, or ``known: NAME``.
        real: ``RealSide -> what prepare is given``.
        generated: ``(GeneratedSide, Metric.reads) -> what compute is given``.
    """

    name: str
    inputs: frozenset[str]
    real: Callable[[Any], Any]
    generated: Callable[[Any, str], Any]

    @property
    def known(self) -> str:
        """What it reads of ``Data.known``; empty if nothing."""
        named = (name for name in self.inputs if name.startswith(KNOWN))
        return next(named, "").removeprefix(KNOWN)

    @property
    def extractor(self) -> bool:
        """Whether values depend on the feature extractor."""
        return bool(self.inputs & {"features", "probs", "train", "curve"})

    @property
    def real_features(self) -> bool:
        """Whether features of held-out samples are read."""
        return "features" in self.inputs

    @property
    def train(self) -> bool:
        """Whether samples are compared with the training set itself."""
        return "train" in self.inputs

    @property
    def of_training(self) -> bool:
        """Whether the training itself is read, not samples: there is no floor."""
        return bool(self.inputs & {"pair", "curve"})

    def missing(self, lacking: Mapping[str, str]) -> str:
        """Return the reason why this cannot be measured, or the empty string.

        Args:
            lacking: ``{input: reason}`` of the inputs that are not there.
        """
        return next((reason for name, reason in lacking.items() if name in self.inputs), "")


def _needs(
    name: str, inputs: str, real: Callable[[Any], Any], generated: Callable[[Any, str], Any]
) -> Needs:
    read = frozenset(part.strip() for part in inputs.split(","))
    assert read <= set(INPUTS), name
    return Needs(name, read, real, generated)


FEATURES = _needs(
    "features", "features", lambda r: r.test().features, lambda g, _: g.extracted().features
)
CLASSES = _needs("classes", "probs", lambda r: r.classes, lambda g, _: g.extracted().labels)
PROBS = _needs("probs", "probs", lambda r: None, lambda g, _: g.extracted().probs)
MIXTURE = _needs(
    "mixture",
    "mixture",
    lambda r: r.mixture,
    lambda g, _: g.samples().reshape(len(g.samples()), -1),
)
TRAIN = _needs(
    "train", "features, train", lambda r: r.train().features, lambda g, _: g.extracted().features
)
TRAIN_AND_TEST = _needs(
    "train+test", "features, train",
    lambda r: (r.train().features, r.test().features),
    lambda g, _: g.extracted().features,
)  # fmt: skip
LABELLED = _needs(
    "labelled", "features, probs",
    lambda r: (r.test().features, r.labels),
    lambda g, _: (g.extracted().features, g.extracted().labels),
)  # fmt: skip
PAIR = _needs("pair", "samples, pair", lambda r: r.samples(), lambda g, _: g.pair())
CURVE = _needs("curve", "curve", lambda r: None, lambda g, reads: g.curve(reads))


def known(name: str) -> Needs:
    """Return the needs of a metric that reads ``Data.known[name]``.

    ``prepare`` is given ``(its arrays, held-out samples [N, *shape])``, ``compute`` the generated
    samples ``[M, *shape]``, in the data's own type.
    """
    return Needs(
        KNOWN + name,
        frozenset({KNOWN + name}),
        lambda r: (r.known[name], r.samples()),
        lambda g, _: g.samples(),
    )
