"""Where the numbers of a page come from: protocols, machines, the command, what to cite."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganbench import __version__
from ganbench.core import registry
from ganbench.core.citations import bibtex, papers
from ganbench.core.errors import UsageError
from ganbench.experiment.more_measured import MoreMeasured
from ganbench.experiment.records import Protocol, Record, Training
from ganbench.experiment.request import variant_groups
from ganbench.experiment.screening import NOISE_SEEDS, same_gradients

OF_METRIC = ("metric", "version", "params")  # fields of a protocol that always differ


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def protocols(records: Sequence[Record], more: Sequence[MoreMeasured]) -> dict[str, Any]:
    """Return every protocol of a data set: the fields that all share, and those that differ."""
    known: dict[str, tuple[str, Protocol]] = {}
    found = [(name, p) for r in records for name, p in r.protocols.items()]
    found += [(str(m.protocol.fields.get("metric", "")), m.protocol) for m in more]
    for name, protocol in found:
        known.setdefault(protocol.protocol_id, (name, protocol))
    fields = [protocol.fields for _, protocol in known.values()]
    names = dict.fromkeys(key for own in fields for key in own)
    shared = {
        key: fields[0][key]
        for key in names
        if key not in OF_METRIC and all(own.get(key) == fields[0].get(key) for own in fields)
    }
    return {
        "shared": [(key, _plain(value)) for key, value in shared.items()],
        "each": [
            {
                "id": protocol_id,
                "metric": name,
                "quantities": ", ".join(protocol.quantities),
                "fields": "; ".join(
                    f"{key} {_plain(value)}"
                    for key, value in protocol.fields.items()
                    if key not in shared and key != "metric" and value not in ({}, "")
                ),
            }
            for protocol_id, (name, protocol) in known.items()
        ],
    }


def provenance(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Return what the trainings were made with and on, and how many there are of each."""

    def counted(values: Sequence[str]) -> str:
        counts = Counter(values)
        if len(counts) == 1:
            return next(iter(counts))
        return ", ".join(f"{value or 'none'} ({n})" for value, n in counts.most_common())

    def commit(record: Record) -> str:
        dirty = {True: ", with changes", False: "", None: ""}[record.git_dirty]
        return (record.git_sha or "not known") + dirty

    dates = sorted(record.started_at for record in records)
    trained = [r for r in records if not r.training.control]
    lines = {
        "records": f"{len(records)}, of which {len(trained)} are trainings",
        "data, SHA-256": counted([r.training.dataset_sha256 for r in records]),
        "ganbench": counted([r.ganbench_version for r in records]),
        "commit": counted([commit(r) for r in records]),
        "torch": counted([r.torch_version for r in records]),
        "device": counted([r.device for r in records]),
        "hardware": counted([r.hardware for r in records]),
        "threads of a training": counted([str(r.threads) for r in trained or records]),
        "numbers": counted([r.training.dtype for r in records]),
        "engine": counted([r.engine for r in records]),
        "backend": counted([r.backend for r in trained or records]),
        "started": dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}",
    }
    fell = Counter(r.fell_back for r in trained if r.fell_back)
    if fell:
        lines["executed by the reference"] = "; ".join(f"{why} ({n})" for why, n in fell.items())
    return list(lines.items())


def commands(records: Sequence[Record], plan: Mapping[str, Any] | None) -> list[str]:
    """Return the commands that train these records again: one for each arch and number of seeds.

    Args:
        plan: the content of ``plan.json``, which knows who was asked for and did not fit.
    """
    trained = [r for r in records if not r.training.control]
    controls = len(trained) < len(records)
    made = []
    for arch in dict.fromkeys(r.arch for r in trained):
        own = [r for r in trained if r.arch == arch]
        seeds = Counter(r.training.variant for r in own)
        pair = _noise_pair(seeds)
        others = {n for name, n in seeds.items() if name not in pair}
        if len(others) == 1 and {seeds[name] for name in pair} == {NOISE_SEEDS} != others:
            made.append(_command(own, None, controls, plan))
            continue
        for n in sorted(set(seeds.values())):
            same = [r for r in own if seeds[r.training.variant] == n]
            made.append(_command(same, n, controls, plan))
    return made


