"""A run directory as it is published: small, whole, and with the hashes of its records."""

from __future__ import annotations

import io
import lzma
import shutil
from pathlib import Path

from ganbench.core.errors import UsageError
from ganbench.core.files import write_bytes
from ganbench.experiment.manifest import write_manifest
from ganbench.experiment.packed import pack
from ganbench.experiment.store import Store
from ganbench.reports.validate import check_run

COPIED = (
    "plan.json",
    "recipe.json",
    "leaderboard*.csv",
    "stability.csv",
    "two-levels.csv",
    "published.csv",
    "tasks/*.csv",
    "tasks/*/baselines/*.json",
)
PICTURES = ("plots/*.png", "samples/*.png", "tasks/*.png")


def publish(run: Path, target: Path) -> list[Path]:
    """Copy the run directory ``run`` to ``target``, with its records compressed.

    Its models, films and raw samples stay where they are.

    Raises:
        UsageError: the run has a flaw, ``target`` exists, or it cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target} exists: move it away first, or choose another name")
    _, flaws = check_run(run)
    bad = [flaw for flaw in flaws if flaw.level != "warning"]
    if bad:
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        raise UsageError(f"{run} cannot be published: {bad[0]}{more}")
    try:
        written = pack(run / "records", target / "records")
        for path in sorted((run / "records").glob("*.jsonl.xz")):
            written.append(_copy(path, target / "records" / path.name))
        for pattern in (*COPIED, "measured/*.json", "measured/draws/*.json"):
            for path in sorted(run.glob(pattern)):
                written.append(_copy(path, target / path.relative_to(run)))
        for path in sorted(found for pattern in PICTURES for found in run.glob(pattern)):
            written.append(target / path.relative_to(run))
            write_bytes(written[-1], small_png(path.read_bytes()))
        rows = run / "results.csv"
        if rows.exists():
            written.append(target / "results.csv.xz")
            write_bytes(written[-1], lzma.compress(rows.read_bytes(), preset=9))
    except OSError as error:
        raise UsageError(f"cannot write to {target}: {error.strerror}") from None
    write_manifest(Store(target))
    return [*written, target / "manifest.json"]


def small_png(content: bytes) -> bytes:
    """Return a picture with at most 256 colours, or as it is where that is no smaller."""
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        opaque = picture.convert("RGB") if picture.mode in ("RGBA", "RGB") else picture
        less = opaque.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        less.save(buffer, format="PNG", optimize=True)
    return min(buffer.getvalue(), content, key=len)


def _copy(path: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    return target
