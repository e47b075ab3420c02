"""What the published runs show: ``python results/findings.py > results/FINDINGS.md``."""

from pathlib import Path

import pandas as pd
from scipy.stats import spearmanr

from ganbench import stats
from ganbench.core import registry
from ganbench.experiment.screening import same_gradients
from ganbench.reports import two_levels
from ganbench.reports.comparison import compare
from ganbench.reports.comparison_words import summary
from ganbench.reports.search import sentences as of_search

HERE = Path(__file__).parent
SCREENINGS = {"mnist-quick": "fd", "ring2d-quick": "w1"}
RANKED = {"mnist-core": "fd", "ring2d": "w1"}


def board(run: str, metric: str, at: str = "") -> pd.DataFrame:
    """Return the rows of the trained variants of a leaderboard, best first."""
    table = pd.read_csv(HERE / run / f"leaderboard{at}.csv")
    return table[(table["metric"] == metric) & ~table["variant"].str.startswith("control:")]


def counted(n: int) -> str:
    """Return ``1 seed`` or ``n seeds``."""
    return "1 seed" if n == 1 else f"{n} seeds"


def learned(table: pd.DataFrame) -> pd.Series:
    """Return which rows have most of their seeds learned."""
    return table["n_learned"] > table["n_seeds"] / 2


