"""Which format a file has: what it contains decides, its extension only where the contents leave it open."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath

from cohost.errors import UnreadableFile
from knowledge.extract.archive import ZIP_DAMAGE
from knowledge.extract.decode import looks_binary

_HEAD_BYTES = 2_048  # PDF allows junk before its mark within the first kilobyte; doctypes and licences come early
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_PACKAGES = {"word/": ".docx", "ppt/": ".pptx"}  # folder of the main part; its file name varies between writers
_BINARY_FORMATS = frozenset({".pdf", ".docx", ".pptx"})
# Atomic: what was taken for a comment is never tried in another way, or a hundred comments would take for ever.
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?(?:(?><!--.*?-->)\s*+)*+(?:<!doctype\s+html|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_SRT = re.compile(rb"\s*\d+\s*\n\s*\d+:\d+:\d+[.,:]\d+\s*-+>\s*\d+:\d+:\d+")
_NOTEBOOK = re.compile(rb'\s*\{.*"(nbformat|cells|worksheets)"\s*:', re.DOTALL)


def format_of(data: bytes, name: str, known: Collection[str]) -> str:
    """Which of the `known` extensions tells how to read this file; raises UnreadableFile when none does."""
    extension = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if not data.strip():
        raise UnreadableFile("empty", f"{name} is empty.")
    found = _binary_format(data, name, extension, known) or _text_format(data, extension)
    if found is not None:
        return found
    return _trusted_extension(data, name, extension, known)


def _binary_format(data: bytes, name: str, extension: str, known: Collection[str]) -> str | None:
    if b"%PDF-" in data[:1024] and (extension == ".pdf" or data.lstrip().startswith(b"%PDF-")):
        return ".pdf"
    if data.startswith(_OLD_OFFICE):
        raise _old_office(data, name)
    if data.startswith(b"PK\x03\x04") or (data.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(data))):
        return _package_format(data, name, extension, known)
    return None


def _old_office(data: bytes, name: str) -> UnreadableFile:
    if _ENCRYPTED_OFFICE in data:
        return UnreadableFile("encrypted", f"{name} is protected by a password; save it without one.")
    return UnreadableFile("unsupported", f"{name} has an old Office format; save it as .docx or .pptx.")


def _package_format(data: bytes, name: str, extension: str, known: Collection[str]) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
    except (*ZIP_DAMAGE, ValueError) as error:
        raise UnreadableFile("damaged", f"{name} is cut off or damaged; upload it again.") from error
    for folder, found in _PACKAGES.items():
        if "[Content_Types].xml" in names and any(part.startswith(folder) for part in names):
            return found
    if extension in known:
        raise UnreadableFile("disguised", f"{name} is named {extension} but is a zip archive.")
    raise UnreadableFile("unsupported", f"{name} is an archive or package that holds no Word or PowerPoint document.")


def _text_format(data: bytes, extension: str) -> str | None:
    head = _ascii_head(data)
    if head.startswith(b"WEBVTT"):
        return ".vtt"
    if _SRT.match(head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")):
        return ".srt"
    if _HTML.match(head):
        return ".html"
    if extension != ".ipynb" and _NOTEBOOK.match(head) and b'"cell_type"' in data:
        return ".ipynb"
    return None


def _ascii_head(data: bytes) -> bytes:
    """The beginning without byte-order mark; UTF-16 loses its zero bytes, which suffices for ASCII marks."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data[2 : 2 * _HEAD_BYTES].replace(b"\x00", b"")
    return data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")


def _trusted_extension(data: bytes, name: str, extension: str, known: Collection[str]) -> str:
    if extension not in known:
        raise UnreadableFile("unsupported", f"{name} has no format that can be read: {', '.join(known)}.")
    if extension in _BINARY_FORMATS or looks_binary(data):
        raise UnreadableFile("disguised", f"{name} is named {extension} but holds something else.")
    return extension
