"""A real HTTP server on loopback, with the limits of `cohost serve`, for tests that send bytes no client library sends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from api.app import create_app
from cohost.bootstrap import App
from cohost.serving import http_server


@contextmanager
def listening(core: App) -> Iterator[int]:
    """The port of a server over `core`, in a thread; it stops at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = replace(core.settings, port=port)
        server = http_server(settings, create_app(replace(core, settings=settings)))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join(30)
