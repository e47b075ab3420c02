"""Inception features against pytorch-fid itself, on random weights; where the weights come from."""

import hashlib
import json
import os
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from pytorch_fid import fid_score
from pytorch_fid import inception as theirs

import ganbench
from ganbench.cli import main
from ganbench.core.errors import UsageError
from ganbench.evaluation.choose import load_extractor
from ganbench.evaluation.features import inception
from ganbench.metrics import frechet_distance

PUBLISHED = inception.SHA256
BOUND = 1e-4 if torch.cuda.is_available() else 1e-6  # against a CPU, of the largest feature
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 3, 40, 24), np.uint8)  # not square, none of it 299
GREY = RNG.integers(0, 256, (6, 1, 28, 28), np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A weights file as the published one (the old format of torch.save), with random weights.

    He's initialisation and running moments near those of the layers keep the features from
    vanishing, as they would in 40 layers of PyTorch's default one.
    """
    rng = torch.Generator().manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr("torchvision.models.Inception3.load_state_dict", lambda *_: None)
        state = theirs.fid_inception_v3().state_dict()
    for key, value in state.items():
        if value.ndim == 4:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=rng)
        elif key.endswith(("bn.bias", "running_mean")):
            value.normal_(0, 0.1, generator=rng)
        elif key.endswith(("bn.weight", "running_var")):
            value.uniform_(0.8, 1.25, generator=rng)
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """No weights in the cache, none named, and nothing to be downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv(inception.VARIABLE, "")  # set, so that what a test sets is undone
    monkeypatch.setattr(theirs, "FID_WEIGHTS_URL", (tmp_path / "nowhere.pth").as_uri())
    return tmp_path / "torch" / "hub" / "checkpoints" / inception.FILE


@pytest.fixture
def known(monkeypatch, weights):
    """The random weights pass for the published ones; they are not at any place yet."""
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    monkeypatch.setattr(inception, "SHA256", sha256)
    return sha256


@pytest.fixture(scope="module")
def extract(weights):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inception, "SHA256", hashlib.sha256(weights.read_bytes()).hexdigest())
        patch.setenv(inception.VARIABLE, str(weights))
        return load_extractor("inception").function


@pytest.fixture(scope="module")
def reference(weights, tmp_path_factory):
    """pytorch-fid's network, which found the weights in torch hub's cache by itself."""
    home = tmp_path_factory.mktemp("home")
    cached = home / "hub" / "checkpoints" / inception.FILE
    cached.parent.mkdir(parents=True)
    cached.symlink_to(weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(home))
        return theirs.InceptionV3([theirs.InceptionV3.BLOCK_INDEX_BY_DIM[2048]])


def pngs(images: np.ndarray, folder: Path) -> list[str]:
    files = [str(folder / f"{i}.png") for i in range(len(images))]
    for image, file in zip(images, files, strict=True):
        pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        Image.fromarray(pixels).save(file)
    return files


@pytest.mark.parametrize("images", [COLOUR, GREY], ids=["colour", "grey"])
def test_features_and_moments_are_those_of_pytorch_fid(images, extract, reference, tmp_path):
    files = pngs(images, tmp_path)
    found = extract(images).features
    wanted = fid_score.get_activations(files, reference, device="cpu", num_workers=0)
    assert found.shape == (6, 2048) and found.dtype == np.float32
    # the same operations on the same batch: on one CPU equal, in general, to the last bit
    np.testing.assert_allclose(found, wanted, atol=BOUND * wanted.max())
    # far from degenerate: different features, which differ between images
    assert np.isfinite(wanted).all() and (wanted.std(0) > 1e-3 * np.abs(wanted).max()).mean() > 0.5

    mean, covariance = fid_score.calculate_activation_statistics(
        files, reference, batch_size=4, device="cpu", num_workers=0
    )
    exact = found.astype(np.float64)
    np.testing.assert_allclose(exact.mean(0), mean, atol=1e-5 * np.abs(mean).max())
    spread = np.abs(covariance).max()
    np.testing.assert_allclose(np.cov(exact.T), covariance, atol=1e-4 * spread)


