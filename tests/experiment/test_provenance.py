"""Where a number comes from: commit, changes, cores."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganbench.core import registry
from ganbench.experiment.provenance import usable_cores

ROOT = Path(__file__).parents[2]


def commit(folder):
    """Return what a checkout in ``folder`` says of itself, in a process of its own."""
    code = "from ganbench.experiment.provenance import commit; print(*commit())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    return done.stdout.split()


@pytest.fixture
def checkout(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__", "*.xz", "*.safetensors")
    shutil.copytree(ROOT / "ganbench", tmp_path / "ganbench", ignore=ignore)
    for words in (
        ["init", "-q"], ["add", "ganbench"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"],
    ):  # fmt: skip
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_changes_of_the_package_are_told_from_none(checkout):
    sha, dirty = commit(checkout)
    assert len(sha) == 40 and dirty == "False"
    (checkout / "notes.txt").write_text("beside the package")
    assert commit(checkout) == [sha, "False"]
    (checkout / "ganbench" / "api.py").write_text("# changed\n")
    assert commit(checkout) == [sha, "True"]


def test_an_installed_copy_in_somebody_elses_repository_has_no_commit(checkout):
    (checkout / "lib").mkdir()
    shutil.move(checkout / "ganbench", checkout / "lib" / "ganbench")
    assert commit(checkout / "lib") == ["None"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_plan_and_run_count_the_cores_that_they_may_use():
    """Under ``taskset -c 0`` both have one worker."""
    code = (
        "import os\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from ganbench.core.registry import engines\n"
        "print(engines.get('local').workers(None, 'cpu'), engines.get('local').workers(3, 'cpu'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["1", "3"]
    local = registry.engines.get("local")
    assert local.workers(None, "cpu") == usable_cores() and local.workers(None, "cuda") == 1
    assert registry.engines.get("inline").workers(8, "cpu") == 1


@pytest.mark.parametrize(
    ("visible", "there", "shown"),
    [(None, 0, []), (None, 1, []), (None, 3, ["0", "1", "2", "0"]), ("4", 1, []),
     ("5,7", 2, ["5", "7", "5", "7"])],
)  # fmt: skip
def test_workers_take_the_gpus_in_turn(monkeypatch, visible, there, shown):
    from ganbench.experiment.engines import local

    monkeypatch.setattr("torch.cuda.device_count", lambda: there)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = [local.own_gpu(i).get("CUDA_VISIBLE_DEVICES") for i in range(4)]
    assert [name for name in found if name] == shown
    assert local.workers(None, "cuda") == max(1, there) and local.workers(None, "cuda:1") == 1
    assert local.workers(2, "cuda") == 2
