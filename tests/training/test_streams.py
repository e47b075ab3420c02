"""Random streams of lanes: noise and data order."""

import torch

from ganbench.core.kinds import Noise
from ganbench.training.streams import CHUNK, DataOrder, NoiseStreams, draw, generator


def test_noise_and_data_order_are_the_lanes_own():
    plan = {"d": {"z": Noise("normal", (4, 3))}, "g": {"m": Noise("keep", (4, 5), 0.3)}}
    many = NoiseStreams(plan, [11, 12, 13], 2, torch.device("cpu"), torch.float64)
    one = NoiseStreams(plan, [12], 2, torch.device("cpu"), torch.float64)
    for step in (0, CHUNK - 1, CHUNK, 5):
        a, b = many.at(step), one.at(step)
        assert torch.equal(a["d"]["z"][1:2], b["d"]["z"])
        assert torch.equal(a["g"]["m"][1:2], b["g"]["m"])
    assert not torch.equal(many.at(0)["d"]["z"][0], many.at(0)["d"]["z"][1])
    batches, alone = DataOrder(100, 8, [1, 2, 3]), DataOrder(100, 8, [2])
    assert torch.equal(batches.at(10, 5)[1:2], alone.at(10, 5))


def test_every_epoch_is_a_new_shuffle_of_all_data():
    batches = DataOrder(size=50, batch=7, seeds=[5])
    epochs = [batches.at(7 * e, 7)[0].flatten() for e in range(3)]
    for seen in epochs:
        assert len(seen) == 49 and len(seen.unique()) == 49
    assert not torch.equal(epochs[0], epochs[1])


def test_the_batches_of_a_step_are_those_of_its_updates():
    batches, other = (DataOrder(size=50, batch=7, seeds=[5, 6]) for _ in range(2))
    for step in (0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 2, 1):  # also back again
        found = batches.of_step(step, 3, torch.device("cpu"))
        assert found.shape == (2, 3, 7) and torch.equal(found, other.at(3 * step, 3))


def test_noise_has_the_stated_distribution():
    rng = generator(torch.device("cpu"), "test")
    assert abs(float(draw(Noise("normal", (20_000,)), rng).std()) - 1) < 0.02
    for p in (0.0, 0.3, 0.5, 0.999):
        keep = draw(Noise("keep", (1_000_003,), p), rng)
        sd = (p * (1 - p) / len(keep)) ** 0.5
        assert keep.dtype == torch.bool and abs(float(keep.double().mean()) - (1 - p)) <= 4 * sd
        both = float((keep[1:] & keep[:-1]).double().mean())  # neighbours are independent
        assert abs(both - (1 - p) ** 2) <= 8 * sd
    both = draw(Noise("symmetric", (20_000,)), rng)
    assert -1 <= both.min() < -0.99 and 0.99 < both.max() < 1


def test_noise_is_new_at_every_step_and_past_every_chunk():
    plan = {"d": {"z": Noise("normal", (4, 3))}, "g": {"z": Noise("normal", (4, 3))}}
    streams = NoiseStreams(plan, [5], 1, torch.device("cpu"), torch.float32)
    steps = [streams.at(step)["g"]["z"].clone() for step in range(2 * CHUNK + 2)]
    different = {tensor.numpy().tobytes() for tensor in steps}
    assert len(different) == len(steps)
    first = streams.at(0)
    assert not torch.equal(first["g"]["z"], first["d"]["z"][:, 0])  # and for each player


def test_discriminator_updates_of_one_step_have_noise_of_their_own():
    plan = {"d": {"z": Noise("normal", (4, 3))}, "g": {}}
    z = NoiseStreams(plan, [5], 3, torch.device("cpu"), torch.float32).at(0)["d"]["z"]
    assert z.shape == (1, 3, 4, 3) and not torch.equal(z[0, 0], z[0, 1])
