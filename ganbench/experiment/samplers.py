"""Which configurations a search tries next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ganbench.core.errors import UsageError
from ganbench.core.seeds import derive
from ganbench.experiment.search_space import Axes, Configuration, first_tries

ROUND = 4  # configurations that Optuna proposes together: lanes of one population

# ``(configurations, axes, n, tried) -> the next ones``, none when all are tried.
# ``configurations``: all of a variant, the paper's first. ``axes``: its own. ``n``: tries in all.
# ``tried``: ``(configuration, value)`` so far, lower values being better, infinite of a failure.
Tried = Sequence[tuple[Configuration, float]]
Sampler = Callable[[Sequence[dict[str, str]], Axes, int, Tried], list[dict[str, str]]]


def grid(
    configurations: Sequence[dict[str, str]], axes: Axes, n: int, tried: Tried
) -> list[dict[str, str]]:
    """Return all at once: the whole grid, or a part of it drawn without replacement."""
    return first_tries(configurations, n)[len(tried) :]


def optuna(
    configurations: Sequence[dict[str, str]], axes: Axes, n: int, tried: Tried
) -> list[dict[str, str]]:
    """Return the next round by Optuna's tree-structured Parzen estimator; the paper's is first.

    Akiba et al. 2019, "Optuna". What it has proposed before is proposed and told again, so that a
    search that goes on is the same as one that was never interrupted.

    Raises:
        UsageError: Optuna is not installed.
    """
    try:
        import optuna as library
    except ImportError:
        raise UsageError("--sampler optuna needs Optuna: pip install 'ganbench[tune]'") from None
    library.logging.set_verbosity(library.logging.WARNING)
    choices: dict[str, library.distributions.BaseDistribution] = {
        axis: library.distributions.CategoricalDistribution(values) for axis, values in axes.items()
    }
    start = min(ROUND, max(1, n // 2))
    sampler = library.samplers.TPESampler(seed=derive("tune") % 2**32, n_startup_trials=start)
    study = library.create_study(sampler=sampler)
    first = [] if tried else [dict(configurations[0])]
    told = 1
    while axes:
        trials = [study.ask(choices) for _ in range(ROUND)]
        proposed = [{axis: str(value) for axis, value in trial.params.items()} for trial in trials]
        known = tried[told : told + ROUND]
        if len(known) < ROUND:
            return first + proposed[len(known) : max(0, n - told)]
        for trial, (_, value) in zip(trials, known, strict=True):
            if math.isfinite(value):
                study.tell(trial, value)
            else:
                study.tell(trial, state=library.trial.TrialState.FAIL)
        told += ROUND
    return first


SAMPLERS: dict[str, Sampler] = {"grid": grid, "optuna": optuna}
