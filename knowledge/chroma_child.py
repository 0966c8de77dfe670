"""The process that has Chroma open, and may crash.

Started as `python -m knowledge.chroma_child DESCRIPTOR`, a socket to the parent. The first message says where the
collections are; each further one is a call and gets one answer. It ends when the parent closes the socket, or is gone.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from cohost.errors import IndexUnavailable
from knowledge.chroma import Collections, FolderCollections, ServerCollections

NICENESS = 5  # filling an index must not slow down the API beside it


@dataclass(frozen=True)
class Place:
    """Where the collections are: a folder, or a server."""

    embedder: str
    folder: str = ""
    url: str = ""
    token: str = ""


def main() -> None:
    """Answer calls until the parent goes."""
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the parent, which then closes the socket
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICENESS)
    parent: Connection[Any, Any] = Connection(int(sys.argv[1]))
    collections = _open(parent.recv())
    parent.send((True, None))
    while (call := _next(parent)) is not None:
        parent.send(_answer(collections, *call))


def _open(place: Place) -> Collections:
    if place.url:
        return ServerCollections(place.url, place.token, place.embedder)
    return FolderCollections(place.folder, place.embedder)


def _next(parent: Connection[Any, Any]) -> tuple[str, tuple[Any, ...]] | None:
    try:
        call: tuple[str, tuple[Any, ...]] = parent.recv()
    except (EOFError, ConnectionError):
        return None
    return call


def _answer(collections: Collections, name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    """Any error but those of a server ends this process: what is open may be broken, and the parent starts anew."""
    try:
        return True, collections.answer(name, arguments)
    except IndexUnavailable as error:
        return False, error.message


if __name__ == "__main__":
    main()
