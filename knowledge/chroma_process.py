"""The parent's side of the process that has Chroma open: start it, call it with a deadline, end it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cohost.errors import Busy, IndexUnavailable
from knowledge.chroma_child import Place

START_S = 180.0  # importing the library and reading the graphs of a full folder, on a busy machine
CALL_S = 60.0  # writing 200 vectors takes a second; more means that it hangs
QUERY_S = 10.0  # a person waits; an exact scan takes milliseconds
_ROOT = Path(__file__).resolve().parents[1]
_LOST = (EOFError, OSError)  # a dead child; a TimeoutError is an OSError too


class ChromaProcess:
    """One child; not started again once it is lost. Safe to use from several threads, one after another."""

    def __init__(self, place: Place, *, keep_open: tuple[int, ...] = ()) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (theirs.fileno(), *keep_open)  # a lock held by parent and child outlives either
            self._child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-m", "knowledge.chroma_child", str(theirs.fileno())],
                pass_fds=descriptors, cwd=_ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,  # the library logs every odd file
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "ANONYMIZED_TELEMETRY": "False"},  # nothing of ours
            )  # fmt: skip
        self._calls: Connection[Any, Any] = Connection(ours.detach())
        self._lock = threading.Lock()
        with self._lock:
            self._exchange(place, START_S)

    @property
    def pid(self) -> int:
        """Of the child, for those who watch or end it."""
        return self._child.pid

    def call(self, name: str, *arguments: Any, within_s: float = CALL_S) -> Any:
        """One call of a method of the collections; raises IndexUnavailable, or Busy while others are served.

        A child that does not answer in time is ended.
        """
        if not self._lock.acquire(timeout=within_s):
            raise Busy("The vector index is busy.")
        try:
            return self._exchange((name, arguments), within_s)
        finally:
            self._lock.release()

    def end(self, *, gently: bool) -> bool:
        """Close and end the child; whether it had closed everything well. Otherwise it is killed."""
        closed = gently and self._close()
        self._child.kill()
        self._child.wait()
        with self._lock:  # a thread that waits for an answer has heard of the end by now, and lets go of the socket
            self._calls.close()
        return closed

    def _close(self) -> bool:
        try:
            self.call("close")
        except Busy:
            return False
        return True

    def _exchange(self, message: Any, within_s: float) -> Any:
        try:
            self._calls.send(message)
            if not self._calls.poll(within_s):
                raise TimeoutError
            done, answer = self._calls.recv()
        except _LOST as error:
            self._child.kill()
            self._child.wait()
            self._calls.close()
            raise IndexUnavailable(f"The vector index is lost ({type(error).__name__}).") from error
        if not done:
            raise IndexUnavailable(str(answer))
        return answer
