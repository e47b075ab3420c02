"""Networks and the architectures that build them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ganbench.core.errors import UsageError
from ganbench.core.kinds.method_parts import Noise
from ganbench.core.kinds.paper import check_name
from ganbench.core.printable import shown
from ganbench.core.ranges import Range, finite

if TYPE_CHECKING:
    from torch import nn

    from ganbench.core.kinds.method import Variant

# What an architecture can provide and a method can require. A name that is not here is an error.
CAPABILITIES: Mapping[str, str] = {
    "per_sample_d": "no output of the discriminator depends on the other samples of its batch",
    "features": "the discriminator returns its features, and any number of outputs",
    "decoder": "the generator is a function of only its latent, so that it can decode",
    "images": "samples are images [C, H, W]",
}


def check_capabilities(names: frozenset[str], whose: str) -> None:
    """Raise ``UsageError`` unless all ``names`` are in ``CAPABILITIES``."""
    wrong = sorted(names - CAPABILITIES.keys())
    if wrong:
        raise UsageError(
            f"{whose}: unknown capability {', '.join(map(repr, wrong))}; "
            f"known: {', '.join(CAPABILITIES)}"
        )


ADDED: Mapping[str, Any] = {"class_frequencies": (), "channels": 1}  # if it is conditional


@dataclass(frozen=True)
class Networks:
    """A generator and discriminator pair built for one data shape.

    Attributes:
        generator: ``latent [B, Z] -> sample [B, *shape]``.
        discriminator: ``sample [B, *shape] -> logits [B]``, or ``[B, outputs]`` if more than one;
            with ``features=True``, where it provides them, ``[B, F]``.
        latent: the noise of one latent, shape ``(Z,)``.
        provides: what the pair offers to a variant's ``requires``; see ``CAPABILITIES``.
        label_planes: how many of a sample's channels, the last, say its class.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent: Noise
    provides: frozenset[str] = frozenset()
    label_planes: int = 0

    def __post_init__(self) -> None:
        check_capabilities(self.provides, "provides")


# ``(shape, outputs) -> Networks``; a wrap makes another such function of it.
NetworkBuilder = Callable[..., Networks]
NetworkWrap = Callable[[NetworkBuilder], NetworkBuilder]


def no_option(arch: Arch, key: str) -> UsageError:
    """Return the error for an option that ``arch`` has not."""
    known = ", ".join(arch.options) or "none"
    return UsageError(f"arch {arch.name} has no option '{shown(key)}'; its options: {known}")


def _is_number(default: Any) -> bool:
    return isinstance(default, int | float) and not isinstance(default, bool)


@dataclass(frozen=True)
class Arch:
    """An architecture: a generator and discriminator pair for data shapes.

    Attributes:
        name: permanent key of results.
        build: ``(shape, outputs=1, **options) -> Networks``, initialised from torch's current
            random state; ``outputs`` is the number of outputs of the discriminator.
        summary: one line for listings.
        options: what can be chosen in ``name:key=value,...``, with the defaults.
        ranges: of those that are numbers; without one any that is finite, and whole if the default
            is.
        fits: ``shape -> ""``, or the reason why it does not fit.
        vectorise: whether one program for all seeds is worth it on a CPU (small dense networks);
            where it is not, a CPU unit holds one seed.
        conditional: whether it is given class labels, for data that have them: ``build`` then also
            takes ``class_frequencies`` and the ``channels`` of an image, and its samples are
            images with one plane for each class.
    """

    name: str
    build: NetworkBuilder
    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict, kw_only=True)
    fits: Callable[[tuple[int, ...]], str] = lambda shape: ""
    vectorise: bool = False
    conditional: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)

    def parse(self, key: str, text: str) -> Any:
        """Return the value of the option ``key`` that ``text`` says.

        Raises:
            UsageError: it is of another kind, or no number that the option can have.
        """
        default = self.options[key]
        if not _is_number(default):
            return text
        return self._range(key).parse(f"arch {self.name}: {key}", text)

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise ``UsageError`` for options that there are not, and what they cannot be."""
        for key, value in options.items():
            if key not in self.options:
                raise no_option(self, key)
            if _is_number(self.options[key]):
                self._range(key).check(f"arch {self.name}: {key}", value)
            elif type(value) is not type(self.options[key]):
                raise UsageError(f"arch {self.name}: {key} is {shown(value)}: words needed")

    def _range(self, key: str) -> Range:
        return self.ranges.get(key, finite(isinstance(self.options[key], int)))

    def check(self) -> None:
        """Raise ``ValueError`` unless ``build`` can be called as the trainer calls it."""
        added = ADDED if self.conditional else {}
        try:
            inspect.signature(self.build).bind((1,), outputs=1, **self.options, **added)
        except TypeError as error:
            wanted = ", ".join(["shape", "outputs=1", *self.options, *added])
            raise ValueError(
                f"arch {self.name}: build must accept ({wanted}), and does not: {error}"
            ) from None

    def options_for(self, variant: Variant, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``options`` with D normalised as the authors of ``variant`` did it.

        Nothing changes where this architecture has no option ``d_norm``, where ``options`` chooses
        one beside the default, or where the variant or a modifier on it needs per-sample outputs.
        """
        free = "d_norm" in self.options and "per_sample_d" not in variant.requires
        if not free or options["d_norm"] != self.options["d_norm"]:
            return dict(options)
        return {**options, "d_norm": variant.d_norm}

    def label(self, options: Mapping[str, Any]) -> str:
        """Return the name with those ``options`` that differ from the defaults."""
        changed = {k: v for k, v in sorted(options.items()) if v != self.options[k]}
        listed = ",".join(f"{k}={v}" for k, v in changed.items())
        return f"{self.name}:{listed}" if listed else self.name
