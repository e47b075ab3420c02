"""The made table of ``results/shop``: ``python results/shop_table.py > shop.csv``.

6,000 customers of a shop that there is not, seeded: a mixture of segments, whose spending is
log-normal, whose visits are counts, whose channel depends on the segment and whose last column
depends on all others. Nothing in it is a Gaussian, and a third of its columns are no numbers.
"""

import sys

import numpy as np
import pandas as pd

ROWS, SEED = 6_000, 0
SEGMENTS = {  # share, mean age, log of spending, its spread, visits, share of channels
    "student": (0.35, 22, 3.0, 0.4, 3.0, (0.1, 0.2, 0.7)),
    "family": (0.40, 41, 5.0, 0.3, 9.0, (0.5, 0.4, 0.1)),
    "senior": (0.15, 70, 4.2, 0.5, 16.0, (0.8, 0.2, 0.0)),
    "trade": (0.10, 48, 6.5, 0.4, 28.0, (0.1, 0.8, 0.1)),
}
CHANNELS = ("shop", "phone", "app")


def table(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """Return the table."""
    rng = np.random.default_rng(seed)
    share, age, spent, spread, visits, channels = map(
        np.array, zip(*SEGMENTS.values(), strict=True)
    )
    segment = rng.choice(len(SEGMENTS), rows, p=share)
    channel = (rng.random((rows, 1)) >= channels[segment].cumsum(1)[:, :-1]).sum(1)
    made = {
        "age": np.clip(rng.normal(age[segment], 2 + age[segment] / 10), 18, 99).round(1),
        "spent": np.exp(rng.normal(spent[segment], spread[segment])).round(2),
        "visits": rng.poisson(visits[segment]),
        "segment": np.array(list(SEGMENTS))[segment],
        "channel": np.array(CHANNELS)[channel],
    }
    likes = 0.15 * (made["visits"] - 9) + 1.5 * (channel == 2) - 0.5 * (segment == 0)
    made["returns"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-likes)), "yes", "no")
    return pd.DataFrame(made)


if __name__ == "__main__":
    table().to_csv(sys.stdout, index=False)
