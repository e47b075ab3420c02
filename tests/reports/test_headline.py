"""The first sentence, and what to run next."""

import numpy as np
import pytest

from ganbench.experiment.store import Store
from ganbench.reports import leaderboard
from ganbench.reports.headline import headline, next_run
from ganbench.reports.results import results
from ganbench.stats.noise import pooled_noise
from ganbench.stats.shift import detectable
from tests.reports import _seven

WIDE = [1.0, 1.4, 0.8, 1.9, 1.1, 1.6, 0.9]


def told(out, records, workers=1):
    """Return both sentences of a run directory of these records."""
    made = Store(_seven.whole_run(out, records)).records()
    table, known = results(made), leaderboard.quantities(made)
    board = leaderboard.leaderboard(table, known)
    return headline(board, table, "fd", known), next_run(board, table, "fd", known, workers)


def seeds(variant, values, **changes):
    return [_seven.record(variant, i, v, **changes) for i, v in enumerate(values)]


def controls():
    return [r for r in _seven.records() if r.training.control]


def test_who_is_told_from_the_best(tmp_path):
    """7 seeds: 3 pairs are corrected together, and separate groups are told apart."""
    first, following = told(tmp_path / "a", _seven.records())
    assert first == (
        "On dots, good has the best fd (1.3) and is told from all others at 7 seeds; all 3 "
        "variants learned; at equal CPU seconds good is first."
    )
    noise = pooled_noise([np.array(_seven.GOOD), np.array(_seven.NS)])
    least = np.expm1(detectable(7, 0.05 / 3) * noise.sd)
    assert following == f"7 seeds show differences of {100 * least:.0f} % between good and ns."


def test_who_cannot_be_told_from_the_best(tmp_path):
    made = [*seeds("ns", _seven.NS), *seeds("close", _seven.CLOSE), *controls()]
    first, following = told(tmp_path / "a", made)
    assert first.startswith(
        "On dots, ns has the best fd (2.3); close cannot be told from it at 7 seeds"
    )
    assert "theirs takes" in following or "too small for any number of seeds" in following


def test_seeds_that_are_too_few_say_how_many_it_takes(tmp_path):
    made = [r for r in _seven.records() if r.seed < 3]
    first, following = told(tmp_path / "a", made, workers=2)
    assert "and 3 seeds cannot tell anybody from anybody" in first
    # three pairs take 5 seeds: 3 * 2 / C(10, 5) = 0.024; two more seeds of 3 variants, 2 workers:
    # each seed trains 4 seconds and is measured twice for half a second
    assert following == "Next: --seeds 5 can tell pairs of 3 variants apart; about a minute."


def test_who_did_not_learn_is_counted(tmp_path):
    made = [*seeds("good", WIDE), *seeds("poor", [9.0] * 7), *seeds("ns", _seven.NS), *controls()]
    assert "; 1 of 3 variants did not learn;" in told(tmp_path / "a", made)[0]
    none = [*seeds("poor", [9.0, 9.1, 9.2]), *seeds("ns", [8.0, 9.0, 9.5]), *controls()]
    first, following = told(tmp_path / "b", none)
    assert first == "On dots, none of 2 variants learned in most of its seeds." and not following


def test_controls_alone_and_one_variant_alone(tmp_path):
    assert told(tmp_path / "a", controls()) == (
        "Only controls were measured: no variant was trained.",
        "",
    )
    first, following = told(tmp_path / "b", [*seeds("good", _seven.GOOD), *controls()])
    assert first.startswith("On dots, good has the best fd (1.3); all 1 variants learned")
    assert following == ""


def test_a_screening_has_bands(tmp_path):
    made = [r for r in _seven.records() if r.seed < 2 and r.training.variant != "good"]
    first, following = told(tmp_path / "a", made)
    assert "close has the best fd" in first and "; ns cannot be told from it at 2 seeds" in first
    assert following == ""


@pytest.mark.parametrize("count", [8])
def test_many_names_are_counted(tmp_path, count):
    made = [r for k in range(count) for r in seeds(f"v{k}", [v + k / 1e3 for v in WIDE])]
    assert (
        f"; {count - 1} others cannot be told from it at 7 seeds"
        in told(tmp_path / "a", [*made, *controls()])[0]
    )
