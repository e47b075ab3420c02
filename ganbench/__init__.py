"""ganbench: a benchmark and comparison suite for generative adversarial networks.

Everything that a user or a plugin needs is a name of this package, imported at its first use, so
that ``import ganbench`` and ``ganbench --help`` import neither torch nor numpy.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_KINDS = """
    Anneal Arch Backend Budget Constants Constraint Control ControlInput Data Dataset Decay Engine
    Extracted Extractor Features Game GeneratorTerm InputTransform Joint Job Line Logger LossState
    Metric Mixture Modifier Networks Noise Paper Pattern Penalty Preset Quantity Suits Variant
    named_composition reads_noise
""".split()
_NAMES = {
    **dict.fromkeys(_KINDS, "ganbench.core.kinds"),
    **dict.fromkeys(["Adam", "RMSprop", "SGD"], "ganbench.methods.optimisers"),
    **dict.fromkeys(["Request", "load", "measure", "run", "score", "train"], "ganbench.api"),
    "compare": "ganbench.reports.comparison",
    "register": "ganbench.core.registry",
    "UsageError": "ganbench.core.errors",
}
_MODULES = {
    "metrics": "ganbench.metrics",
    "stats": "ganbench.stats",
    "needs": "ganbench.core.kinds.needs",
    "registry": "ganbench.core.registry",
    "losses": "ganbench.methods.losses",
    "penalties": "ganbench.methods.penalties",
    "constraints": "ganbench.methods.constraints",
    "layers": "ganbench.archs._layers",
    "updates": "ganbench.training.step",
}
__all__ = sorted([*_NAMES, *_MODULES])


def __getattr__(name: str) -> Any:
    """Import what ``__all__`` names at its first use."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'ganbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
