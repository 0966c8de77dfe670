"""Every error as a problem document (RFC 9457): one place maps errors to statuses, another tells what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api.problem_types import BY_STATUS, KINDS
from cohost.errors import CohostError, InvalidInput, TooManyRequests

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2  # longer than the longest write waits for its turn under normal load
FIELD_CHARACTERS = 200  # a field's name may be the caller's own invention, of any length


class Malformed(InvalidInput):
    """The body is not what its content type says."""

    slug = "malformed"


class UnsupportedType(CohostError):
    """The body has a content type that this address does not read."""

    slug = "unsupported-media-type"


def install(app: FastAPI, public_url: str) -> None:
    """Answer every error of `app` as a problem document."""
    app.state.problems_url = f"{public_url}/problems/"
    app.add_exception_handler(CohostError, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(HTTPException, _answer)


def expected(error: Exception) -> bool:
    """Whether an error is an answer to the caller rather than a fault of ours."""
    return isinstance(error, (CohostError, RequestValidationError, HTTPException))


def response_to(request: Request, error: Exception) -> Response:
    """The problem document of an expected error."""
    base = request.app.state.problems_url
    if isinstance(error, RequestValidationError):
        fields = [(_field(e["loc"]), str(e["msg"]).removeprefix("Value error, ")) for e in error.errors()]
        return problem(base, "invalid-input", _first(fields), errors=fields)
    if isinstance(error, HTTPException):
        return _from_http(request, error)
    if isinstance(error, CohostError):
        named = isinstance(error, InvalidInput) and error.field
        fields = [(str(named), error.message)] if named else []
        return problem(base, _slug(error), error.message, errors=fields, headers=_wait(error))
    raise error


def problem(
    base: str, slug: str, detail: str, *,
    errors: Sequence[tuple[str, str]] = (), headers: Mapping[str, str] | None = None, **extensions: Any,
) -> Response:  # fmt: skip
    """A problem document; `base` is what its type starts with, `errors` are (field, what is wrong with it)."""
    kind = KINDS[slug]
    document: dict[str, Any] = {"type": base + slug, "title": kind.title, "status": kind.status, "detail": detail}
    if errors:
        document["errors"] = [{"field": field, "detail": text} for field, text in errors]
    body = json.dumps(document | extensions, separators=(",", ":")).encode()
    return Response(body, kind.status, {**_headers(kind.status, slug), **(headers or {})}, MEDIA_TYPE)


def _slug(error: CohostError) -> str:
    """Its own problem type, or that of the nearest class which has one."""
    known = (cls.slug for cls in type(error).__mro__ if issubclass(cls, CohostError) and cls.slug in KINDS)
    return next(known, "internal-error")


async def _answer(request: Request, error: Exception) -> Response:
    return response_to(request, error)


def _headers(status: int, slug: str) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="cohost"'}
    if status in (429, 503) or slug == "idempotency-key-in-use":
        return {"Retry-After": str(RETRY_AFTER_S)}
    if status in (408, 413):
        return {"Connection": "close"}  # the rest of the body is not read
    return {}


def _wait(error: CohostError) -> dict[str, str]:
    return {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyRequests) else {}


def _from_http(request: Request, error: HTTPException) -> Response:
    base = request.app.state.problems_url
    if error.status_code == 404:
        return problem(base, "not-found", "There is nothing at this address.")
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        detail = f"{request.method} is not possible here; {allowed} is."
        return problem(base, "method-not-allowed", detail, headers={"Allow": allowed})
    slug = BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal-error")
    return problem(base, slug, str(error.detail), headers=error.headers)


def _methods(request: Request) -> list[str]:
    """Every method of this path; the router itself names only those of the first route that matched."""
    found = set()
    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        scope = {**request.scope, "method": method, "path_params": {}}
        if any(route.matches(scope)[0] == Match.FULL for route in request.app.routes):
            found.add(method)
    return sorted(found)


def _field(loc: Sequence[str | int]) -> str:
    parts = [str(part) for part in loc]
    return ".".join(parts[1:] if parts[0] == "body" and len(parts) > 1 else parts)[:FIELD_CHARACTERS]


def _first(fields: Sequence[tuple[str, str]]) -> str:
    field, text = fields[0]
    return f"{field}: {text}" if len(fields) == 1 else f"{field}: {text} (and {len(fields) - 1} more)"
