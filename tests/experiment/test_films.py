"""Films: which steps they show, that they change nothing, that they go on, and their pictures."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageSequence

import ganbench
from ganbench.cli import main
from ganbench.core import stopping
from ganbench.core.errors import Interrupted
from ganbench.core.seeds import derive
from ganbench.experiment import execute
from ganbench.experiment.films import IMAGES, places, read_frames
from ganbench.experiment.store import Store
from tests.experiment._helpers import run, values

pytestmark = pytest.mark.usefixtures("no_plots")


def film_of(out, result, variant="ns", seed=0):
    rows = result.results
    own = rows[(rows["variant"] == variant) & (rows["seed"] == seed)]
    return read_frames(Store(out), own["run_id"].iloc[0])


def call(*words):
    return CliRunner().invoke(main, ["film", *map(str, words)])


def test_places_are_geometric_and_do_not_depend_on_the_budget():
    assert places(12) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12]
    for steps in (1, 100, 5_000):
        assert places(steps)[-1] == steps and places(steps)[0] == 0
        assert set(places(steps)) - {steps} <= set(places(20_000))
    assert len(places(20_000)) < 80
    late = [p for p in places(20_000) if p > 100]
    ratios = [b / a for a, b in zip(late[:-1], late[1:-1], strict=False)]
    assert max(ratios) < 1.17 and min(ratios) > 1.13


def test_a_film_shows_the_generator_at_its_steps_and_changes_no_value(tiny, tmp_path):
    given = {"variants": ["ns"], "seeds": 2, "no_controls": True}
    without = run(tmp_path / "a", **given)
    result = run(tmp_path / "b", film=True, **given)
    assert values(without).equals(values(result))
    assert not (tmp_path / "a" / "films").exists()
    frames = film_of(tmp_path / "b", result, seed=1)
    assert sorted(frames) == places(12)
    for step in (7, 12):
        population = ganbench.train("ns", "ring2d", seeds=[0, 1], steps=step, batch=8)
        shown = population.sample(len(frames[step]), 1, latent_seed=derive("film"))
        assert np.allclose(frames[step], shown, atol=1e-5)
    assert not np.allclose(frames[7], frames[12], atol=1e-3)


def test_a_film_goes_on_with_the_budget(tiny, tmp_path):
    given = {"variants": ["ns"], "seeds": 1, "no_controls": True, "film": True}
    straight = film_of(tmp_path / "a", run(tmp_path / "a", steps=12, **given))
    run(tmp_path / "b", steps=10, **given)
    grown = film_of(tmp_path / "b", run(tmp_path / "b", steps=12, **given))
    assert sorted(straight) == sorted(grown)
    assert all(np.array_equal(straight[step], grown[step]) for step in straight)


def test_images_make_an_animation(tiny, tmp_path):
    result = run(tmp_path, variants=["ns"], dataset="digits", arch="dcgan:width=8", seeds=1,
                 film=True, no_controls=True, steps=4)  # fmt: skip
    frames = film_of(tmp_path, result)
    assert frames[0].shape == (IMAGES, 1, 8, 8) and frames[0].dtype == np.uint8
    for name in ("x.png", "x.gif"):
        done = call(tmp_path, "--variant", "ns", "--to", tmp_path / name, "--seconds", "1")
        assert done.exit_code == 0, done.output
        shown = [f.convert("L") for f in ImageSequence.Iterator(Image.open(tmp_path / name))]
        assert len(shown) == len(frames) == 5
        first, last = (np.asarray(frame) for frame in (shown[0], shown[-1]))
        assert not np.array_equal(first, last)
    assert call(tmp_path, "--variant", "ns").exit_code == 0
    assert (tmp_path / "films" / "ns-s0.png").exists()


def test_points_make_one_with_all_frames_in_one_square(tiny, tmp_path):
    run(tmp_path, variants=["ns"], seeds=1, film=True, no_controls=True)
    assert call(tmp_path, "--variant", "ns", "--to", tmp_path / "x.png").exit_code == 0
    assert len(list(ImageSequence.Iterator(Image.open(tmp_path / "x.png")))) == len(places(12))


def test_bad_words_and_damaged_files_are_one_line(tiny, tmp_path):
    run(tmp_path, variants=["ns"], seeds=1, film=True, no_controls=True)
    for words, message in [
        (["--variant", "hinge"], "no record of hinge"),
        (["--seed", "7"], "has no seed 7; there are 0"),
        (["--to", "x.mp4"], "FILE.png or FILE.gif needed"),
        (["--to", "/proc/x/y.png"], "cannot write to"),
        (["--seconds", "0"], "--seconds is 0"),
        (["--seconds", "nan"], "--seconds is nan"),
    ]:
        done = call(tmp_path, "--variant", "ns", *words)
        assert done.exit_code == 2 and message in done.stderr and done.stderr.count("\n") == 1
    (path,) = (tmp_path / "films").glob("*.npz")
    content = path.read_bytes()
    path.unlink()
    done = call(tmp_path, "--variant", "ns")
    assert done.exit_code == 2 and "no film of ns, seed 0" in done.stderr
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, steps=np.array([0]), frames=np.array([{}], dtype=object))
    for harm in (b"", content[:100], pickled.read_bytes(), b"{}"):
        path.write_bytes(harm)
        done = call(tmp_path, "--variant", "ns")
        assert done.exit_code == 2 and "is not a film" in done.stderr


def test_a_film_is_whole_after_a_stop_between_evaluations(tiny, tmp_path, monkeypatch):
    """The state is kept where the signal came, and the frames before it too."""
    monkeypatch.setattr(execute, "REPORT_S", 0.0)
    given = {"variants": ["ns"], "seeds": 1, "no_controls": True, "film": True, "checkpoints": 1}

    def stop(unit, event):
        if event.get("step", 0) >= 8:
            stopping.ask()

    with stopping.asked_by_others(), pytest.raises(Interrupted):
        run(tmp_path, progress=stop, **given)
    assert list(tmp_path.glob("checkpoints/*/*.safetensors"))
    frames = film_of(tmp_path, run(tmp_path, **given))
    assert sorted(frames) == places(12)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_film_is_whole_after_an_interruption(tiny, tmp_path, stopped):
    class Stop(BaseException):
        pass

    def stop(unit, event):
        if stopped and event.get("step", 0) >= 8 and "values" in event:
            raise Stop

    given = {"variants": ["ns"], "seeds": 1, "no_controls": True, "film": True}
    if stopped:
        with pytest.raises(Stop):
            run(tmp_path, progress=stop, **given)
    frames = film_of(tmp_path, run(tmp_path, **given))
    assert sorted(frames) == places(12)
