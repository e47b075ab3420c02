"""Consensus optimisation: its weight."""

import pytest

from ganbench.core import registry
from ganbench.core.errors import UsageError
from tests.training._helpers import make, relative


@pytest.mark.parametrize("game", ["consensus", "consensus-alternating"])
def test_the_weight_is_that_of_the_authors_code(game):
    """Mescheder 2017: ``--reg-param 10`` in all its experiments; gamma in Algorithm 1."""
    assert registry.games.get(game).hyper == {"consensus.weight": 10.0}


def test_no_other_game_has_numbers_of_its_own():
    games = [g.name for g in registry.games.items() if g.hyper]
    assert sorted(games) == ["consensus", "consensus-alternating", "sga"]


def test_the_weight_of_consensus_is_a_hyper_parameter_of_each_lane():
    given = {"game": "consensus", "dtype": "float64"}
    both = make("ns", "toy", [0, 1], hyper={"consensus.weight": [10.0, 0.0]}, **given)
    default, plain = make("ns", "toy", [0], **given), make("ns", "toy", [1], "float64",
                                                           game="simultaneous")  # fmt: skip
    for p in (both, default, plain):
        p.run(5)
    for seed, alone in ((0, default), (1, plain)):
        for part, tree in alone.params(seed).items():
            assert max(relative(both.params(seed)[part][k], v) for k, v in tree.items()) <= 1e-9
    with pytest.raises(UsageError, match="has no hyper-parameter 'consensus.weight'"):
        make("ns", "toy", [0], hyper={"consensus.weight": 1.0})
