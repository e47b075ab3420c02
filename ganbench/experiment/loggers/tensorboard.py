"""``tensorboard``: losses, gradient norms and metrics in ``OUT/tensorboard``.

Metrics of all seeds (their median) come as they are measured, each seed's curves when it is
finished.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds import Logger
from ganbench.core.registry import register

if TYPE_CHECKING:
    from ganbench.experiment.records import Unit
    from ganbench.experiment.store import Store


def start(store: Store) -> Callable[[Unit, dict[str, Any]], None]:
    """Return a function that writes an event as scalars.

    Raises:
        UsageError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UsageError("--log tensorboard needs the extra: pip install 'ganbench[log]'") from None

    def log(unit: Unit, event: dict[str, Any]) -> None:
        training = unit.training
        if event.get("values"):
            with SummaryWriter(store.out / "tensorboard" / training.variant) as writer:
                for key, value in event["values"].items():
                    writer.add_scalar(f"metrics/{key}", value, event["step"])
        if event.get("done") and not training.control and not unit.again:
            for seed in unit.seeds:
                _curves(store, training.run_id(seed), f"{training.variant}-s{seed}", SummaryWriter)

    return log


def _curves(store: Store, run_id: str, name: str, writer_class: Callable[..., Any]) -> None:
    """Write the training curves of one finished seed."""
    from ganbench.experiment.record_files import read_record

    history = read_record(store.record_path(run_id)).history
    with writer_class(store.out / "tensorboard" / name) as writer:
        for key in history.keys() - {"step"}:
            for step, value in zip(history["step"], history[key], strict=True):
                if step is not None and value is not None:
                    writer.add_scalar(f"training/{key}", value, int(step))


register(
    Logger(
        name="tensorboard",
        start=start,
        summary="losses, gradient norms and metrics, in OUT/tensorboard; needs ganbench[log]",
    )
)
