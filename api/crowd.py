"""How many requests run at once: some run, some wait a moment, the others are told at once to come back.

Without it every request beyond what two cores can do would wait for a thread, then for a connection, and all of them
would time out together. Whoever is refused here was not looked at, so nothing was changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio
from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import response_to
from cohost.errors import Busy

RUNNING = 16  # below the threads (40) and the database's connections (30) of a process, so nobody waits for those
WAITING = 64  # about a second's work of two cores
PATIENCE_S = 5.0  # most callers give up after ten
UPLOADS_RUNNING = 4  # an upload may take minutes on a slow line; it must not keep questions waiting
ALWAYS = ("/healthz", "/readyz", "/metrics")  # a server under load must not look dead
INSIDE = "cohost.inside"  # in the scope of a request that this server makes to itself while it answers another


@dataclass
class Lane:
    """Places for one kind of request."""

    name: str  # the label in the metrics
    places: int
    waiting_at_most: int
    waiting: int = 0
    free: anyio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = anyio.Semaphore(self.places)

    async def enter(self) -> None:
        """Take a place; raises Busy when too many wait, or none became free in time."""
        if self.free.value == 0 and self.waiting >= self.waiting_at_most:
            raise Busy("More requests came than can be answered. Nothing was changed; try again in a moment.")
        self.waiting += 1
        try:
            with anyio.fail_after(PATIENCE_S):
                await self.free.acquire()
        except TimeoutError as error:
            raise Busy("It took too long until there was time for this. Nothing was changed; try again.") from error
        finally:
            self.waiting -= 1


class Crowd:
    """Middleware around all routes."""

    def __init__(
        self, app: ASGIApp, *, refusals: Counter, running: int = RUNNING, waiting: int = WAITING,
        uploads: int = UPLOADS_RUNNING,
    ) -> None:  # fmt: skip
        self.app = app
        self._refusals = refusals
        self._calls = Lane("crowd", running, waiting)
        self._uploads = Lane("uploads", uploads, uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a place, then hand on."""
        if scope["type"] != "http" or scope["path"] in ALWAYS or INSIDE in scope:
            return await self.app(scope, receive, send)
        lane = self._uploads if _brings_files(scope) else self._calls
        try:
            await lane.enter()
        except Busy as error:
            self._refusals.labels(lane.name).inc()
            return await response_to(Request(scope), error)(scope, receive, send)
        try:
            await self.app(scope, receive, send)
        finally:
            lane.free.release()


def _brings_files(scope: Scope) -> bool:
    return Headers(scope=scope).get("content-type", "").lower().startswith("multipart/")
