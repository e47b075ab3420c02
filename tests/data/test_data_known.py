"""Signals, motifs, triangles and MNIST-1D: what is known of them is true of what they hold."""

import builtins
import random

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from ganbench.core import registry, triangle
from ganbench.core.errors import UsageError
from ganbench.core.seeds import derive
from ganbench.data import _mixtures, mnist1d, motifs, signals, triangles
from ganbench.metrics import mode_coverage, sequence_kl, triangle_precision_recall


def test_signals_are_eight_waveforms_of_one_norm_far_apart():
    mixture = signals.mixture()
    assert mixture.centers.shape == (8, 64)
    assert pdist(mixture.centers) == pytest.approx(np.full(28, 6.4))
    spectrum = abs(np.fft.rfft(mixture.centers))
    assert spectrum.argmax(1).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert mixture.centers[0, 16] == pytest.approx(0.8)  # a sine's top, a quarter on
    assert mixture.centers[1, 0] == pytest.approx(0.8)  # a cosine starts there


def test_signals_have_their_modes_as_labels():
    data = signals.load()
    assert data.train.shape == (100_000, 64) and abs(data.train).max() < 1.5
    assert data.test_labels.tolist() == [i % 8 for i in range(10_000)]
    drawn = np.random.default_rng(derive("signals", "train")).integers(8, size=100_000)
    assert np.array_equal(data.train_labels, drawn)


def test_a_perfect_sampler_of_signals_covers_all_and_a_broken_one_does_not():
    mixture = signals.mixture()
    samples = _mixtures.sample(mixture, 20_000, 3)

    def measured(fake):
        return mode_coverage(fake, mixture.centers, mixture.std, radius=mixture.radius)

    good = measured(samples)
    assert good["modes"] == 8 and good["reverse_kl"] < 0.001
    assert good["hq"] == pytest.approx(1 - np.exp(-4.5), abs=0.003)
    few = measured(samples[signals.labels(samples) < 3])
    assert few["modes"] == 3 and few["reverse_kl"] == pytest.approx(np.log(8 / 3), abs=0.01)
    assert measured(0.7 * samples)["hq"] == 0
    assert measured((samples + np.roll(samples, 1, 0)) / 2)["hq"] < 0.2  # 1/8 are of one mode


def test_the_matrix_of_motifs_is_that_of_ataggc_and_its_samples_follow_it():
    matrix = np.array(motifs.MATRIX)
    assert matrix.sum(1) == pytest.approx(np.ones(6))
    assert "".join(motifs.LETTERS[i] for i in matrix.argmax(1)) == "ATAGGC"
    data = motifs.load()
    rows = data.train.reshape(-1, 6, 4)
    assert (rows.sum(2) == 1).all() and set(np.unique(rows)) == {0.0, 1.0}
    error = np.sqrt(matrix * (1 - matrix) / len(rows))
    assert (abs(rows.mean(0) - matrix) < 5 * error).all()
    assert np.array_equal(data.known["sequence"]["matrix"], matrix)
    both = np.einsum("nil,njk->ijlk", rows, rows) / len(rows)
    apart = np.einsum("il,jk->ijlk", matrix, matrix)
    assert all(abs(both[i, j] - apart[i, j]).max() < 0.01 for i in range(6) for j in range(i))
    assert sequence_kl(data.test, matrix)["position_kl"] < 0.005


def test_triangles_are_what_their_limits_say():
    data = triangles.load()
    assert data.train.shape == (20_000, 1, 28, 28) and data.test.shape == (5_000, 1, 28, 28)
    known = data.known["triangles"]
    low, high, height = known["limits"]
    assert (known["vertices"] >= low).all() and (known["vertices"] <= high).all()
    assert (triangle.least_height(known["vertices"]) >= height).all()
    assert data.train.max() == 255 and (data.train[:, :, [0, -1]] > 0).mean() < 0.01
    found = triangle_precision_recall(data.test[:300], known["vertices"], tuple(known["limits"]))
    assert found["triangle_precision"] == 1.0
    repeated = len({image.tobytes() for image in data.train}) < len(data.train)
    assert not repeated


@pytest.mark.parametrize("module", [motifs, triangles])
def test_samplers_are_seeded(module):
    assert np.array_equal(module.sample(50, 1), module.sample(50, 1))
    assert not np.array_equal(module.sample(50, 1), module.sample(50, 2))
    assert np.array_equal(module.sample(20, 1)[:5], module.sample(20, 1)[:5])


def test_mnist1d_is_the_packages_own():
    from mnist1d.data import get_dataset_args, make_dataset

    random.seed(5)
    np.random.seed(5)
    before = random.getstate(), np.random.get_state()[1].tolist()
    data = mnist1d.load()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # as they were
    made = make_dataset(get_dataset_args())
    assert np.allclose(4 * data.train, made["x"], atol=1e-6)
    assert np.array_equal(data.test_labels, made["y_test"])
    assert data.train.shape == (4_000, 40) and data.test.shape == (1_000, 40)
    assert data.train.dtype == np.float32 and set(data.train_labels) == set(range(10))
    assert (abs(data.train) > 1).mean() < 0.001


def test_without_its_package_mnist1d_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def absent(name, *given):
        if name.startswith("mnist1d"):
            raise ImportError(name)
        return real(name, *given)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(UsageError, match=r"^mnist1d needs its package: pip install 'ganbench\[dat"):
        registry.datasets.get("mnist1d").load(None)
