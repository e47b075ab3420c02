"""Generated samples as a table with the columns of the data that were learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganbench.core import registry
from ganbench.core.errors import UsageError
from ganbench.experiment.records import Training
from ganbench.experiment.resolve import load_data

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def as_table(
    training: Mapping[str, Any], data_dir: str | None, samples: np.ndarray
) -> pd.DataFrame:
    """Return samples ``[n, D]`` as a table: in columns and units of the file, where it is of one.

    Args:
        training: what a kept model says that it was trained by.
        data_dir: where the data set's file is, if not where its name says.

    Raises:
        UsageError: samples of another shape, or the data cannot be had or have changed.
    """
    import pandas as pd

    if samples.ndim != 2:
        raise UsageError(
            f"FILE.csv takes rows of numbers, and these samples have shape {samples.shape[1:]}: "
            "write FILE.npy or FILE.npz"
        )
    own = Training.model_validate({**training, "data_dir": data_dir})
    dataset = registry.datasets.get(own.dataset)
    if dataset.as_table is None:
        return pd.DataFrame(samples, columns=[f"x{i}" for i in range(1, samples.shape[1] + 1)])
    return dataset.as_table(samples, load_data(own))
