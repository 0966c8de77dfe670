"""Pages from the web: fetched from public addresses only, and handed to the extractor like any file."""

from __future__ import annotations

import codecs
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cohost.errors import DeliveryFailed, InvalidInput, UnreadableFile
from cohost.ports import Reply, Sender
from knowledge.extract import FORMATS

LARGEST_PAGE = 20 * 1024 * 1024  # bytes; a chapter as PDF with pictures, not a film
MAX_REDIRECTS = 5
DEADLINE_S = 30.0  # all redirects together: somebody waits for it
ID_CHARACTERS = 1000  # as the API allows for a source's id
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What the extractor reads, by what servers call it.
EXTENSIONS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "application/x-ipynb+json": ".ipynb",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
}
ACCEPT = {"accept": ", ".join(EXTENSIONS)}
VAGUE = frozenset({"", "text/plain", "application/octet-stream", "application/json"})  # then the address's ending tells
# Those that servers still name. Others are left to the reader; some that Python knows take forever on large input.
_OLD_CHARSET = re.compile(
    r"iso-8859-(1|2|5|7|9|15)|windows-125[0-8]|koi8-[ru]|shift_jis|euc-(jp|kr)|gbk|gb2312|gb18030|big5"
)


@dataclass(frozen=True)
class WebPage:
    """What was fetched."""

    url: str  # after redirects
    name: str  # host and path, with the extension of its format
    data: bytes


def is_address(text: str) -> bool:
    """Whether this is meant as a page of the web rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def source_id_of(url: str) -> str:
    """The address without its scheme and fragment, so that the same page stays the same source."""
    host, slash, rest = urldefrag(url).url.partition("://")[2].partition("/")
    plain = f"{host.lower()}{slash}{rest}".rstrip("/")
    if len(plain) <= ID_CHARACTERS:
        return plain
    return f"{plain[: ID_CHARACTERS - 65]}-{sha256(plain.encode()).hexdigest()}"


def fetch(url: str, sender: Sender) -> WebPage:
    """The page at an address, each redirect checked like the first; raises UnreadableFile.

    `refused` for addresses that no request is sent to, `unreachable` where no page came, `unsupported`, `too_large`.
    """
    deadline = time.monotonic() + DEADLINE_S
    for _ in range(MAX_REDIRECTS + 1):
        reply = _get(url, sender, deadline)
        if reply.status not in REDIRECTS:
            return _page(url, reply)
        url = _redirected(url, reply.header("location"))
    raise UnreadableFile("unreachable", f"The page redirects more than {MAX_REDIRECTS} times.")


def _redirected(url: str, location: str) -> str:
    try:
        return urldefrag(urljoin(url, location)).url
    except ValueError as error:
        raise UnreadableFile("unreachable", "The page redirects to something that is no address.") from error


def _get(url: str, sender: Sender, deadline: float) -> Reply:
    left = deadline - time.monotonic()
    if left <= 0:
        raise UnreadableFile("unreachable", f"Fetching the page took longer than {DEADLINE_S:g} s.")
    try:
        return sender.send("GET", url, headers=ACCEPT, deadline_s=left, max_bytes=LARGEST_PAGE)
    except DeliveryFailed as error:
        raise UnreadableFile("unreachable", f"The page's server did not answer. {error.message}") from error
    except InvalidInput as error:
        raise UnreadableFile("refused", error.message) from error


def _page(url: str, reply: Reply) -> WebPage:
    if reply.status != 200:
        raise UnreadableFile("unreachable", f"The page's server answered with HTTP {reply.status}.")
    if len(reply.body) >= LARGEST_PAGE:
        raise UnreadableFile("too_large", f"The page is larger than {LARGEST_PAGE // 1024**2} MB.")
    if not reply.whole:
        raise UnreadableFile("unreachable", "The connection broke off before all of the page came; try again.")
    if reply.header("content-encoding").lower() not in ("", "identity"):
        raise UnreadableFile("unsupported", "The page's server compresses it although we did not ask for that.")
    media_type, _, parameters = reply.header("content-type").partition(";")
    extension = _extension(media_type.strip().lower(), url)
    return WebPage(url, _name(url, extension), _in_utf8(reply.body, parameters, extension))


def _extension(media_type: str, url: str) -> str:
    ending = PurePosixPath(urlsplit(url).path).suffix.lower()
    if media_type in VAGUE and ending in FORMATS:
        return ending
    if media_type not in EXTENSIONS:
        kind = media_type[:100] or "none given"
        raise UnreadableFile("unsupported", f"The page is of a kind that is not read ({kind}).")
    return EXTENSIONS[media_type]


def _name(url: str, extension: str) -> str:
    """A relative path, from which a page without a title takes one."""
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path).strip("/") or "index")
    return f"{parts.hostname}/{path.with_suffix(extension) if path.suffix.lower() in FORMATS else f'{path}{extension}'}"


def _in_utf8(data: bytes, parameters: str, extension: str) -> bytes:
    """With the character set that the server names: by the HTML standard it counts more than what the page says."""
    charset = parameters.lower().partition("charset=")[2].partition(";")[0].strip("\"' ")
    if extension in (".html", ".txt", ".md") and _OLD_CHARSET.fullmatch(charset):
        return codecs.BOM_UTF8 + data.decode(charset, "replace").encode()
    return data
