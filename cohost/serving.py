"""The server process: API, console and, beside them, a worker thread."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

import structlog

from cohost.errors import Misconfigured
from cohost.settings import Settings
from cohost.store import embeddings

if TYPE_CHECKING:
    import uvicorn

    from cohost.bootstrap import App

log = structlog.get_logger()
HEADER_BYTES = 64 * 1024  # of a request line and all headers; browsers stay below 16 KiB
# How long requests may take to finish, and then the row in hand; together less than the 30 s that init systems give.
STOP_S, WORKER_STOP_S = 20, 8


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
    """Serve the ASGI application `edge` until SIGINT or SIGTERM; requests and the row in hand are finished first."""
    stop = threading.Event()
    beside = [threading.Thread(target=_warm, args=(core,), name="warm", daemon=True)]
    if with_worker:
        beside.append(_worker(core, stop))
    for thread in beside:
        thread.start()
    on_stop(stop)  # the server gives each signal on when it has stopped; without this, the first would end us there
    try:
        http_server(core.settings, edge, stop).run()
    finally:
        stop.set()
        _part(core, beside, WORKER_STOP_S)


def work(core: App) -> None:
    """Work until SIGINT or SIGTERM; the row in hand is finished first, within the same time."""
    stop = threading.Event()
    on_stop(stop)
    worker = _worker(core, stop)
    worker.start()
    stop.wait()
    _part(core, [worker], STOP_S + WORKER_STOP_S)


def _worker(core: App, stop: threading.Event) -> threading.Thread:
    return threading.Thread(target=core.worker.run, args=(stop,), name="worker", daemon=True)


def _part(core: App, threads: Sequence[threading.Thread], wait_s: float) -> None:
    """Wait for what is in hand; a row that takes longer is left as it is, and taken up by another worker after its lease."""
    end = time.monotonic() + wait_s
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0))
    left = [thread.name for thread in threads if thread.is_alive()]
    if left:
        log.warning("process.left_in_mid_work", threads=left)
        core.close()
        os._exit(0)  # native libraries abort when the interpreter ends while their threads run


def on_stop(stop: threading.Event) -> None:
    """Let SIGINT and SIGTERM set `stop`, and nothing else."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())


def http_server(settings: Settings, edge: Any, stop: threading.Event | None = None) -> uvicorn.Server:
    """The server of the ASGI application `edge`, with the limits that only it can hold: headers, and a stop in time."""
    import uvicorn  # needed only by the commands that serve

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            (stop or threading.Event()).set()  # the worker finishes its row while the requests are finished
            super().handle_exit(sig, frame)

    return Server(
        uvicorn.Config(
            edge, host=settings.host, port=settings.port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=STOP_S, server_header=False,
            http="h11",  # bounds the headers of a request, which the faster parser does not
            h11_max_incomplete_event_size=HEADER_BYTES, forwarded_allow_ips=settings.trusted_proxies,
        )
    )  # fmt: skip


def _warm(core: App) -> None:
    """Load the embedder before the first question comes, and say what it cannot compare itself with."""
    core.embedder.embed(["warm"])
    with core.store.read() as tx:
        made = embeddings.counts(tx)
    for name in made.keys() - set(embeddings.comparable(core.embedder.name)):
        log.warning("embedder.changed", chunks=made[name], made_by=name, now=core.embedder.name, do="cohost reindex")
