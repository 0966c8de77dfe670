"""The server process: API, console and, beside them, a worker thread."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from cohost.errors import Misconfigured
from cohost.settings import Settings

if TYPE_CHECKING:
    import uvicorn

    from cohost.bootstrap import App

HEADER_BYTES = 64 * 1024  # of a request line and all headers; browsers stay below 16 KiB
STOP_REQUESTS_S, STOP_WORK_S = 20, 10  # how long requests, and then the row in hand, may take: half a minute in all


def check_port(settings: Settings) -> None:
    """Raise Misconfigured with a clear line when the address cannot be had, before anything long begins."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Misconfigured(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror})."
                " Stop what uses it, or set COHOST_PORT."
            ) from error


def serve(core: App, edge: Any, *, with_worker: bool) -> None:
    """Serve the ASGI application `edge` until told to stop; the worker finishes the row it has in hand."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # the HTTP server raises them again once it has stopped
        signal.signal(number, lambda *_: stop.set())
    worker = threading.Thread(target=core.worker.run, args=(stop,), name="worker", daemon=True)
    if with_worker:
        worker.start()
    threading.Thread(target=_warm, args=(core,), name="warm", daemon=True).start()
    try:
        http_server(core.settings, edge).run()
    finally:
        stop.set()
        if with_worker:
            worker.join(STOP_WORK_S)


def http_server(settings: Settings, edge: Any) -> uvicorn.Server:
    """The server of the ASGI application `edge`, with the limits that only it can hold: headers, and a stop in time."""
    import uvicorn  # needed only by the commands that serve

    return uvicorn.Server(
        uvicorn.Config(
            edge, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=STOP_REQUESTS_S, server_header=False,
            http="h11",  # bounds the headers of a request, which the faster parser does not
            h11_max_incomplete_event_size=HEADER_BYTES, forwarded_allow_ips=settings.trusted_proxies,
        )
    )  # fmt: skip


def _warm(core: App) -> None:
    """Load the embedder before the first question comes."""
    core.embedder.embed(["warm"])
