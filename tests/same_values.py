"""Show that two run directories hold the same values to the last bit.

    python tests/same_values.py RUN_BEFORE RUN_AFTER

Reads both ``results.csv`` as text and compares every run, checkpoint and quantity: value, floor,
status, protocol, steps, numbers of parameters. What differs between two runs of one code (seconds,
memory, versions, dates) is left out. Exit code 0 if all is equal, 1 otherwise.
"""

import csv
import sys
from pathlib import Path

KEY = ("run_id", "checkpoint", "metric")
SAME = (
    "protocol_id", "suite", "variant", "dataset", "dataset_sha256", "arch", "seed", "status",
    "value", "unit", "higher_is_better", "floor", "n_real", "n_fake", "images_seen", "g_steps",
    "d_steps", "params_g", "params_d", "backend", "dtype",
)  # fmt: skip


def rows(folder: str) -> dict[tuple[str, ...], dict[str, str]]:
    with open(Path(folder) / "results.csv", newline="") as file:
        return {tuple(row[k] for k in KEY): row for row in csv.DictReader(file)}


def differences(before: str, after: str) -> tuple[int, list[str]]:
    one, other = rows(before), rows(after)
    found = [f"only in {before}: {key}" for key in one.keys() - other.keys()]
    found += [f"only in {after}: {key}" for key in other.keys() - one.keys()]
    for key in one.keys() & other.keys():
        found += [
            f"{' '.join(key)}: {column} {one[key][column]} and {other[key][column]}"
            for column in SAME
            if one[key][column] != other[key][column]
        ]
    return len(one.keys() & other.keys()), sorted(found)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    compared, found = differences(*sys.argv[1:])
    print("\n".join(found[:20]))
    print(f"{compared} rows compared, {len(found)} differences")
    sys.exit(bool(found) or not compared)
