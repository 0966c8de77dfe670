"""Whether this server can answer: database, embedder, index."""

from __future__ import annotations

import threading
from functools import cached_property

import numpy as np
import structlog

from cohost.bootstrap import App
from cohost.errors import CohostError

log = structlog.get_logger()


class Readiness:
    """Loads the embedder in the background when first asked, and tells what is still missing."""

    def __init__(self, core: App) -> None:
        self._core = core
        self._loaded = threading.Event()
        self._lock = threading.Lock()
        self._loader: threading.Thread | None = None

    def missing(self) -> list[str]:
        """Names of what is not there; empty when ready."""
        checks = {"database": self._core.store.answers, "embedder": self._embedder, "index": self._index}
        return [name for name, there in checks.items() if not there()]

    def _embedder(self) -> bool:
        with self._lock:
            if not self._loaded.is_set() and (self._loader is None or not self._loader.is_alive()):
                self._loader = threading.Thread(target=self._load, name="load-embedder", daemon=True)
                self._loader.start()
        return self._loaded.is_set()

    def _load(self) -> None:
        try:
            self._core.embedder.embed(["ready"])
        except (CohostError, OSError, ImportError, RuntimeError) as error:  # what loading a model raises; tried again
            log.warning("readiness.embedder", error=type(error).__name__)
            return
        self._loaded.set()

    def _index(self) -> bool:
        if not self._loaded.is_set():
            return False
        try:
            self._core.index.search(self._nothing, {}, 1)
        except (CohostError, OSError, RuntimeError) as error:
            log.warning("readiness.index", error=type(error).__name__)
            return False
        return True

    @cached_property
    def _nothing(self) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return np.zeros(self._core.embedder.dimensions, dtype=np.float32)
