"""Where the collections are: embedded in a folder under home, or on a server."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from cohost.errors import Busy, IndexUnavailable, Misconfigured
from knowledge.chroma_child import Place
from knowledge.chroma_folder import Folder
from knowledge.chroma_process import ChromaProcess

FORGET_WAIT_S = 30.0  # for the owner in another process, which looks each second

log = structlog.get_logger()


class CollectionStore(Protocol):
    """Gives the process that has the collections open."""

    process: ChromaProcess | None  # what is open now
    probes: int | None  # how many vectors of a collection to compare when it is opened; None = all

    def in_use(self) -> bool:
        """Whether there may be collections from earlier on this machine."""
        ...

    def available(self) -> bool:
        """Whether this process may use it, now."""
        ...

    def open(self) -> ChromaProcess:
        """The living process, or a new one; raises IndexUnavailable."""
        ...

    def check(self) -> None:
        """Raise IndexUnavailable when what is open was taken away."""
        ...

    def lost(self, process: ChromaProcess) -> None:
        """That process failed, or what it holds is wrong: the next `open` starts anew."""
        ...

    def forget(self, space_pk: int) -> None:
        """Remove a collection, to the byte where that is in our hands."""
        ...

    def requests(self) -> list[int]:
        """Spaces that other processes want forgotten."""
        ...

    def close(self) -> None:
        """Let go, in good order."""
        ...


class EmbeddedStore:
    """In a folder under home. After any failure it is set aside: an empty one is filled again in seconds."""

    probes: int | None = None  # files on this disk may have been damaged anywhere

    def __init__(self, folder: Folder, embedder: str) -> None:
        self._folder = folder
        self._embedder = embedder
        self.process: ChromaProcess | None = None
        self._lock = threading.Lock()

    def in_use(self) -> bool:
        """Whether anything is on disk."""
        return self._folder.in_use()

    def available(self) -> bool:
        """Whether the folder is this process's."""
        return self._folder.owned()

    def open(self) -> ChromaProcess:
        """Tried in the child: should it fail on what is there, that is set aside and it starts with nothing."""
        with self._lock:
            if self.process is None:
                try:
                    self.process = self._started()
                except OSError as error:  # a full disk, a folder that may not be written
                    raise IndexUnavailable(f"The folder of the vector index: {error.strerror}.") from error
            return self.process

    def check(self) -> None:
        """Look whether the folder is still the one that was opened."""
        self._folder.prune()
        if self.process is not None:
            self._folder.check()

    def lost(self, process: ChromaProcess) -> None:
        """End it. Nothing was sealed, so the next start sets the folder aside."""
        process.end(gently=False)
        if self.process is process:  # looked at without the lock: nobody waits here while another one starts
            with self._lock:
                self.process = None if self.process is process else self.process

    def forget(self, space_pk: int) -> None:
        """Remove the bytes here, or have the owner do it and wait."""
        if not self._folder.in_use():
            return
        request = self._folder.request(space_pk)  # survives this process
        until = time.monotonic() + FORGET_WAIT_S
        while request.exists():
            if self._folder.owned():
                self._remove(space_pk)
                request.unlink(missing_ok=True)
            elif time.monotonic() > until:
                log.warning("index.forget_waits", space=space_pk)
                return
            else:
                time.sleep(0.05)

    def requests(self) -> list[int]:
        """Spaces that other processes want forgotten."""
        return self._folder.requests()

    def close(self) -> None:
        """Close the collections, note that they are good, and let another process own the folder."""
        with self._lock:
            process, self.process = self.process, None
            if process is not None and self._folder.intact() and process.end(gently=True):
                self._folder.seal()
            self._folder.release()

    def _remove(self, space_pk: int) -> None:
        """Drop the collection; where that cannot be done, everything."""
        try:
            process = self.open()
        except IndexUnavailable:
            self._folder.wipe()
            return
        try:
            process.call("drop", space_pk)
        except Busy:
            self.lost(process)
            self._folder.wipe()
        self._folder.remove_aside()  # last: opening may have set aside what was broken

    def _started(self) -> ChromaProcess:
        place = Place(self._embedder, folder=str(self._folder.store))
        log.info("index.opened", trusted=self._folder.prepare())
        try:
            process = ChromaProcess(place, keep_open=(self._folder.lock,))
        except IndexUnavailable:
            log.warning("index.set_aside")
            self._folder.prepare()
            process = ChromaProcess(place, keep_open=(self._folder.lock,))
        self._folder.opened()
        return process


class ServerStore:
    """On a Chroma server. A failure does no harm to what it holds."""

    probes: int | None = 100  # all of them would be gigabytes of JSON

    def __init__(self, url: str, token: str, embedder: str) -> None:
        self._place = Place(embedder, url=url, token=token)
        self.process: ChromaProcess | None = None
        self._lock = threading.Lock()

    def in_use(self) -> bool:
        """No: whoever deletes a space drops its collection."""
        return False

    def available(self) -> bool:
        """Always: any number of processes may use a server."""
        return True

    def open(self) -> ChromaProcess:
        """Connect, unless connected."""
        with self._lock:
            if self.process is None:
                self._check_again()
                self.process = ChromaProcess(self._place)
            return self.process

    def check(self) -> None:
        """Nothing to look at: a call finds out."""

    def lost(self, process: ChromaProcess) -> None:
        """End it; the next one connects again."""
        process.end(gently=False)
        if self.process is process:  # looked at without the lock: nobody waits here while another one starts
            with self._lock:
                self.process = None if self.process is process else self.process

    def forget(self, space_pk: int) -> None:
        """Delete the collection. What the server keeps in its files is its operator's to clean."""
        process = self.open()
        try:
            process.call("drop", space_pk)
        except IndexUnavailable:
            self.lost(process)
            raise

    def requests(self) -> list[int]:
        """None: each process asks the server itself."""
        return []

    def close(self) -> None:
        """End the child."""
        with self._lock:
            process, self.process = self.process, None
            if process is not None:
                process.end(gently=True)

    def _check_again(self) -> None:
        """A name may lead elsewhere by now."""
        try:
            check_url(self._place.url, self._place.token)
        except Misconfigured as error:
            raise IndexUnavailable(error.message) from error


def check_url(url: str, token: str) -> None:
    """Raise Misconfigured where vectors would go to a public address without a token, or in the clear."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured("COHOST_CHROMA_URL must look like http://host:8000 or https://host/database.")
    private = all(ipaddress.ip_address(address).is_private for address in _addresses(parts.hostname))
    if not private and not (token and parts.scheme == "https"):
        raise Misconfigured(
            f"COHOST_CHROMA_URL leads to a public address ({parts.hostname}). Put the Chroma server into a private"
            " network, or behind an https proxy that asks for a token, and set COHOST_CHROMA_TOKEN."
        )


def _addresses(host: str) -> set[str]:
    """None for a name that nobody knows now: nothing can be sent there either."""
    try:
        return {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