def test_fid_is_that_of_pytorch_fid(extract, reference, tmp_path):
    from ganbench.metrics import frechet_distance

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    dark = GREY // 2
    pngs(GREY, tmp_path / "a")
    pngs(dark, tmp_path / "b")
    moments = [
        fid_score.compute_statistics_of_path(str(tmp_path / x), reference, 50, 2048, "cpu", 0)
        for x in "ab"
    ]
    (mean1, c1), (mean2, c2) = moments
    # tr (C1 C2)^(1/2) without the root of a singular matrix, which 6 images of 2048 features give
    products = np.linalg.eigvals(c1 @ c2)
    cross = np.sqrt(np.sort(products.real)[-5:]).sum()
    wanted = ((mean1 - mean2) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * cross
    found = frechet_distance(extract(GREY).features, extract(dark).features)
    assert found == pytest.approx(wanted, rel=1e-5)


def test_grey_is_the_same_image_in_three_channels(extract):
    grey = extract(GREY).features
    assert np.array_equal(grey, extract(GREY.repeat(3, 1)).features)
    apart = np.concatenate([GREY, GREY[::-1], GREY], 1)  # and the channels are told apart
    assert not np.allclose(grey, extract(apart).features)


def test_features_do_not_depend_on_the_batch(extract, monkeypatch):
    whole = extract(COLOUR).features
    monkeypatch.setattr(inception, "BATCH", 4)  # 4 and 2
    parts = extract(COLOUR).features
    back = extract(COLOUR[::-1]).features[::-1]
    # not to the last bit: convolutions may sum in another order in batches of another size
    for other in (parts, back):
        np.testing.assert_allclose(other, whole, atol=1e-5 * whole.max())
    assert extract(COLOUR[:0]).features.shape == (0, 2048)


def test_features_do_not_depend_on_the_layout_in_memory(extract):
    last = np.ascontiguousarray(COLOUR.transpose(0, 2, 3, 1))
    last.flags.writeable = False
    assert np.array_equal(
        extract(last.transpose(0, 3, 1, 2)).features, extract(COLOUR.copy()).features
    )


@pytest.mark.parametrize("shape", [(1, 299, 299), (3, 7, 310)])
def test_any_size_is_resized_as_the_network_of_pytorch_fid_does(shape, extract, reference):
    images = RNG.integers(0, 256, (2, *shape), np.uint8)
    x = torch.from_numpy(images / np.float32(255)).expand(-1, 3, -1, -1)
    with torch.no_grad():
        wanted = reference.eval()(x)[0][:, :, 0, 0].numpy()
    np.testing.assert_allclose(extract(images).features, wanted, atol=BOUND * wanted.max())


def test_extractor_says_what_it_is(known, weights, monkeypatch):
    monkeypatch.setenv(inception.VARIABLE, str(weights))
    extractor = load_extractor("inception")
    assert (extractor.key, extractor.sha256, extractor.batch) == ("inception", known, 50)
    assert extractor.function(GREY[:1]).probs is None


def test_score_calls_distances_by_their_inception_names(known, weights, monkeypatch, tmp_path):
    monkeypatch.setenv(inception.VARIABLE, str(weights))
    np.savez(tmp_path / "a.npz", COLOUR)
    np.savez(tmp_path / "b.npz", COLOUR[:, :, ::-1].copy())
    words = ["--real", str(tmp_path / "a.npz"), "--fake", str(tmp_path / "b.npz"), "--json"]
    words += ["--features", "inception", "--metrics", "fid"]
    done = CliRunner().invoke(main, ["score", *words])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(found["metrics"]) == set(found["floors"]) == {"fid"}
    flipped = COLOUR[:, :, ::-1]
    one, two = (load_extractor("inception").function(x).features for x in (COLOUR, flipped))
    assert found["metrics"]["fid"] == pytest.approx(frechet_distance(one, two), rel=1e-6)
    with pytest.raises(UsageError, match="fid is defined on other features"):
        ganbench.score(COLOUR, COLOUR, "pixels", "fid")
    assert set(ganbench.score(COLOUR, COLOUR, "inception", "fd")) == {"fid"}


def test_the_hash_is_that_of_the_published_name(monkeypatch):
    monkeypatch.undo()
    assert theirs.FID_WEIGHTS_URL.endswith("/" + inception.FILE)
    assert f"pt_inception-2015-12-05-{PUBLISHED[:8]}.pth" == inception.FILE and len(PUBLISHED) == 64


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 3, 8, 8), np.float32),
        np.zeros((2, 2, 8, 8), np.uint8),
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((2, 3, 8), np.uint8),
        np.zeros((2, 4)),
    ],
    ids=lambda x: f"{x.dtype}-{x.shape}",
)
def test_other_samples_are_refused(samples, extract):
    with pytest.raises(UsageError, match="need uint8 images of shape") as error:
        extract(samples)
    assert f"got {samples.dtype} of shape {samples.shape[1:]}" in str(error.value)


def test_no_argument():
    with pytest.raises(UsageError, match="take no argument, got 'x'"):
        load_extractor("inception:x")


def test_the_named_file_comes_first_then_the_cache_then_a_download(
    known, weights, monkeypatch, elsewhere
):
    content = weights.read_bytes()
    monkeypatch.setattr(theirs, "FID_WEIGHTS_URL", weights.as_uri())
    assert inception.read_weights() == content  # downloaded
    assert elsewhere.read_bytes() == content
    assert os.listdir(elsewhere.parent) == [inception.FILE]

    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_: pytest.fail("downloaded"))
    assert inception.read_weights() == content  # from the cache
    elsewhere.write_bytes(b"damaged")
    with pytest.raises(UsageError, match="has the SHA-256"):
        inception.read_weights()
    monkeypatch.setenv(inception.VARIABLE, str(weights))
    assert inception.read_weights() == content  # the named file, whatever is in the cache


