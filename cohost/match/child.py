"""Runs a matching in a process of its own: graph libraries hold the interpreter lock and would freeze the API."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

from cohost.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

TIMEOUT_S = 120.0  # twice the bound for the largest round
MEMORY_BYTES = 6 * 1024**3  # of addresses, most of which are never touched: libraries reserve gigabytes
NICENESS = 10  # the API on the same machine goes first
AT_ONCE = 50  # people who are matched within .1 s, where the start of a process alone takes .4 s


def here(solve: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `solve`, in this process."""
    return solve(*args, **kwargs)


def apart(solve: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `solve`, a function of a module; what it raises is raised here.

    Raises Busy when the process died or took too long; then it is gone, and a smaller round or a retry may help.
    """
    context = get_context("spawn")  # a fork would copy locks that other threads hold
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        return _asked(ours, (solve, args, kwargs))
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def _asked(ours: Connection, task: tuple[object, ...]) -> R:  # type: ignore[type-var]  # what it is, only the caller knows
    try:
        ours.send(task)  # not with the start of the process: who writes to one that died there waits for ever
        if not ours.poll(TIMEOUT_S):
            raise Busy(f"The matching took longer than {TIMEOUT_S:.0f} s. Try again, or make the round smaller.")
        done, result = ours.recv()
    except (EOFError, ConnectionError) as error:
        raise Busy("The process that made the matching died. Try again, or make the round smaller.") from error
    if not done:
        raise result
    found: R = result
    return found


def _answer(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    solve, args, kwargs = pipe.recv()
    try:
        pipe.send((True, solve(*args, **kwargs)))
    except (ValueError, ArithmeticError, MemoryError) as error:
        pipe.send((False, error))
