"""What an ingestion reads one after another: files of a folder, entries of an archive, a page of the web."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cohost.errors import UnreadableFile
from cohost.ports import Sender
from knowledge.extract import FORMATS
from knowledge.extract.archive import LONGEST_NAME, Entry, open_archive
from knowledge.web import fetch, source_id_of

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})


@dataclass(frozen=True)
class OnDisk:
    """Where the child process finds a file, for as long as it is read."""

    path: Path
    name: str  # what the file is called; tells its format where the contents do not
    url: str | None = None  # where readers find it


class Item(Protocol):
    """One thing to read."""

    @property
    def name(self) -> str:
        """The source's id: for files a relative path with forward slashes."""
        ...

    @property
    def skipped(self) -> str:
        """Why it is not read, as a sentence; empty if it is."""
        ...

    @property
    def from_file(self) -> bool:
        """Whether a later `--sync` without it removes it."""
        ...

    def on_disk(self) -> AbstractContextManager[OnDisk]:
        """Bring it there; raises UnreadableFile."""
        ...


@dataclass(frozen=True)
class FileItem:
    """A file that lies on this machine."""

    name: str
    path: Path
    skipped: str = ""
    from_file: bool = True

    def on_disk(self) -> AbstractContextManager[OnDisk]:
        """It is there already."""
        if not self.path.is_file():
            raise UnreadableFile("damaged", f"{self.name} cannot be opened: it is gone, or no file.")
        return nullcontext(OnDisk(self.path, self.name))


@dataclass(frozen=True)
class EntryItem:
    """A file in an archive."""

    entry: Entry
    skipped: str = ""
    from_file: bool = True

    @property
    def name(self) -> str:
        """The path within the archive."""
        return self.entry.name

    @contextmanager
    def on_disk(self) -> Iterator[OnDisk]:
        """Unpack it under a name of ours."""
        with _place() as path:
            with path.open("wb") as file:
                self.entry.unpack(file)
            yield OnDisk(path, self.name)


@dataclass(frozen=True)
class PageItem:
    """A page of the web."""

    url: str
    sender: Sender
    skipped: str = ""
    from_file: bool = False

    @property
    def name(self) -> str:
        """The address without its scheme."""
        return source_id_of(self.url)

    @contextmanager
    def on_disk(self) -> Iterator[OnDisk]:
        """Fetch it."""
        page = fetch(self.url, self.sender)
        with _place() as path:
            path.write_bytes(page.data)
            yield OnDisk(path, page.name, page.url)


def items_at(path: Path, name: str) -> Iterator[Item]:
    """What lies at a path: a folder, an archive or one file; raises UnreadableFile for an archive that is refused."""
    if path.is_dir():
        yield from _in_folder(path)
    elif is_archive(name):
        for entry in open_archive(path, name):
            yield EntryItem(entry, _why_skipped(entry))
    else:
        yield FileItem(name, path)


def is_archive(name: str) -> bool:
    """Whether a file's name says that it holds many."""
    return name.lower().endswith(".zip")


def _in_folder(root: Path) -> Iterator[Item]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [s for s in subfolders if not s.startswith(".") and s not in SKIPPED_FOLDERS]
        for name in names:
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                relative = path.relative_to(root).as_posix()
                yield FileItem(_storable(relative), path, _unsupported(relative))


def _storable(name: str) -> str:
    """A file system allows names that are no text; they are shown with a mark in place of what cannot be."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _why_skipped(entry: Entry) -> str:
    return f"{entry.name[:200]} is skipped: {entry.skipped}." if entry.skipped else _unsupported(entry.name)


def _unsupported(name: str) -> str:
    if not name.isprintable() or len(name) > LONGEST_NAME:
        return "Its name holds characters that cannot be shown, or is too long; rename it."
    return "" if Path(name).suffix.lower() in FORMATS else f"{name} is of a kind that is not read."


@contextmanager
def _place() -> Iterator[Path]:
    """Room for one file, under a random name that only we can read."""
    with tempfile.TemporaryDirectory(prefix="cohost-") as folder:
        yield Path(folder) / "file"
