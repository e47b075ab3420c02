"""The command line: bad input is answered on one line, with exit code 2, before any training."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from ganbench.cli import main
from ganbench.core import registry


def call(*words):
    return CliRunner().invoke(main, [str(w) for w in words])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--variants", "wgan-pg"], "unknown variant 'wgan-pg': did you mean wgan-lp or wgan-gp"),
        (["--dataset", "mnst"], "unknown dataset 'mnst': did you mean mnist"),
        (["--preset", "quik"], "unknown preset 'quik': did you mean quick"),
        (["--seeds", "0"], "--seeds is 0: at least 1 needed"),
        (["--budget", "-5"], "--budget is -5: at least 1 needed"),
        (["--checkpoints", "0"], "--checkpoints is 0: at least 1 needed"),
        (["--batch-size", "70000"], "--batch-size is 70000: between 1 and the 60000"),
        (["--batch-size", "0"], "--batch-size is 0"),
        (["--arch", "toy"], "arch toy does not fit mnist: it makes vectors, not images; try"),
        (["--arch", "dcgn"], "unknown arch 'dcgn': did you mean dcgan"),
        (["--arch", "dcgan:depth=3"], "has no option 'depth'; its options: width"),
        (["--arch", "dcgan:width=wide"], "width is 'wide': a whole number needed"),
        (["--arch", "dcgan:d_norm=none,width=0"], "at least 1"),
        (["--variants", "wgan-gp", "--arch", "dcgan:d_norm=batch"], "nothing to train: variant"),
        (["--game", "chess"], "unknown game 'chess'"),
        (["--hyper", "lr"], "--hyper: 'lr' is not KEY=NUMBER"),
        (["--hyper", "lr=fast"], "--hyper: lr is 'fast': a number needed"),
        (["--hyper", "lr=nan"], "--hyper: lr is nan: a finite number needed"),
        (["--variants", "ns", "--hyper", "rate=1"], "variant ns has no hyper-parameter 'rate'"),
        (["--dtype", "int8"], "--dtype is 'int8'"),
        (["--dtype", "tf32", "--device", "cpu"], "--dtype is tf32, which a CPU does not have"),
        (["--device", "cuda"], "finds no usable CUDA device"),
        (["--backend", "magic"], "unknown backend 'magic'"),
        (["--features", "clasifier:mnist"], "unknown features 'clasifier': did you mean"),
        (["--workers", "0"], "--workers is 0"),
        (["--engine", "cloud"], "unknown engine 'cloud'"),
        (["--ema", "2"], "ema is 2.0"),
        (["--data-dir", "/nonexistent"], "cannot read /nonexistent"),
        (["--out", "/proc/ganbench"], "cannot write to /proc/ganbench"),
    ],
)  # fmt: skip
def test_bad_input(words, message, monkeypatch, tmp_path):
    import torch

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(
        "ganbench.experiment.execute.execute", lambda *a, **k: pytest.fail("trained")
    )
    done = call("run", "--preset", "smoke", *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not any(p.is_file() and p.suffix == ".csv" for p in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["metrix"], "unknown check 'metrix'; known: metrics, dirac, bilinear, mixtures"),
        (["dirac", "--scale", "0.1"], "verify dirac has no option --scale"),
        (["mixtures", "--scale", "2"], "--scale is 2.0: at most 1 needed"),
        (["mixtures", "--seeds", "1"], "--seeds is 1: at least 2 needed"),
    ],
)
def test_bad_input_to_verify(words, message, tmp_path):
    done = call("verify", *words, "--out", tmp_path)
    assert done.exit_code == 2 and message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_unwritable_out(tmp_path):
    (tmp_path / "file").write_text("")
    done = call("run", "--preset", "smoke", "--dataset", "ring2d", "--out", tmp_path / "file" / "x")
    assert done.exit_code == 2 and "choose another --out" in done.stderr


def test_damaged_mnist(tmp_path, monkeypatch):
    from ganbench.data import mnist

    for path in mnist.FOLDER.glob("*.xz"):
        (tmp_path / path.name).symlink_to(path)
    damaged = tmp_path / "t10k-images-idx3-ubyte.xz"
    content = damaged.read_bytes()[:-1000]
    damaged.unlink()
    damaged.write_bytes(content)
    done = call("run", "--preset", "smoke", "--data-dir", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2 and "is damaged" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_list_and_info_know_everything():
    listed = call("list", "--json")
    names = json.loads(listed.stdout.strip().splitlines()[-1])
    assert names["variants"] == registry.variants.names()
    for kind in registry.KINDS.values():
        for name in kind.names():
            assert name in listed.stdout
            assert call("info", name).exit_code == 0
        assert call("list", kind.plural).exit_code == call("list", kind.kind).exit_code == 0
    shown = call("info", "wgan-gp").stdout
    for part in ("1704.00028", "gradient_penalty.weight 10", "d_steps      5", "wgan_gp.py"):
        assert part in shown
    assert "did you mean" in call("info", "wgann").stderr
    assert "fd_dinov2 1089; Stein 2023 (dgm-eval), leaderboard" in shown
    shown = call("info", "lsgan").stdout
    assert "stacked-mnist[g.lr=1e-2]: modes 10 ± 15 (sd); Welfert 2024" in shown
    assert call("list", "nothing").exit_code == 2


def test_the_zoo_is_listed_with_its_equations():
    shown = call("list", "variants", "--json").stdout
    zoo = {row["variant"]: row for row in json.loads(shown.strip().splitlines()[-1])["zoo"]}
    assert set(zoo) == set(registry.variants.names()) and len(zoo) >= 45
    assert zoo["wgan-gp"] == {
        "variant": "wgan-gp", "family": "wasserstein", "core": True, "steps": 5,
        "equation": "D: f - r + 10 (|grad D| - 1)^2 on interpolates   G: -f",
        "penalty": "gradient penalty", "paper": "Gulrajani et al. 2017", "arxiv": "1704.00028",
    }  # fmt: skip
    assert "wgan-gp          gradient penalty                  5  Gulrajani et al. 2017" in shown
    for group in ("core", "wasserstein", "relativistic", "f-divergence"):
        assert group in shown
    assert call("list", "archs", "--markdown").exit_code == 2


@pytest.mark.parametrize(("page", "words"), [("zoo", ["variants"]), ("registry", [])])
def test_the_tables_in_the_documentation_are_fresh(page, words):
    """Refresh them by ``ganbench list [variants] --markdown > docs/PAGE.md``."""
    path = Path(__file__).parents[2] / "docs" / f"{page}.md"
    assert path.read_text() == call("list", *words, "--markdown").stdout


def test_info_cites_every_part_of_a_composition():
    shown = call("info", "hinge+r1").stdout
    for part in (
        "@misc{lim2017geometric,\n  author = {Lim and Ye},\n  title = {{Geometric GAN}},",
        "@misc{mescheder2018which,\n  author = {Mescheder and others},",
        "  eprint = {1801.04406},\n  archivePrefix = {arXiv}\n}",
    ):
        assert part in shown
    for name in registry.variants.names():  # every paper can be found
        paper = registry.variants.get(name).paper
        assert (paper.arxiv or paper.venue) and f"year = {{{paper.year}}}" in call(
            "info", name
        ).stdout


def test_plan_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call(
        "plan", "--dataset", "ring2d", "--variants", "ns,wgan", "--preset", "smoke", "--json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout.strip().splitlines()[-1])
    trained = [u for u in found["units"] if not u["variant"].startswith("control:")]
    assert len(trained) == 2 and found["steps"] == 2 * 100
    assert found["seconds"] > 0 and found["memory_bytes"] > 1e8
    assert os.listdir(tmp_path) == []


def test_versions_and_help():
    assert "0.1.0" in call("--version").stdout
    assert call().exit_code in (0, 2)
    assert call("run", "--no-such").exit_code == 2


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("fd", ["metric frechet", "lower is better, in squared feature distance", "frechet.py"]),
        ("fid", ["metric frechet"]),
        ("w2", ["metric wasserstein", "w1, w2"]),
        ("extragradient", ["game extragradient", "1802.10551", "extragradient.py"]),
        ("unrolled-7", ["game unrolled-7", "1611.02163", "unrolled.py"]),
        ("quick", ["preset quick", "on ring2d", "steps 2000, batch 64, n_fake 2500, seeds 5, ema"]),
        ("traced", ["backend traced"]),
        ("local", ["engine local"]),
        ("gaussian-blobs-3", ["dataset gaussian-blobs-3"]),
        ("pacgan-2", ["ns+pack2"]),
        ("rpgan-r1r2", ["schedule r1.weight Anneal(start=0.05, end=0.005)"]),
    ],
)
def test_info_knows_quantities_games_and_what_a_data_set_changes(name, parts):
    shown = call("info", name)
    assert shown.exit_code == 0, shown.stderr
    for part in parts:
        assert part in shown.stdout


def test_games_backends_and_engines_are_listed():
    assert "unrolled-K" in call("list", "games").stdout
    assert "extragradient" in call("list", "games").stdout
    assert "traced" in call("list", "backends").stdout and "local" in call("list", "engines").stdout
    assert "folder:PATH" in call("list", "datasets").stdout


def test_the_options_of_a_run_are_the_fields_of_a_request():
    from dataclasses import fields

    from ganbench.experiment.request import Request

    for command in ("run", "plan"):
        shown = call(command, "--help").stdout
        for field in fields(Request):
            assert f"{field.metadata['flag']} " in shown, field.name
