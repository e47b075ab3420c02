"""What can be registered, as frozen dataclasses: variants, architectures, data sets, metrics ...

Shapes in docstrings: ``L`` lanes, ``B`` batch, ``Z`` latent, ``C,H,W`` image, ``N`` samples,
``D`` features.
"""

from typing import TYPE_CHECKING

from ganbench.spec._common import Paper, check_name
from ganbench.spec._schedules import Anneal, Decay, Line
from ganbench.spec.arch import Arch, Networks
from ganbench.spec.measure import (
    Budget,
    Data,
    Dataset,
    DatasetFamily,
    Extracted,
    Extractor,
    Features,
    Metric,
    Mixture,
    Quantity,
    Suite,
)
from ganbench.spec.method import LossFunction, Modifier, Optimizer, Variant
from ganbench.spec.parts import (
    Constraint,
    Discriminator,
    Extra,
    Joint,
    Make,
    Noise,
    Params,
    Penalty,
    Term,
    View,
    Wrap,
    no_noise,
)

if TYPE_CHECKING:
    from ganbench.spec.measure import Array as Array

__all__ = [
    "Anneal",
    "Arch",
    "Budget",
    "Constraint",
    "Data",
    "Dataset",
    "DatasetFamily",
    "Decay",
    "Discriminator",
    "Extra",
    "Extracted",
    "Extractor",
    "Features",
    "Joint",
    "Line",
    "LossFunction",
    "Make",
    "Metric",
    "Mixture",
    "Modifier",
    "Networks",
    "Noise",
    "Optimizer",
    "Paper",
    "Params",
    "Penalty",
    "Quantity",
    "Suite",
    "Term",
    "Variant",
    "View",
    "Wrap",
    "check_name",
    "no_noise",
]
