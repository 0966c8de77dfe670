"""The server process: API, console and, beside them, a worker thread."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import structlog

from cohost.errors import Misconfigured
from cohost.settings import Settings
from cohost.store import embeddings

if TYPE_CHECKING:
    from cohost.bootstrap import App

log = structlog.get_logger()

STOP_S = 30  # how long the request and the row in hand may take to finish


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
    import uvicorn  # needed only by the commands that serve

    stop = threading.Event()
    worker = threading.Thread(target=core.worker.run, args=(stop,), name="worker", daemon=True)
    if with_worker:
        worker.start()
    threading.Thread(target=_warm, args=(core,), name="warm", daemon=True).start()
    try:
        uvicorn.run(
            edge, host=core.settings.host, port=core.settings.port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=STOP_S, server_header=False,
        )  # fmt: skip
    finally:
        stop.set()
        if with_worker:
            worker.join(STOP_S)


def _warm(core: App) -> None:
    """Load the embedder before the first question comes, and say what it cannot compare itself with."""
    core.embedder.embed(["warm"])
    with core.store.read() as tx:
        made = embeddings.counts(tx)
    for name in made.keys() - set(embeddings.comparable(core.embedder.name)):
        log.warning("embedder.changed", chunks=made[name], made_by=name, now=core.embedder.name, do="cohost reindex")
