"""What is said of every measurement that was made of a finished training."""

from __future__ import annotations

from typing import Literal

from ganbench.experiment.records import Strict


class MeasuredLater(Strict):
    """One metric of one seed, measured after its training.

    Attributes:
        metric: its name.
        model_sha256: of all tensors of the kept model; empty for a control or a training without.
    """

    schema_version: Literal[1] = 1
    run_id: str
    metric: str
    model_sha256: str
    measured_at: str
    device: str
    hardware: str
    threads: int
    torch_version: str
    ganbench_version: str
    git_sha: str
    git_dirty: bool | None
