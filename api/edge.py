"""Around every request: an id, a count, and the last net under faults of ours."""

from __future__ import annotations

from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import problem
from cohost.logs import where

UNKNOWN_ROUTE = "unmatched"  # one label for all addresses that do not exist, or anyone could fill the registry
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger()


class Edge:
    """Outermost middleware."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request and answer 500 where nothing else did."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request_id, started = uuid4().hex, perf_counter()
        status = 0

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("Cache-Control", "no-store")  # answers hold members' words, some a new secret
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except ClientDisconnect:
            pass  # nobody is left to answer
        except Exception as error:
            _log(error, request_id, scope)
            if status:
                raise  # half an answer is out; the server closes the connection
            await _internal_error(scope, request_id)(scope, receive, counted)
        finally:
            self._count(scope, status, perf_counter() - started)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route = route_of(scope)
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)


def route_of(scope: Scope) -> str:
    """The template of the route that answered, such as `/v1/spaces/{id}`."""
    return getattr(scope.get("route"), "path", UNKNOWN_ROUTE)


def _internal_error(scope: Scope, request_id: str) -> ASGIApp:
    base = Request(scope).app.state.problems_url
    return problem(
        base,
        "internal-error",
        "A fault of ours. Nothing is known to be wrong with what you sent.",
        request_id=request_id,
    )


def _log(error: Exception, request_id: str, scope: Scope) -> None:
    log.error("request.failed", request_id=request_id, route=route_of(scope), **where(error))
