"""The registry: one ``register`` call for each thing that can be chosen.

``variants.get("ns")`` returns a ``Variant``, ``archs.get("toy")`` an ``Arch``, and so on for every
kind. Built-ins are found by listing the modules of their packages; third parties announce a module
in the entry-point group ``ganbench.plugins``, and importing it registers.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from ganbench.core import plugins
from ganbench.core.errors import UsageError, unknown
from ganbench.core.kinds import (
    Arch,
    Backend,
    Control,
    Dataset,
    Engine,
    Features,
    Game,
    Logger,
    Metric,
    Modifier,
    Pattern,
    Preset,
    Task,
    Variant,
)

BUILT_INS = (
    "methods.zoo", "archs", "data", "evaluation.features", "metrics", "experiment.presets",
    "training.games", "training.backends", "training.controls", "tasks", "experiment.engines",
    "experiment.loggers",
)  # fmt: skip
GROUP = "ganbench.plugins"
PACKAGE = Path(__file__).parent.parent

T = TypeVar("T")


class Registry(Generic[T]):
    """The registered things of one kind, in order of their names.

    Args:
        ordered: in order of registration instead.
    """

    def __init__(self, kind: str, plural: str, cls: type[T], ordered: bool = False) -> None:
        self.kind, self.plural, self.cls, self.ordered = kind, plural, cls, ordered
        self._entries: dict[str, T] = {}
        self._sources: dict[str, str] = {}
        self._announced: set[str] = set()  # by built-ins and plugins: every process knows these

    def add(self, item: T, source: str, announced: bool) -> None:
        """Add ``item``, which ``source`` registers.

        Raises:
            ValueError: its name is taken; the message names both files.
        """
        name: str = item.name  # type: ignore[attr-defined]
        if name in self._entries:
            raise ValueError(
                f"{self.kind} {name!r} is registered twice: "
                f"in {self._sources[name]} and in {source}"
            )
        self._entries[name], self._sources[name] = item, source
        if announced:
            self._announced.add(name)

    def snapshot(self) -> tuple[dict[str, T], dict[str, str], set[str]]:
        """Return all that is registered now, for ``restore``."""
        return dict(self._entries), dict(self._sources), set(self._announced)

    def restore(self, before: tuple[dict[str, T], dict[str, str], set[str]]) -> None:
        """Go back to what ``snapshot`` returned."""
        self._entries, self._sources, self._announced = before

    @contextlib.contextmanager
    def with_one_more(self, item: T, source: str) -> Iterator[None]:
        """Hold ``item`` for a ``with`` block, in place of what has its name."""
        name: str = item.name  # type: ignore[attr-defined]
        before = self.snapshot()
        self._entries[name], self._sources[name] = item, source
        self._announced.discard(name)
        try:
            yield
        finally:
            self.restore(before)

    def names(self) -> list[str]:
        """Return the registered names."""
        discover()
        return list(self._entries) if self.ordered else sorted(self._entries)

    def items(self) -> list[T]:
        """Return the registered things."""
        return [self._entries[name] for name in self.names()]

    def find(self, name: str) -> T | None:
        """Return the thing called ``name``, also where a pattern makes it; None if unknown.

        Raises:
            UsageError: a pattern's argument is wrong.
        """
        discover()
        if name in self._entries:
            return self._entries[name]
        pattern = self._pattern(name)
        return pattern.make(name.removeprefix(pattern.prefix)) if pattern else None

    def get(self, name: str) -> T:
        """Return the thing called ``name``, also where a pattern makes it.

        Raises:
            UsageError: unknown; names the nearest, and the plugins that failed to import.
        """
        item = self.find(name)
        if item is not None:
            return item
        if name in _broken:
            error = UsageError(f"plugin {name!r} failed to import: {_last_line(_broken[name])}")
            error.add_note(_broken[name])
            raise error
        known = [*self._entries, *(p.usage for p in self.patterns())]
        raise unknown_name(self.kind, name, known)

    def patterns(self) -> list[Pattern]:
        """Return the patterns that make things of this kind."""
        return [p for p in patterns.items() if p.kind == self.kind]

    def _pattern(self, name: str) -> Pattern | None:
        if self.kind == "pattern":
            return None
        return next((p for p in self.patterns() if name.startswith(p.prefix)), None)

    def built_in(self, name: str) -> bool:
        """Return whether ``name`` comes with ganbench."""
        return Path(self.source(name)).is_relative_to(PACKAGE)

    def source(self, name: str) -> str:
        """Return the file that registered ``name``, or the pattern that makes it."""
        if name not in self._entries and (pattern := self._pattern(name)):
            return patterns.source(pattern.name)
        return self._sources[name]

    def announced(self, name: str) -> bool:
        """Return whether another process, which sees built-ins and plugins, would know it too."""
        discover()
        if name not in self._entries and (pattern := self._pattern(name)):
            return patterns.announced(pattern.name)
        return name in self._announced


class VariantRegistry(Registry[Variant]):
    """Variants, and compositions ``base+modifier+...`` of them."""

    def find(self, name: str) -> Variant | None:
        """Return the variant or composition; modifiers are put in order of their names.

        Raises:
            UsageError: a part of a composition is unknown, given twice, or does not fit.
        """
        base, *added = name.split("+")
        if not added or name in self._entries:
            return super().find(name)
        variant = self.get(base)
        for part in sorted(added):
            variant = modifiers.get(part).apply(variant)
        return variant

    def source(self, name: str) -> str:
        """Return the file that registered the variant, or the base of a composition."""
        return super().source(name.partition("+")[0])

    def announced(self, name: str) -> bool:
        """Return whether another process would know the variant and all modifiers in it."""
        base, *added = name.split("+")
        return super().announced(base) and all(modifiers.announced(part) for part in added)


variants = VariantRegistry("variant", "variants", Variant)
modifiers = Registry("modifier", "modifiers", Modifier)
games = Registry("game", "games", Game)
archs = Registry("arch", "archs", Arch)
datasets = Registry("dataset", "datasets", Dataset)
features = Registry("features", "features", Features)
metrics = Registry("metric", "metrics", Metric)
controls = Registry("control", "controls", Control)
tasks = Registry("task", "tasks", Task)
presets = Registry("preset", "presets", Preset, ordered=True)  # from small to large
backends = Registry("backend", "backends", Backend)
engines = Registry("engine", "engines", Engine)
loggers = Registry("logger", "loggers", Logger)
patterns = Registry("pattern", "patterns", Pattern)

KINDS: dict[str, Registry[Any]] = {
    registry.kind: registry
    for registry in (
        variants, modifiers, games, archs, datasets, features, metrics, controls, tasks, presets,
        backends, engines, loggers, patterns,
    )
}  # fmt: skip

_broken: dict[str, str] = {}


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown ``name``, with the plugins that could not be loaded."""
    error = unknown(kind, name, known)
    reasons = [f"plugin {p} was not loaded: {_last_line(trace)}" for p, trace in _broken.items()]
    return UsageError(f"{error} ({'; '.join(reasons)})") if reasons else error


