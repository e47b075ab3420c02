"""Divergences of letters: closed forms, an independent reference, bad input."""

import itertools
import math

import numpy as np
import pytest

from ganbench.data import motifs
from ganbench.metrics import sequence_kl
from tests.metrics._helpers import BAD, check_entry, over_bad

EVEN = np.full((2, 2), 0.5)
MOTIFS = np.array(motifs.MATRIX)


def one_hot(rows, letters=2):
    return np.eye(letters)[np.array(rows)].reshape(len(rows), -1)


def test_closed_forms():
    """Two letters, even: one sequence alone has log 2 at each position and log 4 in all."""
    alone = sequence_kl(one_hot([[0, 1]] * 7), EVEN)
    assert alone == pytest.approx({"position_kl": 2 * math.log(2), "sequence_kl": math.log(4)})
    all_four = sequence_kl(one_hot([[0, 0], [0, 1], [1, 0], [1, 1]]), EVEN)
    assert all_four == pytest.approx({"position_kl": 0, "sequence_kl": 0}, abs=1e-12)


def test_positions_that_depend_on_each_other_show_in_whole_sequences_only():
    found = sequence_kl(one_hot([[0, 0], [1, 1]]), EVEN)
    assert found["position_kl"] == pytest.approx(0, abs=1e-12)
    assert found["sequence_kl"] == pytest.approx(math.log(2))


def test_against_all_sequences_one_after_the_other():
    """As in the authors' KL.py: SciPy's entropy of two vectors of all 4,096 sequences."""
    from scipy.stats import entropy

    samples = motifs.sample(3_000, 5)
    written = ["".join("ACGT"[i] for i in row.reshape(6, 4).argmax(1)) for row in samples]
    words = ["".join(word) for word in itertools.product("ACGT", repeat=6)]
    true = [math.prod(MOTIFS[i]["ACGT".index(c)] for i, c in enumerate(word)) for word in words]
    share = np.array([written.count(word) for word in set(written)])
    place = {word: i for i, word in enumerate(words)}
    drawn = np.zeros(4096)
    drawn[[place[word] for word in set(written)]] = share
    found = sequence_kl(samples, MOTIFS)
    assert found["sequence_kl"] == pytest.approx(entropy(drawn, true), rel=1e-9)
    shares = samples.reshape(-1, 6, 4).mean(0)
    at = [entropy(column, row) for column, row in zip(shares, MOTIFS, strict=True)]
    assert found["position_kl"] == pytest.approx(sum(at), rel=1e-6)


def test_exact_samples_are_at_the_bias_of_their_number_and_broken_ones_far():
    """E KL is about (bins - 1) / 2N; for positions 6 * 3 / 2N. The order of letters is all."""
    n = 20_000
    samples = motifs.sample(n, 3)
    found = sequence_kl(samples, MOTIFS)
    assert found["position_kl"] < 3 * 18 / (2 * n)
    assert found["sequence_kl"] < 4_096 / (2 * n)
    shuffled = samples.reshape(n, 6, 4)[:, ::-1].reshape(n, -1)
    broken = sequence_kl(shuffled, MOTIFS)
    assert broken["position_kl"] > 1 and broken["sequence_kl"] > 1
    mixed = samples.reshape(n, 6, 4).copy()
    half = mixed[: n // 2]
    mixed[:] = np.concatenate([half[:50]] * (n // 50))  # fifty sequences, again and again
    assert sequence_kl(mixed.reshape(n, -1), MOTIFS)["sequence_kl"] > 1


def test_the_largest_number_of_a_position_is_its_letter():
    samples = motifs.sample(500, 1)
    soft = 0.3 * samples - 7 + 0.1 * np.random.default_rng(0).random(samples.shape)
    assert sequence_kl(soft, MOTIFS) == sequence_kl(samples, MOTIFS)


@over_bad
def test_bad_samples(bad):
    value, message = BAD[bad]
    with pytest.raises(ValueError, match=f"^samples {message}"):
        sequence_kl(value, EVEN)


def test_another_width():
    with pytest.raises(ValueError, match="matrix has 4 features and samples 3: not comparable"):
        sequence_kl(np.zeros((5, 3)), EVEN)


@pytest.mark.parametrize("matrix", [[[0.5, 0.6]], [[1.0, 0.0]], [0.5, 0.5], [[np.nan, 1]]])
def test_bad_matrix(matrix):
    with pytest.raises(ValueError, match="matrix must be rows"):
        sequence_kl(np.zeros((5, 2)), matrix)


def test_the_entry_is_the_function(tmp_path):
    fake = motifs.sample(200, 1)
    known = ({"matrix": MOTIFS}, motifs.sample(50, 2))
    check_entry("sequence-kl", tmp_path, known, fake, sequence_kl(fake, MOTIFS))