def _noise_pair(names: Iterable[str]) -> set[str]:
    """Return the variants of A/A pairs, of which a screening trains more seeds by itself."""
    known = [v for v in registry.variants.items() if v.name in set(names)]
    return {name for pair in same_gradients(known) for name in pair}


def _command(
    own: list[Record], seeds: int | None, controls: bool, plan: Mapping[str, Any] | None
) -> str:
    """Return the command of some trainings on one arch: every option that a record tells.

    Args:
        seeds: of each variant; None for the preset's number.
    """
    first = own[0].training
    names = list(dict.fromkeys(r.training.variant for r in own))
    asked = "--budget" if first.budget_unit == "images_seen" else "--steps"
    words: list[Any] = ["ganbench", "run", "--variants", _variants(names, plan)]
    words += ["--dataset", first.dataset, "--preset", first.suite, "--arch", own[0].arch]
    words += [] if seeds is None else ["--seeds", seeds]
    words += [asked, first.budget, "--checkpoints", first.checkpoints, "--batch-size", first.batch]
    words += ["--features", first.features, "--metrics", ",".join(first.metrics)]
    words += ["--ema", first.ema or 0, *_recipe(first), "--device", own[0].device]
    games = {r.training.game for r in own if _free_to_play(r.training.variant)}
    if len(games) == 1 and games != {"alternating"}:
        words += ["--game", *games]
    if first.hyper:
        words += ["--hyper", ",".join(f"{key}={value!r}" for key, value in first.hyper.items())]
    if first.dtype != "float32":
        words += ["--dtype", first.dtype]
    if first.base_seed:
        words += ["--base-seed", first.base_seed]
    if _lies_elsewhere(first.dataset):
        words += ["--data-dir", "FOLDER"]
    flags = {
        "--validation": first.validation,
        "--no-controls": not controls,
        "--same-networks": first.networks == "same",
    }
    words += [flag for flag, on in flags.items() if on]
    return shlex.join(map(str, words))


def _variants(names: list[str], plan: Mapping[str, Any] | None) -> str:
    """Return how these variants are asked for: as a group, where they are one."""
    asked = {*names, *((plan or {}).get("skipped") or {})}
    groups = {"all": registry.variants.items(), "core": variant_groups()["core"]}
    for group, members in groups.items():
        if asked == {variant.name for variant in members}:
            return group
    return ",".join(names)


def _free_to_play(name: str) -> bool:
    """Return whether a variant leaves its game to the user."""
    try:
        return registry.variants.get(name).game is None
    except UsageError:
        return False


def _lies_elsewhere(dataset: str) -> bool:
    """Return whether a data set is the user's own, whose path no record tells."""
    try:
        return registry.datasets.get(dataset).location is not None
    except UsageError:
        return False


def _recipe(training: Training) -> list[str]:
    """Return the option that finds the recipe again; a file that is not ours is named."""
    if training.recipe == "paper":
        return ["--recipe", "paper"]
    if training.recipe == f"{training.dataset.replace(':', '-')}-{training.suite}":
        return ["--recipe", "auto"]
    return ["--recipe", f"{training.recipe}.json"]


def citations(records: Sequence[Record]) -> str:
    """Return BibTeX: of ganbench, and of the papers of the shown variants."""
    year = max(record.started_at for record in records)[:4]
    version = records[-1].ganbench_version or __version__
    commit = next((r.git_sha for r in reversed(records) if r.git_sha), "")
    note = f",\n  note = {{commit {commit}}}" if commit else ""
    own = (
        "@software{ganbench,\n  author = {{The ganbench authors}},\n"
        "  title = {{ganbench: a benchmark and comparison suite for generative adversarial "
        f"networks}}}},\n  year = {{{year}}},\n  version = {{{version}}}{note}\n}}"
    )
    entries = [own]
    for name in dict.fromkeys(r.training.variant for r in records if not r.training.control):
        try:
            entries += map(bibtex, papers("variant", registry.variants.get(name)))
        except UsageError:
            entries.append(f"% {name} is not registered here: its paper is not known")
    return "\n\n".join(dict.fromkeys(entries))
