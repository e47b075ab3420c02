"""What was measured of one generator, and why something was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ganbench.core.errors import of_the_machine
from ganbench.core.kinds import Metric
from ganbench.core.processes import limit_s
from ganbench.core.time_limit import time_limit

LIMIT_S = limit_s("GANBENCH_METRIC_S", 3_600.0)  # of one metric of one generator


@dataclass(frozen=True)
class Measured:
    """All that was measured of one generator.

    Attributes:
        values: ``{quantity: value}``.
        unmeasured: ``{metric: reason}`` of those that have no value.
        frequencies: of samples in each class or nearest mode, where the data have them.
    """

    values: dict[str, float] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    frequencies: list[float] | None = None

    def add(self, metric: Metric, compute: Callable[[], dict[str, float]]) -> None:
        """Add the values of ``metric``, or the reason why there are none.

        Whatever is wrong with a metric is its own failure, and the others are measured.
        """
        found = tried(metric, compute)
        if isinstance(found, str):
            self.unmeasured[metric.name] = found
        else:
            self.values.update(found)

    def __or__(self, other: Measured) -> Measured:
        return replace(
            self,
            values=self.values | other.values,
            unmeasured=self.unmeasured | other.unmeasured,
        )


def tried(metric: Metric, compute: Callable[[], dict[str, float]]) -> dict[str, float] | str:
    """Return what ``compute`` returns, or why it returns nothing that could be used.

    Raises:
        MemoryError, OSError, RuntimeError: the machine lacks something.
    """
    try:
        with time_limit(LIMIT_S, f"metric {metric.name}"):
            return {name: _number(name, value) for name, value in compute().items()}
    except (ValueError, RuntimeError) as error:  # samples that allow no value, as a rule
        if of_the_machine(error):
            raise
        return str(error) or type(error).__name__
    except (Exception, SystemExit) as error:  # a mistake in the metric
        if of_the_machine(error):
            raise
        return f"{type(error).__name__}: {error}"


def _number(name: str, value: object) -> float:
    """Return ``value`` as a float.

    Raises:
        TypeError: it is no number.
    """
    if isinstance(value, str | bytes | bool) or not hasattr(value, "__float__"):
        raise TypeError(f"{name} is {value!r:.50}: a number needed")
    return float(value)
