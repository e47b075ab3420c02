"""``results/FINDINGS.md`` is what its script prints of the published runs."""

import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parents[2] / "results"


def test_findings_are_fresh():
    """`python results/findings.py > results/FINDINGS.md` makes them again."""
    made = subprocess.run(
        [sys.executable, str(RESULTS / "findings.py")], capture_output=True, text=True, check=True
    )
    assert made.stdout == (RESULTS / "FINDINGS.md").read_text(encoding="utf-8")


def test_their_numbers_are_those_of_the_tables():
    """One of each kind, calculated here by hand."""
    import pandas as pd

    text = (RESULTS / "FINDINGS.md").read_text(encoding="utf-8")
    table = pd.read_csv(RESULTS / "ring2d-quick" / "stability.csv")
    fine = round((table["learned"] * table["n_seeds"]).sum())
    assert f"Of {table['n_seeds'].sum()} trainings {fine} of {table['n_seeds'].sum()} (" in text
    tuned, paper = (
        pd.read_csv(RESULTS / name / "leaderboard.csv").query("metric == 'fd'").set_index("variant")
        for name in ("mnist-quick", "mnist-quick-paper")
    )
    names = [name for name in tuned.index if not name.startswith("control:")]
    better = sum(tuned.loc[name, "median"] < paper.loc[name, "median"] for name in names)
    assert f"{better} of {len(names)} variants have a lower `fd` with the tuned" in text
