"""Zip archives: a course in one file, looked over before anything is unpacked."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cohost.errors import UnreadableFile

MOST_ENTRIES = 5_000  # ten times the largest course seen
LARGEST_TOTAL = 1024**3  # bytes once unpacked
LARGEST_PACKAGE = 400 * 1024**2  # bytes of one Office file once unpacked; films in slides are the large ones
HIGHEST_RATIO = 100  # unpacked : packed; text reaches 10, a bomb thousands
# What the zip reader raises on broken contents, long after the archive was opened.
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError, RuntimeError)
_RATIO_FROM = 10 * 1024**2  # bytes; below this even a bomb does no harm, and small repetitive files are honest
_DRIVE = re.compile(r"^[A-Za-z]:")
_ARCHIVES = frozenset({".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"})


@dataclass(frozen=True)
class Entry:
    """One file of an archive, still packed."""

    name: str  # relative, with forward slashes
    size: int  # bytes once unpacked
    skipped: str | None  # why it is not read: "hidden", "archive", "duplicate"; None if it is
    _archive: zipfile.ZipFile = field(repr=False)
    _info: zipfile.ZipInfo = field(repr=False)

    def read(self) -> bytes:
        """The contents; raises UnreadableFile `unsupported` for a skipped entry, `damaged` for a broken one."""
        if self.skipped:
            raise UnreadableFile("unsupported", f"{self.name} is skipped: {self.skipped}.")
        try:
            return self._archive.read(self._info)
        except NotImplementedError as error:
            raise UnreadableFile("unsupported", f"{self.name} is packed in a way that cannot be read.") from error
        except ZIP_DAMAGE as error:
            raise UnreadableFile("damaged", f"{self.name} is damaged inside the archive.") from error


def open_archive(path: Path, name: str = "") -> Iterator[Entry]:
    """Every file in the archive, in its order; raises UnreadableFile before the first one if any of it is unsafe.

    `name` is what people call it, where the file lies under another one.
    """
    name = name or path.name
    archive = _opened(path, name)
    try:
        entries = archive.infolist()
        _check_sizes(entries, packed=path.stat().st_size, total=LARGEST_TOTAL, name=name)
        names = [_safe_name(info) for info in entries]
    except UnreadableFile:
        archive.close()
        raise
    return _entries(archive, names)


def check_package(data: bytes, name: str) -> None:
    """Refuse an Office file that would unpack to far more than it is."""
    with _opened(io.BytesIO(data), name) as package:
        _check_sizes(package.infolist(), packed=len(data), total=LARGEST_PACKAGE, name=name)


def _opened(file: Path | io.BytesIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*ZIP_DAMAGE, ValueError) as error:
        code = "empty" if isinstance(file, Path) and file.stat().st_size == 0 else "damaged"
        raise UnreadableFile(code, f"{name} is not a complete zip archive.") from error


def _check_sizes(entries: Sequence[zipfile.ZipInfo], *, packed: int, total: int, name: str) -> None:
    """The sizes are the archive's own words, but the reader never unpacks more than they say."""
    unpacked = sum(info.file_size for info in entries)
    if len(entries) > MOST_ENTRIES:
        raise UnreadableFile("too_large", f"{name} holds more than {MOST_ENTRIES:,} files; split it.")
    if unpacked > total:
        raise UnreadableFile("too_large", f"{name} unpacks to more than {total // 1024**2} MB; split it.")
    if unpacked > _RATIO_FROM and unpacked > HIGHEST_RATIO * packed:
        raise UnreadableFile("too_large", f"{name} unpacks to over {HIGHEST_RATIO} times its size; refused.")
    if any(info.flag_bits & 1 for info in entries):
        raise UnreadableFile("encrypted", f"{name} is protected by a password; pack it without one.")


def _safe_name(info: zipfile.ZipInfo) -> str:
    # orig_filename still holds what the zip reader cuts off behind a NUL.
    name = info.orig_filename.replace("\\", "/")
    unsafe = name.startswith("/") or _DRIVE.match(name) or "\0" in name or ".." in name.split("/")
    if unsafe or stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableFile("unsupported", f"The archive holds an unsafe entry: {name!r}; nothing was unpacked.")
    return str(PurePosixPath(name))


def _entries(archive: zipfile.ZipFile, names: Sequence[str]) -> Iterator[Entry]:
    seen: set[str] = set()
    # The archive closes with its last entry, so that entries may be collected first and read later.
    for info, name in zip(archive.infolist(), names, strict=True):
        if not info.filename.endswith(("/", "\\")):
            yield Entry(name, info.file_size, _reason_to_skip(name, seen), archive, info)
            seen.add(name)


def _reason_to_skip(name: str, seen: set[str]) -> str | None:
    path = PurePosixPath(name)
    if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return "hidden"
    if path.suffix.lower() in _ARCHIVES:
        return "archive"
    return "duplicate" if name in seen else None
