"""`Idempotency-Key`: a call that was sent twice is run once, and answered twice.

What was answered is kept sealed with the caller's own key, which is stored nowhere: answers may hold a new secret or a
member's words. Where the answer shows an object that may change or go (the route says so with `Content-Location`), it
is not kept at all; a later call with the same key is shown that object as it is then.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Annotated, Any, cast

from cryptography.fernet import Fernet
from fastapi import Header, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.types import Message

from api.auth import authenticated, roles_of, secret_of
from api.crowd import INSIDE
from api.problems import expected, response_to
from api.schemas import Omitted
from cohost.bootstrap import App
from cohost.errors import InvalidInput
from cohost.model import Caller, Role
from cohost.store import idempotency
from cohost.store.idempotency import Answer, Claim

HEADER = "Idempotency-Key"
MAX_CHARACTERS = 200
KEPT_HEADERS = ("content-type", "location", "content-location")
RIGHTS = (b"authorization", b"cohost-member")  # the headers that say who is asking
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
IdempotencyKey = Annotated[
    str | Omitted,
    Header(
        alias=HEADER,
        description="Any text you choose for this call, such as a UUID. The same key with the same request within 24 "
        "hours gives the same answer without doing it again (and the header `Idempotency-Replayed: true`).",
        json_schema_extra={"minLength": 1, "maxLength": MAX_CHARACTERS, "pattern": "^[\\x20-\\x7e]+$"},
    ),
]


class IdempotentRoute(APIRoute):
    """A route that runs once per `Idempotency-Key`; without the header it runs every time."""

    def get_route_handler(self) -> Handler:
        """The usual handler, guarded."""
        run, roles = super().get_route_handler(), roles_of(self.dependant.dependencies)

        async def once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            try:
                return await run(request) if key is None else await _once(request, key, run, roles)
            finally:
                await request.close()  # the files of a form, whoever read it

        return once


async def _once(request: Request, key: str, run: Handler, roles: Collection[Role]) -> Response:
    if not (key.strip() and len(key) <= MAX_CHARACTERS and key.isascii() and key.isprintable()):
        raise InvalidInput(f"{HEADER} is 1 to {MAX_CHARACTERS} printable ASCII characters.", field=f"header.{HEADER}")
    core = cast(App, request.app.state.core)
    caller = await run_in_threadpool(authenticated, request)
    if caller.role not in roles:  # the route itself says so; nothing is read, nothing is remembered
        return await run(request)
    claim = _claim_of(caller, key, await _fingerprint(request))
    known = await run_in_threadpool(_take, core, claim)
    if known is not None:
        return await _replay(request, known)
    return await _run_and_keep(request, core, claim, run)


def _take(core: App, claim: Claim) -> Answer | None:
    with core.store.write() as tx:
        return idempotency.claim(tx, claim, core.clock())


async def _run_and_keep(request: Request, core: App, claim: Claim, run: Handler) -> Response:
    kept = False
    try:
        response = await _answered(request, run)
        if response.status_code < 500 and response.status_code != 429:  # those ask for the same call again
            await run_in_threadpool(_keep, core, claim, _sealed(request, response))
            kept = True
        return response
    finally:  # also when the client went away in the middle: the next call may run
        if not kept:
            await run_in_threadpool(_release, core, claim)


async def _answered(request: Request, run: Handler) -> Response:
    try:
        return await run(request)
    except Exception as error:
        if not expected(error):
            raise
        return response_to(request, error)


def _keep(core: App, claim: Claim, answer: Answer) -> None:
    with core.store.write() as tx:
        idempotency.finish(tx, claim, answer)


def _release(core: App, claim: Claim) -> None:
    with core.store.write() as tx:
        idempotency.release(tx, claim)


def _claim_of(caller: Caller, key: str, fingerprint: str) -> Claim:
    return Claim(caller.community_id, caller.credential_id, caller.member_id, key, fingerprint)


async def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        for name, value in (await request.form(max_files=1)).multi_items():
            digest.update(repr((name, await _hash_of(value))).encode())
    else:
        digest.update(await request.body())
    return digest.hexdigest()


async def _hash_of(value: UploadFile | str) -> str:
    """A field's hash; boundaries differ from call to call, so the parts are hashed and not the body."""
    if isinstance(value, str):
        return hashlib.sha256(value.encode()).hexdigest()
    digest = hashlib.sha256(f"{value.filename}\n".encode())
    while part := await value.read(1 << 20):
        digest.update(part)
    await value.seek(0)
    return digest.hexdigest()


def _sealed(request: Request, response: Response) -> Answer:
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body = b"" if "content-location" in headers else _seal(request).encrypt(bytes(response.body))
    return Answer(response.status_code, headers, body)


def _seal(request: Request) -> Fernet:
    return Fernet(urlsafe_b64encode(hashlib.sha256(b"cohost replay " + secret_of(request).encode()).digest()))


async def _replay(request: Request, known: Answer) -> Response:
    headers = {**known.headers, "Idempotency-Replayed": "true"}
    if "content-location" in known.headers:
        status, body = await _look_at(request, known.headers["content-location"])
        if status != 200:
            return Response(body, status, media_type="application/problem+json")
    else:
        body = _seal(request).decrypt(known.body)
    return Response(body, known.status, headers)


async def _look_at(request: Request, path: str) -> tuple[int, bytes]:
    """GET an address of this server with the caller's own headers, so with the caller's own rights."""
    same = {name: request.scope.get(name) for name in ("asgi", "http_version", "scheme", "server", "client")}
    headers = [header for header in request.scope["headers"] if header[0] in RIGHTS]
    address = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""}
    scope = {**same, **address, "type": "http", "headers": headers, INSIDE: True}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await _app_of(request)(scope, _nothing, send)
    return int(sent[0]["status"]), b"".join(m.get("body", b"") for m in sent[1:])


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _app_of(request: Request) -> Callable[..., Awaitable[None]]:
    return cast(Callable[..., Awaitable[None]], request.app)
