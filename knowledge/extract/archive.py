"""Zip archives: a course in one file, looked over before anything is unpacked."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from cohost.errors import UnreadableFile

LARGEST_FILE = 200 * 1024**2  # bytes; a reader holds a whole file in memory, most of them twice
MOST_ENTRIES = 5_000  # ten times the largest course seen
LARGEST_TOTAL = 1024**3  # bytes once unpacked
LARGEST_DIRECTORY = 4 * 1024**2  # bytes of the archive's list of entries; five thousand long names take a quarter
LONGEST_NAME = 1_000  # characters, as the API allows for a source's id
LARGEST_PACKAGE = 400 * 1024**2  # bytes of one Office file once unpacked; films in slides are the large ones
HIGHEST_RATIO = 100  # unpacked : packed; text reaches 10, a bomb thousands
# What the zip reader raises on broken contents, long after the archive was opened.
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, OSError, RuntimeError)
# Others need much memory or time by their own word (a dictionary of 4 GB), and no zip tool writes them unasked.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BLOCK = 1 << 20
_RATIO_FROM = 10 * 1024**2  # bytes; below this even a bomb does no harm, and small repetitive files are honest
_DRIVE = re.compile(r"^[A-Za-z]:")
_ARCHIVES = frozenset({".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"})


@dataclass(frozen=True)
class Entry:
    """One file of an archive, still packed."""

    name: str  # relative, with forward slashes
    size: int  # bytes once unpacked
    skipped: str | None  # why it is not read: "hidden", "archive", "duplicate", "name"; None if it is
    _archive: zipfile.ZipFile = field(repr=False)
    _info: zipfile.ZipInfo = field(repr=False)

    def unpack(self, to: IO[bytes]) -> None:
        """Write its contents, a block at a time.

        Raises UnreadableFile: `unsupported` for a skipped entry, `too_large`, `damaged` for a broken one.
        """
        if self.skipped:
            raise UnreadableFile("unsupported", f"{self.name} is skipped: {self.skipped}.")
        if self.size > LARGEST_FILE:
            raise UnreadableFile("too_large", f"{self.name} is larger than {LARGEST_FILE // 1024**2} MB; split it.")
        try:
            with self._archive.open(self._info) as packed:
                shutil.copyfileobj(packed, to, _BLOCK)
        except ZIP_DAMAGE as error:
            raise UnreadableFile("damaged", f"{self.name} is damaged inside the archive.") from error


def open_archive(path: Path, name: str = "") -> Iterator[Entry]:
    """Every file in the archive, in its order; raises UnreadableFile before the first one if any of it is unsafe.

    `name` is what people call it, where the file lies under another one.
    """
    name = name or path.name
    archive = _opened(_Listing(path), name)
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


class _Listing(io.FileIO):
    """An archive on disk, of which the list of entries is read in one piece: refused before it fills the memory."""

    listed = False

    def __del__(self) -> None:
        self.close()  # with the last entry that may still be unpacked

    def read(self, size: int | None = -1, /) -> bytes:
        """As usual; raises UnreadableFile `too_large` for a list of entries over the limit."""
        wanted = os.fstat(self.fileno()).st_size - self.tell() if size is None or size < 0 else size
        if wanted > LARGEST_DIRECTORY and not self.listed:
            raise UnreadableFile("too_large", f"The archive's list of files is over {LARGEST_DIRECTORY // 1024**2} MB.")
        return super().read(wanted)


def _opened(file: _Listing | io.BytesIO, name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
    except (*ZIP_DAMAGE, ValueError) as error:
        empty = file.seek(0, io.SEEK_END) == 0
        file.close()
        raise UnreadableFile("empty" if empty else "damaged", f"{name} is not a complete zip archive.") from error
    except UnreadableFile:
        file.close()
        raise
    if isinstance(file, _Listing):
        file.listed = True
    return archive


def _check_sizes(entries: Sequence[zipfile.ZipInfo], *, packed: int, total: int, name: str) -> None:
    """The sizes are the archive's own words, but the reader never unpacks more than they say."""
    unpacked = sum(info.file_size for info in entries)
    if len(entries) > MOST_ENTRIES:
        raise UnreadableFile("too_large", f"{name} holds more than {MOST_ENTRIES:,} files; split it.")
    if unpacked > total:
        raise UnreadableFile("too_large", f"{name} unpacks to more than {total // 1024**2} MB; split it.")
    if unpacked > _RATIO_FROM and unpacked > HIGHEST_RATIO * packed:
        raise UnreadableFile("too_large", f"{name} unpacks to over {HIGHEST_RATIO} times its size; refused.")
    if any(info.compress_type not in _METHODS for info in entries):
        raise UnreadableFile("unsupported", f"{name} is packed in an unusual way; pack it as a plain zip archive.")
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
    if not name.isprintable() or len(name) > LONGEST_NAME:
        return "name"
    if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return "hidden"
    if path.suffix.lower() in _ARCHIVES:
        return "archive"
    return "duplicate" if name in seen else None
