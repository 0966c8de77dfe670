"""What every request must hold before a route sees it: size, content type, readable text.

Pure ASGI, so that a body over the limit is refused after the first bytes too many, however it is sent.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.bodies import check_bytes, check_json
from api.problems import UnsupportedType, response_to
from cohost.errors import CohostError, TooLarge, TooSlow

MULTIPART_OVERHEAD = 1024 * 1024  # boundaries, part headers and small fields around the files
UPLOADS = "/v1/files"
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")  # what pages send; never read under /v1
LENGTH_DIGITS = 18  # of any size that exists
GRACE_S = 30.0  # for a body to begin, and for every pause of a bad line taken together
SLOWEST_BYTES_PER_S = 16 * 1024  # slower senders hold a connection for nothing; a bad mobile line does four times this
INLINE_BYTES = 64 * 1024  # a larger body is checked in a thread, so that the others are not kept waiting


class Limits:
    """Middleware around all routes."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, max_upload_bytes: int, grace_s: float = GRACE_S) -> None:
        self.app = app
        self.grace_s = grace_s
        self.max_body_bytes = max_body_bytes
        self.max_upload_bytes = max_upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then hand on; refused requests get their problem document here."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            _check_address(scope)
            _check_headers(scope)
            receive = await self._checked_body(scope, receive)
        except CohostError as error:
            return await response_to(Request(scope), error)(scope, receive, send)
        return await self.app(scope, receive, send)

    async def _checked_body(self, scope: Scope, receive: Receive) -> Receive:
        headers = Headers(scope=scope)
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "multipart/form-data" and _reads_files(scope["path"]):
            limit = self.max_upload_bytes + MULTIPART_OVERHEAD
            _check_length(headers, limit)
            return _counted(receive, limit, self.grace_s)
        if not _may_have_body(scope["method"], headers):
            return receive
        _check_length(headers, self.max_body_bytes)
        body, ended = await _read(_counted(receive, self.max_body_bytes, self.grace_s))
        if body and ended:
            await _check_content(scope, headers, media_type, body)
        return _replayed(body, ended, receive)


def _reads_files(path: str) -> bool:
    return path == UPLOADS or not path.startswith("/v1/")


def _may_have_body(method: str, headers: Headers) -> bool:
    return method in ("POST", "PUT", "PATCH") or "content-length" in headers or "transfer-encoding" in headers


def _check_length(headers: Headers, limit: int) -> None:
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > LENGTH_DIGITS or int(length) > limit):
        raise _too_large(limit)


def _counted(receive: Receive, limit: int, grace_s: float) -> Receive:
    seen, started, ended = 0, anyio.current_time(), False

    async def counted() -> Message:
        nonlocal seen, ended
        if ended:  # what is still waited for is the end of the connection
            return await receive()
        message = await _in_time(receive, until=started + grace_s + seen / SLOWEST_BYTES_PER_S)
        seen += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        if seen > limit:
            raise _too_large(limit)
        return message

    return counted


async def _in_time(receive: Receive, *, until: float) -> Message:
    try:
        with anyio.fail_after(until - anyio.current_time()):
            return await receive()
    except TimeoutError as error:
        raise TooSlow("The body did not arrive in time. Send it again over a better line, or send less.") from error


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """The whole body, and whether it came to its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts), False
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts), True


def _replayed(body: bytes, ended: bool, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    if not ended:
        messages = [{"type": "http.disconnect"}]

    async def replayed() -> Message:
        return messages.pop(0) if messages else await receive()

    return replayed


async def _check_content(scope: Scope, headers: Headers, media_type: str, body: bytes) -> None:
    if media_type in FORM_TYPES and not scope["path"].startswith("/v1/"):
        check_bytes(unquote_to_bytes(body), "body")
        return
    _check_json_type(scope["path"], headers.get("content-type", ""), media_type)
    if len(body) > INLINE_BYTES:
        await run_in_threadpool(check_json, body)
    else:
        check_json(body)


def _check_json_type(path: str, content_type: str, media_type: str) -> None:
    wanted = "multipart/form-data" if path == UPLOADS else "application/json"
    if media_type != wanted:
        raise UnsupportedType(f"This address reads {wanted}, not {media_type or 'a body without a content type'}.")
    charset = content_type.lower().partition("charset=")[2].strip("\"' ")
    if charset and not charset.startswith(("utf-8", "utf8")):
        raise UnsupportedType("JSON is read in UTF-8 only; leave out the charset.")


def _check_address(scope: Scope) -> None:
    raw_path = scope.get("raw_path") or scope["path"].encode(errors="surrogatepass")
    check_bytes(unquote_to_bytes(raw_path), "path")
    for pair in scope["query_string"].split(b"&"):
        name, _, value = pair.replace(b"+", b" ").partition(b"=")
        field = check_bytes(unquote_to_bytes(name), "query")
        check_bytes(unquote_to_bytes(value), f"query.{field}")


def _check_headers(scope: Scope) -> None:
    for name, value in scope["headers"]:
        if b"\0" in value:
            check_bytes(value, f"header.{name.decode('latin-1')}")
