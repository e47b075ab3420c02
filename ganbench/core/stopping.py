"""Being asked to stop, by a signal: what is being done is brought to a place to go on from.

The first signal lets the step end that is being trained, and its state be kept; a second one stops
at once. Elsewhere, where there is nothing to keep, the first does too.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from ganbench.core.errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


class _Asked:
    """What this process was asked: signals belong to a process, and so does this."""

    number: int | None = None  # of the first signal
    finishing = 0  # blocks that end by themselves when asked


def _error(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else Interrupted()


def _on_signal(number: int, frame: FrameType | None) -> None:
    first = _Asked.number is None
    _Asked.number = number
    if not (first and _Asked.finishing):
        raise _error(number)


@contextlib.contextmanager
def listening(ignored: tuple[int, ...] = ()) -> Iterator[None]:
    """Take signals as requests to stop, for a ``with`` block in the main thread.

    Args:
        ignored: signals that are another process's to handle.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    asked, _Asked.number = _Asked.number, None
    try:
        for number in SIGNALS:
            inherited = before[number] == signal.SIG_IGN  # by nohup, or a shell's background job
            if number in ignored:
                signal.signal(number, signal.SIG_IGN)
            elif not inherited:
                signal.signal(number, _on_signal)
        yield
    finally:
        _Asked.number = asked
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


@contextlib.contextmanager
def finishing() -> Iterator[None]:
    """Do not stop at the first signal in this block, which calls ``asked`` and ``stop`` itself."""
    _Asked.finishing += 1
    try:
        yield
    finally:
        _Asked.finishing -= 1


def ask() -> None:
    """Ask this process to stop, as SIGTERM does."""
    _Asked.number = signal.SIGTERM


@contextlib.contextmanager
def asked_by_others() -> Iterator[None]:
    """Forget after this block that it was asked to stop: this process goes on with other work."""
    before = _Asked.number
    try:
        yield
    finally:
        _Asked.number = before


def asked() -> bool:
    """Return whether this process was asked to stop."""
    return _Asked.number is not None


def stop() -> None:
    """Stop, if this process was asked to.

    Raises:
        KeyboardInterrupt: by Ctrl-C. Interrupted: by another signal.
    """
    if _Asked.number is not None:
        raise _error(_Asked.number)