def rank_correlation(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """Return Spearman's correlation of the medians of the variants in both."""
    both = one.merge(other, on="variant")
    found = spearmanr(both["median_x"], both["median_y"])
    return f"{found.statistic:.2f} ({len(both)} variants)"


def verdicts(run: str) -> pd.DataFrame:
    """Return the first and the last verdict of every training of a run."""
    rows = pd.read_csv(HERE / "leaderboards" / "trainings.csv.xz")
    rows = rows[(rows["run"] == run) & (rows["verdict"] != "control")].sort_values("checkpoint")
    return rows.groupby("run_id").agg(
        first=("verdict", "first"), last=("verdict", "last"), steps=("g_steps", "first")
    )


def share(count: int, n: int) -> str:
    """Return a rate with its exact interval."""
    low, high = stats.clopper_pearson(count, n)
    return f"{count} of {n} ({100 * count / n:.0f} %, 95 % interval {100 * low:.0f} to {100 * high:.0f})"


def failures(run: str, metric: str) -> list[str]:
    """Say which variants fail, and how often."""
    table = pd.read_csv(HERE / run / "stability.csv")
    seeds = int(table["n_seeds"].sum())
    counts = {v: int((table[v] * table["n_seeds"]).round().sum()) for v in
              ("learned", "collapsed", "not_learned", "diverged", "failed")}
    never = table[table["learned"] == 0]["variant"]
    always = int((table["learned"] == 1).sum())
    lost = table[table["lost"] > 0].sort_values("lost", ascending=False)
    n = int(table["n_seeds"].min())
    low = stats.clopper_pearson(n, n)[0]
    said = [
        f"Of {seeds} trainings {share(counts['learned'], seeds)} learned, {counts['collapsed']} collapsed, "
        f"{counts['not_learned']} did not learn, {counts['diverged'] + counts['failed']} broke off "
        f"(`{run}/stability.csv`, `{run}/plots/verdict-rates.png`).",
        f"{always} of {len(table)} variants learned in all of {counted(n)}, which leaves their true rate anywhere above "
        f"{100 * low:.0f} %; never: {', '.join(never) or 'none'}.",
    ]
    if len(lost):
        names = ", ".join(f"{r.variant} ({round(r.lost * r.n_seeds)})" for r in lost.head(8).itertuples())
        total = int((table["lost"] * table["n_seeds"]).round().sum())
        said.append(f"{total} trainings had learned at a checkpoint and ended without: {names}.")
    return said


def early_signs(run: str) -> list[str]:
    """Say what the first checkpoint tells of the last."""
    table = verdicts(run)
    parts = []
    for first in ("learned", "collapsed", "not learned"):
        own = table[table["first"] == first]
        if len(own):
            fine = int((own["last"] == "learned").sum())
            parts.append(f"of those that were *{first}* then, {share(fine, len(own))} learned in the end")
    at = int(table["steps"].median())
    return [f"The first checkpoint ({at:,} updates) tells much, not all: {'; '.join(parts)} "
            f"(`leaderboards/trainings.csv.xz`)."]


def equal_seconds(run: str, metric: str) -> list[str]:
    """Say how the order changes when all have the same seconds."""
    updates, seconds = board(run, metric), board(run, metric, "-at-equal-seconds")
    first, fast = updates[learned(updates)]["variant"].iloc[0], seconds[learned(seconds)]["variant"]
    cost = updates.set_index("variant")["train_cpu_s"]
    changes = f"gives way to {fast.iloc[0]} ({cost[fast.iloc[0]]:.1f} s)" if fast.iloc[0] != first else "stays first"
    return [
        f"At equal CPU seconds the order correlates with that at equal updates by {rank_correlation(updates, seconds)}: "
        f"{first}, first at equal updates with {cost[first]:.1f} s a training, {changes} "
        f"(`{run}/leaderboard-at-equal-seconds.csv`, `{run}/plots/cost.png`)."
    ]


def two_sources(run: str) -> list[str]:
    """Say what seeds and what the evaluation's samples make of the spread, where that was measured."""
    if not (HERE / run / two_levels.FILE).exists():
        return []
    said = two_levels.sentences(two_levels.read(HERE / run))
    return [f"{sentence} (`{run}/two-levels.csv`)" for sentence in said]


def significance(run: str, metric: str) -> list[str]:
    """Say what differs significantly."""
    out = HERE / run
    against, pairs = compare(out), compare(out, pairs=True)
    told = int(pairs["verdict"].isin(["better", "worse"]).sum())
    names = set(against["variant"]) | set(against["other"])
    twins = []
    for one, other in same_gradients([v for v in registry.variants.items() if v.name in names]):
        row = compare(out, variants=[one], baseline=other).iloc[0]
        twins.append(
            f"A/A: `{one}` has the gradients of `{other}`; between them: {row['verdict']}, p = {row['p']:.2f} "
            f"(`ganbench compare results/{run} --variants {one} --baseline {other}`)."
        )
    return [
        f"{summary(against)} (`ganbench compare results/{run}`)",
        f"Of {len(pairs):,} pairs {told:,} are told apart (`ganbench compare results/{run} --pairs`).",
        *twins,
    ]


def tuning() -> list[str]:
    """Say what tuning changes."""
    import json

    said = []
    for name, metric in (("mnist", "fd"), ("ring2d", "w1")):
        recipe = json.loads((HERE / f"tune-{name}-quick" / "recipe.json").read_text())
        said += [f"`{name}`: {s}" for s in of_search(recipe)]
        said[-1] += f" (`tune-{name}-quick/`)"
    tuned, paper = board("mnist-quick", "fd"), board("mnist-quick-paper", "fd")
    both = tuned.merge(paper, on="variant")
    better = int((both["median_x"] < both["median_y"]).sum())
    only = int((learned(tuned.set_index("variant")) & ~learned(paper.set_index("variant"))).sum())
    said.append(
        f"On the test split of `mnist`, one seed each at 1,000 updates, {better} of {len(both)} variants have a lower `fd` with the tuned "
        f"rate than with the paper's, and {only} learn with it only; the two orders correlate by {rank_correlation(tuned, paper)}. "
        "A comparison at the papers' rates and so few updates compares rates, not methods."
    )
    return said


def papers() -> list[str]:
    """Say what agrees with published numbers and with theory."""
    table = pd.read_csv(HERE / "verify-mixtures" / "verify-mixtures.csv")
    error = (table["se"] ** 2 + table["published_se"] ** 2) ** 0.5
    near = int(((table["mean"] - table["published"]).abs() <= 2 * error).sum())
    scale, trials = table["scale"].iloc[0], int(table["trials"].min())
    return [
        f"PacGAN's comparison of packing on mixtures, in its authors' set-up at {scale:g} of their steps with {trials} trials: {near} of "
        f"{len(table)} published means lie within two standard errors of ours (`verify-mixtures/verify-mixtures.csv`). Not replicated at "
        "this size, and with so few trials and steps not refuted either; what differs is told in `LOG.md`.",
        "Theory of the Dirac and the bilinear game: all checks of trajectories, eigenvalues and rates pass (`ganbench verify dirac` and "
        "`ganbench verify bilinear`, whose counts are in `README.md` here): replicated.",
        "Tables of FID on images (WGAN-GP, SNGAN, the large-scale study): not compared. They take Inception features and far larger budgets.",
    ]


def main() -> None:
    """Print the page."""
    lines = [
        "# Findings", "",
        "What the published runs show. Made by `python results/findings.py > results/FINDINGS.md`: every number is calculated from the "
        "files named behind it.", "",
    ]

    def section(title: str, said: list[str]) -> None:
        lines.extend([f"## {title}", "", *(f"- {sentence}" for sentence in said), ""])

    for run, metric in RANKED.items():
        if (HERE / run).exists():
            first = board(run, metric).iloc[0]
            section(
                f"`{run}`: {counted(int(first['n_seeds']))}, {int(first['g_steps']):,} updates",
                [*significance(run, metric), *failures(run, metric), *early_signs(run),
                 *equal_seconds(run, metric), *two_sources(run)],
            )  # fmt: skip
    for run, metric in SCREENINGS.items():
        first = board(run, metric).iloc[0]
        said = [f"A screening ({counted(int(first['n_seeds']))}, {int(first['g_steps']):,} updates): it shows who learns at all, and no ranks."]
        section(f"`{run}`", [*said, *failures(run, metric), *early_signs(run), *equal_seconds(run, metric)])
    section("What tuning changes", tuning())
    order = rank_correlation(board("mnist-quick", "fd"), board("ring2d-quick", "w1"))
    section(
        "From one data set to another",
        [f"The order on `mnist` (`fd`) correlates with that on `ring2d` (`w1`) by {order}: who is good on a toy need not be on images."],
    )
    section("Beside papers", papers())
    print("\n".join(lines).rstrip())


if __name__ == "__main__":
    main()
