"""How a run reads pictures of the user's own: ``--resize``, ``--resizer``, ``--background``."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.experiment.plan import make_plan
from ganbench.experiment.request import Request
from ganbench.experiment.resolve import load_data

WORDS = {"variants": ("ns",), "preset": "tiny"}


@pytest.fixture
def mixed(tmp_path):
    """Thirty colour pictures of two sizes, half of each transparent."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(30):
        pixels = rng.integers(0, 256, (10 + i % 2, 12, 4), dtype=np.uint8)
        pixels[:, :6, 3], pixels[:, 6:, 3] = 0, 255
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


def plan(folder, **reading):
    return make_plan(Request(dataset=f"folder:{folder}", **WORDS, **reading))


def test_pictures_of_several_sizes_are_refused_with_the_option_that_helps(tiny, mixed):
    with pytest.raises(UsageError, match="give --resize HxW"):
        plan(mixed)


def test_a_run_and_its_workers_read_in_the_way_that_was_said(tiny, mixed):
    made, data = plan(mixed, resize="8x8", background="black")
    training = made.trainings[0]
    assert data.train.shape[1:] == (3, 8, 8)
    assert training.reading == {"resize": "8x8", "background": "black"}
    assert np.array_equal(load_data(training).train, data.train)
    assert data.train[..., :2].max() == 0  # what was transparent
    white = plan(mixed, resize="8x8")[1]
    assert white.train[..., :2].min() == 255 and white.sha256 != data.sha256
    assert "30 of 30 images: alpha composited on black" in data.notes


def test_every_word_reaches_the_reader(tiny, mixed, tmp_path):
    ids = {
        make_plan(Request(dataset=f"folder:{mixed}", **WORDS, resize="8x8", resizer=how))[1].sha256
        for how in (None, "area", "bilinear", "lanczos")
    }
    assert len(ids) == 4
    floats = np.random.default_rng(0).uniform(-1, 1, (30, 8, 8)).astype(np.float32)
    np.save(tmp_path / "floats.npy", floats[:, None])
    made = Request(dataset=f"array:{tmp_path}/floats.npy", **WORDS, value_range="-1..1")
    assert make_plan(made)[1].train.dtype == np.uint8


def test_what_is_not_said_leaves_names_as_they_are(tiny):
    made, _ = make_plan(Request(dataset="ring2d", **WORDS))
    assert "reading" not in made.trainings[0].model_dump()


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"resize": "8"}, "--resize is '8': HxW needed"),
        ({"resize": "8x8", "resizer": "best"}, "--resizer is 'best'"),
        ({"background": "blue"}, "--background is 'blue'"),
        ({"value_range": "0..2"}, "--range is '0..2'"),
    ],
)
def test_words_that_are_not_known_are_refused(tiny, mixed, reading, message):
    with pytest.raises(UsageError, match=message):
        plan(mixed, **reading)


def test_a_data_set_with_one_way_of_reading_says_so(tiny):
    with pytest.raises(UsageError, match="for folder: and array:; digits has its pictures as"):
        make_plan(Request(dataset="digits", **WORDS, resize="8x8"))


def test_the_command_trains_on_resized_pictures_and_records_how(tiny, mixed, tmp_path):
    words = ["run", "--dataset", f"folder:{mixed}", "--variants", "ns", "--preset", "tiny"]
    words += ["--engine", "inline", "--seeds", "1", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, "--resize", "9x7", "--resizer", "area"])
    assert done.exit_code == 0, done.output
    record = json.loads(next((tmp_path / "out" / "records").glob("ns-*.json")).read_text())
    assert record["training"]["reading"] == {"resize": "9x7", "resizer": "area"}
    samples = np.load(next((tmp_path / "out" / "samples").rglob("*.npy")))
    assert samples.shape[-3:] == (3, 9, 7)
