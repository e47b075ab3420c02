"""Game algorithms: how the gradients of both players make a step. An axis of their own.

``alternating`` unless the user or the variant asks for another. ``GAMES`` holds the named ones;
``find`` also knows ``unrolled-K`` for every K >= 1.
"""

from __future__ import annotations

import re

from ganbench.errors import UsageError
from ganbench.spec import Variant
from ganbench.train.games._game import Game
from ganbench.train.games.basic import alternating, simultaneous
from ganbench.train.games.consensus import HYPER, consensus, consensus_alternating
from ganbench.train.games.lookahead import at_rest, extragradient, optimistic, past_extragradient
from ganbench.train.games.unrolled import unrolled

DEFAULT = "alternating"
GAMES: dict[str, Game] = {
    "alternating": Game(alternating),
    "simultaneous": Game(simultaneous),
    "extragradient": Game(extragradient),
    "past-extragradient": Game(past_extragradient, at_rest),
    "optimistic": Game(optimistic, at_rest),
    "consensus": Game(consensus, hyper=HYPER),
    "consensus-alternating": Game(consensus_alternating, hyper=HYPER),
    "unrolled-5": unrolled(5),
    "unrolled-10": unrolled(10),
}


def find(name: str) -> Game:
    """Return the game with this name.

    Raises:
        UsageError: there is none.
    """
    if name in GAMES:
        return GAMES[name]
    if match := re.fullmatch(r"unrolled-([1-9][0-9]?)", name):
        return unrolled(int(match[1]))
    raise UsageError(f"unknown game {name!r}; known: {', '.join(GAMES)}, unrolled-K")


def resolve(variant: Variant, asked: str | None) -> str:
    """Return the game that ``variant`` is trained by: its own, the one asked for, or the default.

    Raises:
        UsageError: an unknown game, or another than the one that makes the variant what it is.
    """
    if asked is not None:
        find(asked)
    if variant.game is None:
        return asked or DEFAULT
    find(variant.game)
    if asked not in (None, variant.game):
        raise UsageError(
            f"variant {variant.name} is trained by game {variant.game}, not by {asked}"
        )
    return variant.game


__all__ = ["DEFAULT", "GAMES", "Game", "find", "resolve"]