def _last_line(trace: str) -> str:
    return trace.strip().splitlines()[-1].removeprefix("ValueError: ")


_discovered = _discovering = False


def _of(item: Any) -> Registry[Any]:
    """Return the registry for ``item``.

    Raises:
        TypeError: nothing that can be registered.
    """
    for registry in KINDS.values():
        if isinstance(item, registry.cls):
            if registry is patterns and item.kind not in KINDS:
                raise TypeError(f"pattern {item.name}: unknown kind {item.kind!r}")
            return registry
    raise TypeError(f"cannot register {item!r}: not one of {', '.join(KINDS)}")


def register(item: T) -> T:
    """Add ``item``, an object of one of the registered kinds' classes, and return it.

    Raises:
        TypeError: not one of these.
        ValueError: its name is taken, or it cannot work (an unknown capability, a ``build`` that
            cannot be called as the trainer calls it); one line that names the file.
    """
    source = sys._getframe(1).f_code.co_filename
    registry = _of(item)
    if check := getattr(item, "check", None):
        try:
            check()
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from None
    built_in = Path(source).is_relative_to(PACKAGE)
    registry.add(item, source, announced=built_in or _discovering)
    return item


def get(kind: str, name: str) -> Any:
    """Return what is registered under a name: ``get("dataset", "mnist")``.

    Args:
        kind: variant, dataset, arch, metric ...: the keys of ``KINDS``.

    Raises:
        UsageError: there is no such kind or name; with the nearest.
    """
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    return KINDS[kind].get(name)


@contextlib.contextmanager
def temporarily(*items: Any) -> Iterator[None]:
    """Register ``items`` for a ``with`` block; they are known to this process only.

    Each takes the place of what has its name.
    """
    discover()
    source = sys._getframe(2).f_code.co_filename
    with contextlib.ExitStack() as stack:
        for item in items:
            stack.enter_context(_of(item).with_one_more(item, source))
        yield


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
    for entry in () if plugins.trying() else importlib.metadata.entry_points(group=GROUP):
        if reason := plugins.refused(entry):
            _broken[entry.name] = reason
            continue
        before = {kind: registry.snapshot() for kind, registry in KINDS.items()}
        try:
            entry.load()
        except (Exception, SystemExit):  # a foreign module may raise anything; it is reported
            _broken[entry.name] = traceback.format_exc()
            for kind, registry in KINDS.items():  # nothing of it stays half loaded
                registry.restore(before[kind])
    _discovering = False


def broken_plugins() -> dict[str, str]:
    """Return ``{plugin: traceback}`` of the plugins that failed to import."""
    discover()
    return dict(_broken)
