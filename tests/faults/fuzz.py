"""Mutations of what every reader of files and grammars is given: only a UsageError may come out.

    python -m tests.faults.fuzz --minutes 10 [--seed 0] [--only npz]

Each round takes each reader, mutates one of its whole inputs (bytes, or entries of JSON that are
sealed again, so that what lies behind a checksum is reached), and reads it as ganbench does. What
is raised and is no ``UsageError`` is printed once for each place that raises it, and ends with exit
code 1; so does a reader that takes longer than a few seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ganbench.core.errors import UsageError

SLOW_S = 10
NUMBERS = (0, 1, 2, 4, 8, 127, 128, 255, 256, 32_767, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 2**63)
Mutation = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Reader:
    """Something that reads.

    Attributes:
        inputs: whole ones. read: is given the path of a file with a mutated one.
        mutate: one of them. ending: of the file.
    """

    name: str
    inputs: tuple[bytes, ...]
    read: Callable[[Path], object]
    mutate: Mutation
    ending: str = ""


def bytes_changed(content: bytes, rng: random.Random) -> bytes:
    """Return ``content`` with a few changes: bits, bytes, numbers, pieces cut, copied or moved."""
    raw = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not raw:
            break
        place, length = rng.randrange(len(raw)), rng.choice((1, 2, 4, 8, 64, 1_000))
        what = rng.randrange(8)
        if what == 0:
            raw[place] ^= 1 << rng.randrange(8)
        elif what == 1:
            raw[place] = rng.randrange(256)
        elif what == 2:
            width, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
            number = rng.choice(NUMBERS) % 2 ** (8 * width)
            raw[place : place + width] = number.to_bytes(width, order)
        elif what == 3:
            del raw[place : place + length]
        elif what == 4:
            raw[place:place] = raw[place : place + length]
        elif what == 5:
            del raw[place:]
        elif what == 6:
            raw[place : place + length] = rng.randbytes(length)
        else:
            other = rng.randrange(len(raw))
            raw[place : place + length] = raw[other : other + length]
    return bytes(raw)


def in_its_head(mutate: Mutation, size: int = 200) -> Mutation:
    """Return ``mutate`` for the first bytes, where headers are."""

    def mutated(content: bytes, rng: random.Random) -> bytes:
        return (
            mutate(content[:size], rng) + content[size:]
            if rng.random() < 0.7
            else mutate(content, rng)
        )

    return mutated


def fuzz(readers: list[Reader], seconds: float, seed: int, folder: Path) -> Counter[str]:
    """Return what was raised that nobody catches, with how often; prints each once."""
    rng, end, failures, ends = random.Random(seed), time.monotonic() + seconds, Counter(), Counter()
    while time.monotonic() < end:
        for reader in readers:
            content = reader.mutate(rng.choice(reader.inputs), rng)
            path = folder / f"input{reader.ending}"
            path.write_bytes(content)
            for reason in _read(reader, path, ends):
                kept = folder / f"failure-{len(failures)}{reader.ending}"
                if reason not in failures:
                    kept.write_bytes(content)
                    print(f"{reader.name}: {reason}\n  {kept}", flush=True)
                failures[reason] += 1
    print(", ".join(f"{count:,} {what}" for what, count in sorted(ends.items())))
    return failures


def _read(reader: Reader, path: Path, ends: Counter[str]) -> Iterator[str]:
    """Yield what is wrong with how ``reader`` takes the file."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(path)
        ends[f"{reader.name} read"] += 1
    except UsageError as error:
        ends[f"{reader.name} refused"] += 1
        if not str(error).strip():
            yield f"{reader.name} says nothing"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        own = [f for f in traceback.extract_tb(error.__traceback__) if "/ganbench/" in f.filename]
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"
        yield f"{type(error).__name__} at {place}: {str(error)[:150]}"
    spent = time.process_time() - start
    if spent > SLOW_S:
        yield f"{reader.name} takes {spent:.0f} s"


def main() -> None:
    from tests.faults.fuzz_readers import readers

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    chosen = [reader for reader in readers(folder) if given.only in reader.name]
    failures = fuzz(chosen, given.minutes * 60, given.seed, folder)
    sys.exit(f"{len(failures)} kinds of failure, {failures.total()} in all" if failures else 0)


if __name__ == "__main__":
    main()
