"""A file that is made once from something else, kept, and made again when it is damaged."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

DIGEST_BYTES = 32


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from the file where it is whole.

    Processes that ask at once wait for the first, which alone makes it. Raises OSError where nothing can be written.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        kept = _read(path)
        if kept is None:
            kept = make()
            _write(path, kept)
        return kept


def _read(path: Path) -> bytes | None:
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
    return content if sha256(content).digest() == digest else None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a reader never sees half a file, and a crash leaves the old one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(sha256(content).digest() + content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
