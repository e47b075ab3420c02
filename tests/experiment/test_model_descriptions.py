"""What a kept model says of itself is checked before anything is built of it."""

from pathlib import Path

import pytest

from ganbench.core.errors import UsageError
from ganbench.experiment.model_descriptions import check_description

RIGHT = {
    "training": {}, "seed": 0, "steps": 12, "diverged_at": None, "shape": [1, 28, 28],
    "built_with": {"class_frequencies": [0.5, 0.5], "channels": 1}, "samples": "uint8",
    "anything": "else",
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training", None), ("seed", -1), ("seed", 2**70), ("seed", True), ("seed", "0"),
        ("steps", 1.5), ("steps", -1), ("diverged_at", "x"), ("shape", []), ("shape", [0]),
        ("shape", [2**40]), ("shape", [1] * 9), ("shape", "28"), ("shape", [None]),
        ("built_with", {"x": 1}), ("built_with", []), ("built_with", {"channels": -1}),
        ("built_with", {"class_frequencies": [2.0]}), ("samples", "object"), ("samples", []),
    ],
)  # fmt: skip
def test_what_no_model_was_kept_with_is_named(key, value):
    check_description(Path("m"), RIGHT)
    with pytest.raises(UsageError, match=f"m is not a kept model: {key}"):
        check_description(Path("m"), RIGHT | {key: value})
    with pytest.raises(UsageError, match="is not a kept model: training: Field required"):
        check_description(Path("m"), {})
