"""The registry: one ``register`` call per variant, arch, data set, features, metric or suite.

Built-ins are found by listing the modules of their packages; third parties announce a module in
the entry-point group ``ganbench.plugins``, and importing it registers.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import Any

from ganbench.errors import UsageError, unknown
from ganbench.spec import Arch, Dataset, DatasetFamily, Features, Metric, Modifier, Suite, Variant

KINDS: dict[str, type] = {
    "variant": Variant,
    "modifier": Modifier,
    "arch": Arch,
    "dataset": Dataset,
    "family": DatasetFamily,
    "features": Features,
    "metric": Metric,
    "suite": Suite,
}
BUILT_INS = ("variants", "modifiers", "archs", "data", "features", "metrics", "suites")
GROUP = "ganbench.plugins"

_entries: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
_sources: dict[tuple[str, str], str] = {}
_broken: dict[str, str] = {}
_discovered = False
_discovering = False
_discoverable: set[tuple[str, str]] = set()


def register(item: Any) -> Any:
    """Add ``item``, an object of one of the classes in ``KINDS``, and return it.

    Raises:
        TypeError: not one of these.
        ValueError: its name is taken; the message names both files.
    """
    kind = next((k for k, cls in KINDS.items() if isinstance(item, cls)), None)
    if kind is None:
        raise TypeError(f"cannot register {item!r}: not one of {', '.join(KINDS)}")
    source = sys._getframe(1).f_code.co_filename
    if item.name in _entries[kind]:
        raise ValueError(
            f"{kind} {item.name!r} is registered twice: "
            f"in {_sources[kind, item.name]} and in {source}"
        )
    _entries[kind][item.name] = item
    _sources[kind, item.name] = source
    if _discovering:
        _discoverable.add((kind, item.name))
    return item


def discover() -> None:
    """Import every built-in module and every plugin, once."""
    global _discovered, _discovering
    if _discovered:
        return
    _discovered = _discovering = True
    for part in BUILT_INS:
        package = importlib.import_module(f"ganbench.{part}")
        for module in pkgutil.iter_modules(getattr(package, "__path__", [])):
            if not module.name.startswith("_"):  # helpers register nothing
                importlib.import_module(f"ganbench.{part}.{module.name}")
    for entry in importlib.metadata.entry_points(group=GROUP):
        try:
            entry.load()
        except Exception:  # a foreign module may raise anything; it is reported, not hidden
            _broken[entry.name] = traceback.format_exc()
    _discovering = False


def names(kind: str) -> list[str]:
    """Return the registered names of ``kind``, in order of registration."""
    discover()
    return list(_entries[kind])


def items(kind: str) -> list[Any]:
    """Return the registered objects of ``kind``, in order of registration."""
    discover()
    return list(_entries[kind].values())


def family(kind: str, name: str) -> DatasetFamily | None:
    """Return the family that a data set of this name is a member of."""
    found: dict[str, DatasetFamily] = _entries["family"] if kind == "dataset" else {}
    return next((f for f in found.values() if name.startswith(f.name + f.separator)), None)


def find(kind: str, name: str) -> Any | None:
    """Return the registered object, a composition or a member of a family; None if unknown.

    Raises:
        UsageError: a part of a composition, or a family's argument, is wrong.
    """
    discover()
    if name in _entries[kind]:
        return _entries[kind][name]
    if kind == "variant" and "+" in name:
        return composed(name)
    if member := family(kind, name):
        return member.make(name.removeprefix(member.name + member.separator))
    return None


def get(kind: str, name: str) -> Any:
    """Return what ``find`` does.

    Raises:
        UsageError: unknown; names the nearest, and the plugins that failed to import.
    """
    found = find(kind, name)
    if found is not None:
        return found
    if name in _broken:
        raise UsageError(f"plugin {name!r} failed to import:\n{_broken[name]}")
    usages = [f.usage for f in _entries["family"].values()] if kind == "dataset" else []
    error = unknown(kind, name, [*_entries[kind], *usages])
    if _broken:
        error = UsageError(f"{error} (plugins that failed to import: {', '.join(_broken)})")
    raise error


def composed(name: str) -> Variant:
    """Return the variant ``base+modifier+...``; modifiers are put in order of their names.

    Raises:
        UsageError: a part is unknown, given twice, or does not fit.
    """
    base, *added = name.split("+")
    variant: Variant = get("variant", base)
    for part in sorted(added):
        modifier: Modifier = get("modifier", part)
        variant = modifier.apply(variant)
    return variant


def _key(kind: str, name: str) -> tuple[str, str]:
    if kind == "variant":
        name = name.partition("+")[0]
    member = None if name in _entries[kind] else family(kind, name)
    return ("family", member.name) if member else (kind, name)


def source(kind: str, name: str) -> str:
    """Return the file that registered it."""
    return _sources[_key(kind, name)]


def discoverable(kind: str, name: str) -> bool:
    """Return whether another process that discovers built-ins and plugins would know it too."""
    discover()
    built_in = Path(source(kind, name)).is_relative_to(Path(__file__).parent)
    return built_in or _key(kind, name) in _discoverable


def broken_plugins() -> dict[str, str]:
    """Return ``{plugin: traceback}`` of the plugins that failed to import."""
    discover()
    return dict(_broken)
