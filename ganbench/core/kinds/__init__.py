"""What can be registered, as frozen dataclasses, one file for each group of kinds.

Shapes in docstrings: ``L`` lanes, ``B`` batch, ``Z`` latent, ``C,H,W`` image, ``N`` samples,
``D`` features.
"""

from typing import TYPE_CHECKING

from ganbench.core.kinds.arch import CAPABILITIES, Arch, NetworkBuilder, Networks, NetworkWrap
from ganbench.core.kinds.control import Control, ControlInput
from ganbench.core.kinds.dataset import Budget, Data, Dataset, Mixture
from ganbench.core.kinds.features import Extracted, Extractor, Features, Suits
from ganbench.core.kinds.method import (
    LossFunction,
    Modifier,
    Optimizer,
    Variant,
    distinct_methods,
    named_composition,
)
from ganbench.core.kinds.method_parts import (
    FAMILIES,
    Constants,
    Constraint,
    Discriminator,
    GeneratorTerm,
    InputTransform,
    Joint,
    LossState,
    Network,
    Noise,
    Params,
    Penalty,
    Shape,
    data_family,
    reads_noise,
)
from ganbench.core.kinds.metric import Metric, Quantity
from ganbench.core.kinds.needs import GeneratedSide, Needs, RealSide
from ganbench.core.kinds.paper import Paper
from ganbench.core.kinds.pattern import Pattern
from ganbench.core.kinds.preset import Preset
from ganbench.core.kinds.program import Backend, Engine, Game, Job, Logger, Where
from ganbench.core.kinds.schedules import Anneal, Decay, Line, Schedule, Value
from ganbench.core.kinds.task import Answer, Task, TaskInput

if TYPE_CHECKING:
    from ganbench.core.kinds.dataset import Array as Array

__all__ = [
    "CAPABILITIES",
    "FAMILIES",
    "Anneal",
    "Answer",
    "Arch",
    "Backend",
    "Budget",
    "Constants",
    "Constraint",
    "Control",
    "ControlInput",
    "Data",
    "Dataset",
    "Decay",
    "Discriminator",
    "Engine",
    "Extracted",
    "Extractor",
    "Features",
    "Game",
    "GeneratedSide",
    "GeneratorTerm",
    "InputTransform",
    "Job",
    "Joint",
    "Line",
    "Logger",
    "LossFunction",
    "LossState",
    "Metric",
    "Mixture",
    "Modifier",
    "Needs",
    "Network",
    "NetworkBuilder",
    "NetworkWrap",
    "Networks",
    "Noise",
    "Optimizer",
    "Paper",
    "Params",
    "Pattern",
    "Penalty",
    "Preset",
    "Quantity",
    "RealSide",
    "Schedule",
    "Shape",
    "Suits",
    "Task",
    "TaskInput",
    "Value",
    "Variant",
    "Where",
    "data_family",
    "distinct_methods",
    "named_composition",
    "reads_noise",
]
