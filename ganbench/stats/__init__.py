"""Statistics over seeds: arrays in, arrays out. A failed seed has the quantity's worst value.

Values are ``[seeds]`` or ``[seeds, tasks]`` of float64. Importing this package does not import
SciPy.
"""

from ganbench.stats.aggregate import iqm, mean, median
from ganbench.stats.bootstrap import across_tasks, interval
from ganbench.stats.compare import (
    against,
    corrected,
    holm,
    least_p,
    rank_sum_p,
    ranks,
    seeds_needed,
    simultaneous_ranks,
)
from ganbench.stats.profiles import (
    improvement_interval,
    normalised,
    performance_profile,
    probability_of_improvement,
)
from ganbench.stats.rates import clopper_pearson, fisher_p, fisher_power
from ganbench.stats.shift import detectable, hodges_lehmann, power, seeds_to_show, sign_flip_p
from ganbench.stats.survival import median_time, time_to
from ganbench.stats.two_levels import TwoLevels, two_levels

__all__ = [
    "TwoLevels",
    "across_tasks",
    "against",
    "clopper_pearson",
    "corrected",
    "detectable",
    "fisher_p",
    "fisher_power",
    "hodges_lehmann",
    "holm",
    "improvement_interval",
    "interval",
    "iqm",
    "least_p",
    "mean",
    "median",
    "median_time",
    "normalised",
    "performance_profile",
    "power",
    "probability_of_improvement",
    "rank_sum_p",
    "ranks",
    "seeds_needed",
    "seeds_to_show",
    "sign_flip_p",
    "simultaneous_ranks",
    "time_to",
    "two_levels",
]
