"""Samples that a program holds: pictures of Pillow, frames, tensors of any kind, data sets."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy.sparse import csr_matrix
from torch.utils.data import Dataset, TensorDataset

import ganbench
from ganbench.core.errors import Interrupted, UsageError
from ganbench.data._files import read
from ganbench.data._reading import Reading
from ganbench.evaluation.given import side_of
from tests.evaluation._helpers import normal

X = normal(40, 5)
RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 7, 3), dtype=np.uint8)
PICTURES = [Image.fromarray(x) for x in RGB]
HOW = Reading()


def pixels(given, reading=HOW):
    return side_of(given, "fake", reading).samples[:]


def refused(given, message, reading=HOW, n=None):
    with pytest.raises(UsageError, match=message) as error:
        side_of(given, "fake", reading, n)
    assert "\n" not in str(error.value)


# ---- pictures of Pillow ----


@pytest.mark.parametrize(
    ("mode", "ending"),
    [("RGB", "png"), ("P", "png"), ("RGBA", "png"), ("L", "png"), ("LA", "png"), ("1", "png"),
     ("CMYK", "tif"), ("YCbCr", "tif"), ("I;16", "png")],
)  # fmt: skip
def test_pictures_are_read_as_their_files_are(tmp_path, mode, ending):
    if mode == "I;16":
        pictures = [Image.fromarray(x[..., 0].astype(np.uint16) * 257) for x in RGB]
    else:
        pictures = [picture.convert(mode) for picture in PICTURES]
    for i, picture in enumerate(pictures):
        picture.save(tmp_path / f"{i}.{ending}")
    files, held = read(str(tmp_path)), side_of(pictures, "fake", HOW)
    assert np.array_equal(held.samples[:], files[:])
    assert held.notes == [f"fake: {note}" for note in files.notes] and held.done == files.done


def test_pictures_in_modes_that_no_file_has_are_converted_too():
    assert np.abs(pixels([p.convert("HSV") for p in PICTURES]).astype(int)
                  - RGB.transpose(0, 3, 1, 2)).max() < 20  # fmt: skip
    turned = PICTURES[0].copy()
    turned.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06" + bytes(6)
    assert pixels([turned] * 2).shape == (2, 3, 7, 8) and turned.size == (7, 8)


def test_pictures_of_several_sizes_need_a_size():
    mixed = [*PICTURES, PICTURES[0].resize((3, 4))]
    refused(mixed, r"fake: picture 1 is 8x7 \(HxW\) and picture 7 4x3: give --resize HxW")
    assert pixels(mixed, Reading((4, 4))).shape == (7, 3, 4, 4)
    assert side_of(tuple(mixed), "fake", Reading((4, 4))).samples.shape == (7, 3, 4, 4)


def test_what_is_no_list_of_pictures_is_refused():
    refused(PICTURES[0], "fake is one picture: a list of them needed")
    refused([*PICTURES, 3], "fake holds pictures and int: pictures alone needed")
    refused([(p, p) for p in PICTURES], "several pictures for each sample")
    refused([[p] for p in PICTURES], "several pictures for each sample")
    refused([Image.fromarray(RGB[0, ..., 0] / np.float32(255))], "say --range 0..1")


def test_an_array_of_pictures_and_what_makes_pictures():
    held = np.empty(6, object)
    held[:] = [picture.convert("P") for picture in PICTURES]
    right = np.stack([np.asarray(p.convert("RGB")) for p in held]).transpose(0, 3, 1, 2)
    assert np.array_equal(pixels(held), right)
    made = side_of(lambda n: list(held)[:n], "fake", HOW, 4).samples[:]
    assert np.array_equal(made, right[:4])


# ---- frames ----


def test_frames_of_numbers_are_vectors():
    right = ganbench.score(X, X + 1, metrics="fd")
    assert ganbench.score(pd.DataFrame(X), pd.DataFrame(X + 1), metrics="fd") == right
    mixed = pd.DataFrame({"a": [1, 2], "b": [True, False], "c": pd.array([0.5, 1.0])})
    assert pixels(mixed).tolist() == [[1, 1, 0.5], [2, 0, 1]]
    assert pixels(pd.Series([1.0, 2])).tolist() == [[1], [2]]


def test_frames_of_other_things_are_refused():
    refused(pd.DataFrame({"a": [1, 2], "city": ["x", "y"]}), "fake holds object, not numbers")
    refused(pd.Series(["a", "b"]), "fake holds .*, not numbers")
    refused(pd.DataFrame({"a": pd.array([1, None], dtype=object)}), "fake holds object")


# ---- tensors ----


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.to_sparse(),
        lambda t: csr_matrix(t.numpy()),
        lambda t: torch.complex(torch.zeros_like(t), -t).conj().imag,
        lambda t: list(t.requires_grad_()),
        lambda t: tuple(t.requires_grad_()),
        lambda t: TensorDataset(t),
        lambda t: TensorDataset(t, torch.zeros(len(t))),
    ],
)
def test_tensors_are_read_however_they_are_held(change):
    tensor = torch.tensor(X)
    assert np.array_equal(pixels(change(tensor)), X)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2])
def test_tensors_of_types_that_numpy_lacks(kind):
    tensor = torch.tensor(X).to(kind)
    assert np.array_equal(pixels(tensor), tensor.float().numpy())
    assert np.array_equal(pixels(list(tensor)), tensor.float().numpy())


def test_what_cannot_be_read_is_one_line():
    refused(torch.zeros(9, 2, device="meta"), "fake cannot be read: .*meta")
    refused(torch.zeros(9, 2) + 0j, "holds complex64, not numbers")
    refused([[1, 2], [3]], "fake holds samples of several shapes: one needed")
    batches = r"samples of shapes \(25, 3, 4, 4\) and \(10, 3, 4, 4\): one needed"
    refused([np.zeros((25, 3, 4, 4)), np.zeros((10, 3, 4, 4))], batches)
    refused(iter(X), "fake is list_iterator|fake is .*iterator: ")
    refused(None, "fake is NoneType: an array, a tensor, a list of pictures, a path")
    refused({"a": X}, "fake is dict: ")
    refused(np.ma.masked_array(X, mask=X > 0), "masked values")
    assert np.array_equal(pixels(np.ma.masked_array(X)), X)


# ---- data sets of torch ----


class Held(Dataset):
    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        if isinstance(self.items[i], Exception):
            raise self.items[i]
        return self.items[i]


def test_of_a_sample_with_a_label_the_sample_is_read_and_told():
    labelled = [(picture, i) for i, picture in enumerate(PICTURES)]
    right = RGB.transpose(0, 3, 1, 2)
    for given in (Held(labelled), labelled, Held([(torch.tensor(x), 3) for x in right])):
        side = side_of(given, "fake", HOW)
        assert np.array_equal(side.samples[:], right)
        assert side.notes == ["fake: of each tuple the first is read: the rest is no sample"]
    assert np.array_equal(pixels(Held(list(right))), right)
    planes = [tuple(x) for x in right]  # tuples of planes are pictures, as before
    assert np.array_equal(pixels(planes), right)
    refused(Held([X[0], KeyError("gone")]), "fake cannot be read: KeyError: 'gone'")
    refused(Held([{"image": X[0]}]), "fake holds object, not numbers")


# ---- generators ----


@pytest.mark.parametrize("made", [None, 5, torch.tensor(3.0), (x for x in X)])
def test_what_a_generator_makes_has_a_length(made):
    refused(lambda n: made, "no array of 9 samples", n=9)


def test_a_generator_may_raise_anything_and_being_asked_to_stop_is_no_error():
    def raising(error):
        def make(n):
            raise error

        return make

    refused(raising(SystemExit(0)), "could not make 9 samples: SystemExit: 0", n=9)
    for stop in (KeyboardInterrupt, Interrupted):
        with pytest.raises(stop):
            side_of(raising(stop()), "fake", HOW, 9)
