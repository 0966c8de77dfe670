"""The process that reads untrusted files: little memory, low priority, no network, no other programs.

Started by the sandbox as `python -m knowledge.extract.child MEMORY_BYTES TIMEOUT_S`. Each request names a file;
each answer is a document or the reason why there is none.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from cohost.errors import UnreadableFile
from knowledge.extract import extract
from knowledge.extract.archive import LARGEST_FILE
from knowledge.extract.wire import pack, receive, to_message

NICENESS = 10  # the API on the same machine goes first
_DEEP = 4_000  # frames; nested lists and shapes are walked by recursion, ten times deeper than any honest file
_ORPHAN_S = 600  # longer than any parent waits; the alarm ends a child whose parent is gone
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "ctypes.dlopen")


def main() -> None:
    """Answer requests until the parent closes the pipe."""
    memory_bytes, timeout_s = int(sys.argv[1]), float(sys.argv[2])
    answers = _own_output()
    _limit(memory_bytes)
    while (request := receive(sys.stdin.buffer)) is not None:
        # Processor time, for on a busy machine the clock says nothing about the file; the signal ends the process.
        signal.setitimer(signal.ITIMER_PROF, timeout_s)
        signal.alarm(_ORPHAN_S)
        answers.write(pack(_answer(request)))
        answers.flush()
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def _own_output() -> BinaryIO:
    """The pipe to the parent, out of reach of libraries that print."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a library that writes gets an error, not a crash
    os.nice(NICENESS)
    sys.setrecursionlimit(_DEEP)
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """A second fence: no reader has a reason to do any of this."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"The reader of files may not use {event}.")


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    name = str(request["name"])
    try:
        return to_message(extract(_contents(Path(request["path"]), name), name))
    except UnreadableFile as error:
        return {"code": error.code, "message": error.message}
    except MemoryError:
        return {"code": "too_large", "message": f"{name} needs more memory than a file may use; split it."}
    except RecursionError:
        return {"code": "damaged", "message": f"{name} is nested too deeply to be read."}


def _contents(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UnreadableFile("too_large", f"{name} is larger than {LARGEST_FILE // 1024**2} MB; split it.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile("damaged", f"{name} cannot be opened: {error.strerror}.") from error


if __name__ == "__main__":
    main()