def test_nothing_of_pytorch_fid_or_torchvision_is_replaced_even_while_loading(
    known, weights, monkeypatch
):
    """Not for a moment: another thread may use pytorch-fid meanwhile."""
    import torchvision.models.inception as base

    class Sealed(types.ModuleType):
        def __setattr__(self, name, value):
            pytest.fail(f"{self.__name__}.{name} was replaced")

    bad = weights.with_name("bad.pth")
    torch.save({"x": torch.zeros(1)}, bad)
    monkeypatch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: pytest.fail("loaded"))
    before = dict(vars(theirs)), dict(vars(base))
    try:
        theirs.__class__ = base.__class__ = Sealed
        inception.network(weights.read_bytes())
        with pytest.raises(RuntimeError, match="Missing key"):  # weights of another network
            inception.network(bad.read_bytes())
    finally:
        types.ModuleType.__setattr__(theirs, "__class__", types.ModuleType)
        types.ModuleType.__setattr__(base, "__class__", types.ModuleType)
    assert (dict(vars(theirs)), dict(vars(base))) == before


def test_features_are_bit_for_bit_those_of_pytorch_fids_own_network(extract, reference):
    """In one process on one CPU, at one batch: the same operations in the same order."""
    if torch.cuda.is_available():
        pytest.skip("the reference is on the CPU")
    for images in (COLOUR, GREY):
        x = torch.from_numpy(images).float() / 255
        with torch.inference_mode():
            wanted = reference.eval()(x.expand(-1, 3, -1, -1).contiguous())[0].flatten(1).numpy()
        assert np.array_equal(extract(images).features, wanted)


def test_nothing_in_the_file_is_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    torch.save({"x": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(Exception, match="[Ww]eights.only"):
        inception.network((tmp_path / "bomb.pth").read_bytes())
    assert not (tmp_path / "executed").exists()


COMMANDS = [["run", "--preset", "smoke"], ["plan", "--preset", "smoke"]]


def refusal(words: list[str], monkeypatch, tmp_path) -> str:
    """Return the one line with which a command refuses to start."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    before = set(tmp_path.rglob("*.json"))
    done = CliRunner().invoke(main, [*words, "--features", "inception"])
    assert done.exit_code == 2, done.output
    assert set(tmp_path.rglob("*.json")) == before  # no run directory
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and inception.FILE in lines[0] and inception.SHA256 in lines[0]
    assert "--weights FILE or GANBENCH_INCEPTION_WEIGHTS" in lines[0]
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_offline_without_weights(command, monkeypatch, tmp_path, elsewhere):
    line = refusal(command, monkeypatch, tmp_path)
    assert "cannot download file:" in line and str(elsewhere) in line
    assert not elsewhere.parent.exists() or not os.listdir(elsewhere.parent)


def test_cache_that_cannot_be_written(monkeypatch, tmp_path):
    (tmp_path / "torch").write_text("")
    assert "Not a directory" in refusal(COMMANDS[0], monkeypatch, tmp_path)


def test_download_that_is_something_else(monkeypatch, tmp_path, elsewhere):
    page = tmp_path / "page.html"
    page.write_text("log in first")
    monkeypatch.setattr(theirs, "FID_WEIGHTS_URL", page.as_uri())
    line = refusal(COMMANDS[0], monkeypatch, tmp_path)
    assert hashlib.sha256(page.read_bytes()).hexdigest() in line
    assert not os.listdir(elsewhere.parent)


def test_connection_that_breaks(monkeypatch, tmp_path, elsewhere):
    import http.client

    def broken(*_):
        raise http.client.IncompleteRead(b"", 100)

    monkeypatch.setattr("torch.hub.urlopen", broken)
    assert "cannot download" in refusal(COMMANDS[0], monkeypatch, tmp_path)
    assert not os.listdir(elsewhere.parent)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_named_file_that_is_wrong_or_missing(command, monkeypatch, tmp_path):
    wrong = tmp_path / "wrong.pth"
    wrong.write_bytes(b"other weights")
    line = refusal([*command, "--weights", "wrong.pth"], monkeypatch, tmp_path)
    assert f"{wrong} has the SHA-256 {hashlib.sha256(b'other weights').hexdigest()}" in line
    line = refusal([*command, "--weights", "none.pth"], monkeypatch, tmp_path)
    assert f"cannot read {tmp_path / 'none.pth'}: " in line


def test_every_command_that_extracts_takes_the_option(monkeypatch):
    for name in ("run", "plan", "score"):
        assert "--weights" in CliRunner().invoke(main, [name, "--help"]).output
    seen = []
    monkeypatch.setattr("ganbench.evaluation.score.score_samples", lambda *_: seen.append(named()))
    words = ["--real", "x", "--fake", "y", "--weights", "some.pth"]
    CliRunner().invoke(main, ["score", *words])
    assert seen == [os.path.abspath("some.pth")]  # workers inherit it
    assert named() != seen[0]  # the next command of this process does not


def named():
    return inception.named_file()
