"""How a training is executed: game algorithms, backends of a step, engines of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganbench.core.kinds.method_parts import Params
from ganbench.core.kinds.paper import Paper, check_name


def no_memory(g: Params, d: Params) -> dict[str, Params]:
    """Return the memory of a game that keeps none."""
    return {}


@dataclass(frozen=True)
class Game:
    """A game algorithm: how the gradients of both players make a step.

    Attributes:
        name: what ``--game`` takes; permanent key of results.
        step: ``(problem, state, real [d_steps, B, ...], noise, hyper) -> (state, log)``, pure, for
            one lane: one generator update, and ``d_steps`` of the discriminator. It is made of the
            functions of ``ganbench.updates``.
        init: ``(g, d) -> memory``, what the game keeps from step to step in ``state.game``.
        hyper: its own hyper-parameters (may differ per lane), with their defaults.
        unrolled: updates of D that a step tries out, beside the ``d_steps`` that it makes.
    """

    name: str
    step: Callable[..., Any]
    summary: str
    paper: Paper | None = None
    init: Callable[[Params, Params], dict[str, Params]] = no_memory
    hyper: Mapping[str, float] = field(default_factory=dict)
    unrolled: int = 0

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True)
class Backend:
    """How the step of a whole population is executed.

    Attributes:
        name: what ``--backend`` takes.
        compile: ``(step of one lane, together) -> step of a population``: both steps are functions
            ``(state, real, noise, hyper) -> (state, log)``, the second with leaves ``[L, ...]``.
            ``together``: all lanes as one program, not in turn. The result may have attributes:
            ``fell_back``, why another backend executes the step (mostly empty), and ``overwrites``,
            whether it overwrites the state that it is given.
        default_from: ``{"cpu" or "cuda": generator updates}``; ``auto`` takes the backend with the
            largest number that the training reaches.
    """

    name: str
    compile: Callable[[Callable[..., Any], bool], Callable[..., Any]]
    summary: str
    default_from: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True)
class Where:
    """Where units run, as a user says it.

    Attributes:
        engine: its name, one of ``ganbench list engines``.
        workers: units at a time; None for as many as suit the device.
        threads: of each; None for an equal share of the cores.
        options: of the engine, ``--engine-opt``.
    """

    engine: str = "local"
    workers: int | None = None
    threads: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What an engine is given beside the units.

    Attributes:
        store: of the run directory (``experiment.store.Store``).
        execute: ``(unit, store, report, engine) -> None``: trains, measures and writes records.
        report: is told of every event of every unit, ``(unit, {...}) -> None``.
        where: as the user said it; its engine is this one.
        timeout: seconds that a unit may take; None for any time.
        done: whether a unit is done, wherever, so that it is not begun.
    """

    store: Any
    execute: Callable[..., None]
    report: Callable[[Any, dict[str, Any]], None]
    where: Where = Where()
    timeout: float | None = None
    done: Callable[[Any], bool] = lambda unit: False


@dataclass(frozen=True)
class Engine:
    """Where the units of a run are executed.

    Attributes:
        name: what ``--engine`` takes.
        run: ``(units, Job) -> [(unit, Failure)]`` of the units that failed, see
            ``experiment.outcomes``.
        workers: ``(asked for or None, device) -> units at a time``, for estimates too.
        other_process: whether units run outside this process, where only built-in things and
            plugins are known.
        options: ``{what --engine-opt takes: what it means, with its default}``.
        check_options: ``options -> None``: raises ``UsageError`` for those that cannot be; it is
            called before anything is trained.
        script: ``(units, Where, run directory) -> text``: what it would submit, for engines that
            submit a script.
    """

    name: str
    run: Callable[[list[Any], Job], list[tuple[Any, Any]]]
    summary: str
    workers: Callable[[int | None, str], int]
    other_process: bool = True
    options: Mapping[str, str] = field(default_factory=dict)
    check_options: Callable[[Mapping[str, str]], None] = lambda options: None
    script: Callable[[list[Any], Where, Path], str] | None = None

    def __post_init__(self) -> None:
        check_name(self.name)


@dataclass(frozen=True)
class Logger:
    """Where the events of a run go beside the terminal.

    Attributes:
        name: what ``--log`` takes.
        start: ``(store) -> (unit, event) -> None``: is called once for a run, and what it returns
            for each event: ``{"step", "steps", "values"}``, ``{"said"}``, ``{"retried"}``,
            ``{"elsewhere"}``, ``{"done"}`` or ``{"failed"}``. It may raise a ``UsageError`` at the
            start; later errors end the logger, never the run.
        always: whether it writes without being asked for.
    """

    name: str
    start: Callable[[Any], Callable[[Any, dict[str, Any]], None]]
    summary: str
    always: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
