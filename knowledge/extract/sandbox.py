"""Reads untrusted files in a child process that may crash, hang or run out of memory without harm."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from cohost.errors import UnreadableFile
from knowledge.extract.document import Document
from knowledge.extract.wire import HEADER, from_message, pack

MEMORY_BYTES = 512 * 1024**2  # address space; a whole course of lessons, slides and PDFs peaks at a third of it
TIMEOUT_S = 28.0  # of processor time per file; a lesson takes a hundredth of a second, a page of a PDF up to a tenth
PATIENCE = 10  # times that much by the clock, since the child goes last on a busy machine; only a hang takes longer
FILES_PER_CHILD = 300  # then a new one, since parsers leak
_LONGEST_ANSWER = 200 * 1024 * 1024  # bytes; more than the longest text can take as JSON
# A dead child, or one that says something else than an answer. A TimeoutError is an OSError too and comes first.
_CRASH = (OSError, EOFError, ValueError, TypeError, KeyError)
_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM})  # who ends it like this means it: no second chance
_DYING_S = 5.0
_ROOT = Path(__file__).resolve().parents[2]


class Sandbox:
    """One child at a time, started when the first file comes; safe to use from several threads, one after another."""

    def __init__(
        self,
        memory_bytes: int = MEMORY_BYTES,
        timeout_s: float = TIMEOUT_S,
        *,
        files_per_child: int = FILES_PER_CHILD,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._timeout_s = timeout_s
        self._files_per_child = files_per_child
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._files_read = 0
        self._ended_with: int | None = None  # how the last child died by itself; None if we ended it
        self._closing = False

    def extract(self, path: Path, name: str) -> Document:
        """Read the file at `path`, whose course-relative name is `name`; raises UnreadableFile."""
        request = pack({"path": str(path.resolve()), "name": name})
        with self._lock:
            try:
                answer = self._answer(request)
            except TimeoutError as error:
                raise UnreadableFile("too_slow", f"{name} took longer than {self._timeout_s:g} s to read.") from error
            except _CRASH as error:
                raise UnreadableFile(
                    "crashed", f"The process that read {name} died; the file may be damaged."
                ) from error
        if isinstance(answer, Document):
            return answer
        raise answer

    def close(self) -> None:
        """End the child, also in the middle of a file; a later `extract` starts a new one."""
        self._closing = True
        try:
            child = self._child
            if child is not None:
                child.kill()  # whoever waits for its answer, and holds the lock, learns that it ended
            with self._lock:
                self._end()
        finally:
            self._closing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, request: bytes) -> Document | UnreadableFile:
        """One answer; where earlier files may have worn the child out, a new one gets the last word."""
        deadline = time.monotonic() + PATIENCE * self._timeout_s
        used = self._files_read > 0
        try:
            answer = self._ask(request, deadline)
        except TimeoutError:
            raise
        except _CRASH:
            if not used or self._closing or self._ended_with in _FROM_OUTSIDE:
                raise
            return self._ask(request, deadline)
        if isinstance(answer, UnreadableFile) and answer.code == "too_large":
            self._end()  # what filled its memory goes with it
        return answer

    def _ask(self, request: bytes, deadline: float) -> Document | UnreadableFile:
        child = self._running()
        requests, answers = cast(IO[bytes], child.stdin), cast(IO[bytes], child.stdout).fileno()
        complete = False
        try:
            requests.write(request)
            requests.flush()
            length = min(HEADER.unpack(_read(answers, HEADER.size, deadline))[0], _LONGEST_ANSWER)
            message = json.loads(_read(answers, length, deadline))
            result = UnreadableFile(message["code"], message["message"]) if "code" in message else from_message(message)
            complete = True
        except EOFError:
            if _death(child) == -signal.SIGPROF:  # its own clock ran out
                raise TimeoutError from None
            raise
        finally:
            if not complete:  # whatever the reason, what the pipe still holds belongs to this file
                self._end()
        return result

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._files_read >= self._files_per_child or self._child.poll() is not None:
            self._end()
            self._child = self._started()
        self._files_read += 1
        return self._child

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-B", "-m", "knowledge.extract.child", str(self._memory_bytes), str(self._timeout_s)]
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module; the file's name is not among the words
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # parsers complain about every odd file
            cwd=_ROOT,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},  # nothing of ours: it may hold secrets
        )

    def _end(self) -> None:
        child, self._child, self._files_read = self._child, None, 0
        if child is not None:
            self._ended_with = child.poll()
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    _close(pipe)


def _death(child: subprocess.Popen[bytes]) -> int | None:
    """How it ended; None if it hung up and lives on."""
    try:
        return child.wait(timeout=_DYING_S)
    except subprocess.TimeoutExpired:
        return None


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what was still buffered for a dead child
        return


def _read(descriptor: int, length: int, deadline: float) -> bytes:
    """Exactly `length` bytes; raises TimeoutError at the deadline, EOFError if the child ends first."""
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while len(received) < length:
            if not selector.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError
            part = os.read(descriptor, min(length - len(received), 1 << 20))
            if not part:
                raise EOFError("The child ended before it answered.")
            received += part
    return bytes(received)
