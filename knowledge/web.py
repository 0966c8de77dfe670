"""Pages from the web: fetched from public addresses only, and handed to the extractor like any file."""

from __future__ import annotations

import codecs
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cohost.errors import DeliveryFailed, InvalidInput
from cohost.model import SourceInput
from cohost.ports import Reply, Sender
from cohost.store.audit import Actor
from knowledge.extract import FORMATS
from knowledge.extract.document import Document
from knowledge.files import READER_VERSION
from knowledge.ingest import Intake, PutResult

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


class Web:
    """Reads pages of the web into spaces; `extract` reads a file in the child process."""

    def __init__(self, intake: Intake, sender: Sender, extract: Callable[[Path, str], Document]) -> None:
        self._intake = intake
        self._sender = sender
        self._extract = extract

    def put(self, community_id: str, space_id: str, url: str, actor: Actor) -> PutResult:
        """Fetch a page and keep it as a source named after its address, with a link; again, it replaces what was read.

        Raises InvalidInput for what cannot be fetched, UnreadableFile for what cannot be read, NotFound for the space.
        """
        page = fetch(url, self._sender)
        document = self._document(page)
        new = SourceInput(id=_source_id(url), kind=document.kind, title=document.title, url=page.url)
        digest = sha256(READER_VERSION + b"\0" + page.data).hexdigest()
        while True:
            plan = self._intake.plan(community_id, space_id, new, document, content_hash=digest, from_file=False)
            if isinstance(plan, PutResult):
                return plan
            result = self._intake.commit(community_id, [plan], actor)[0]
            if result is not None:
                return result

    def _document(self, page: WebPage) -> Document:
        with tempfile.TemporaryDirectory(prefix="cohost-") as folder:
            path = Path(folder) / "page"
            path.write_bytes(page.data)
            return self._extract(path, page.name)


def fetch(url: str, sender: Sender) -> WebPage:
    """The page at an address, each redirect checked like the first; raises InvalidInput."""
    deadline = time.monotonic() + DEADLINE_S
    for _ in range(MAX_REDIRECTS + 1):
        reply = _get(url, sender, deadline)
        if reply.status not in REDIRECTS:
            return _page(url, reply)
        url = urldefrag(urljoin(url, reply.header("location"))).url
    raise _unusable(f"It redirects more than {MAX_REDIRECTS} times.")


def _get(url: str, sender: Sender, deadline: float) -> Reply:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _unusable(f"It took longer than {DEADLINE_S:g} s.")
    try:
        return sender.send("GET", url, headers=ACCEPT, deadline_s=left, max_bytes=LARGEST_PAGE)
    except DeliveryFailed as error:
        raise _unusable(f"Its server did not answer. {error.message}") from error


def _page(url: str, reply: Reply) -> WebPage:
    if reply.status != 200:
        raise _unusable(f"Its server answered with HTTP {reply.status}.")
    if len(reply.body) >= LARGEST_PAGE:
        raise _unusable(f"It is larger than {LARGEST_PAGE // 1024**2} MiB.")
    if not reply.whole:
        raise _unusable("The connection broke off before all of it came.")
    if reply.header("content-encoding").lower() not in ("", "identity"):
        raise _unusable("Its server compresses it although we did not ask for that.")
    media_type, _, parameters = reply.header("content-type").partition(";")
    extension = _extension(media_type.strip().lower(), url)
    return WebPage(url, _name(url, extension), _in_utf8(reply.body, parameters, extension))


def _extension(media_type: str, url: str) -> str:
    ending = PurePosixPath(urlsplit(url).path).suffix.lower()
    if media_type in VAGUE and ending in FORMATS:
        return ending
    if media_type not in EXTENSIONS:
        raise _unusable(f"It is of a kind that is not read ({media_type[:100] or 'none given'}).")
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


def _source_id(url: str) -> str:
    """The address without its scheme; a long one ends in its hash."""
    plain = urldefrag(url).url.partition("://")[2].rstrip("/")
    if len(plain) <= ID_CHARACTERS:
        return plain
    return f"{plain[: ID_CHARACTERS - 65]}-{sha256(plain.encode()).hexdigest()}"


def _unusable(why: str) -> InvalidInput:
    return InvalidInput(f"The page cannot be fetched. {why}", field="url")
