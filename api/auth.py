"""Who is calling: a key in `Authorization`, with the role its holder has at this moment.

API routes take keys only, so no other web page can make a signed-in browser call them. The console signs people in
with a cookie and calls `caller_from_session` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Header, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.bodies import check_bytes
from api.rates import rates_of
from api.schemas import ID_CHARACTERS, Omitted
from cohost.errors import Forbidden, Unauthenticated
from cohost.model import Caller, Role
from cohost.store import Store, audit, credentials

ROLES = "__cohost_roles__"  # where a dependency made by `require` keeps its roles

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key of one community, made by a host.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
ActingFor = Annotated[
    str | Omitted,
    Header(
        alias="Cohost-Member",
        description="Only with a platform key: the id of the member it acts for, in UTF-8.",
        json_schema_extra={"minLength": 1, "maxLength": ID_CHARACTERS},
    ),
]


def require(*roles: Role) -> Callable[..., Caller]:
    """A dependency that gives the Caller, and answers 403 to every other role."""

    def caller(request: Request, _bearer: Bearer = None, _acting_for: ActingFor = None) -> Caller:
        found = authenticated(request)
        if found.role not in roles:
            raise Forbidden(f"This needs the role {' or '.join(roles)}; yours is {found.role}.")
        return found

    setattr(caller, ROLES, roles)
    return caller


Anyone = Annotated[Caller, Depends(require("member", "moderator", "host", "platform"))]
Person = Annotated[Caller, Depends(require("member", "moderator", "host"))]  # also a platform key acting for a member
Staff = Annotated[Caller, Depends(require("moderator", "host"))]
StaffOrPlatform = Annotated[Caller, Depends(require("moderator", "host", "platform"))]
HostOrPlatform = Annotated[Caller, Depends(require("host", "platform"))]
Host = Annotated[Caller, Depends(require("host"))]


def roles_of(dependencies: Iterable[Dependant]) -> tuple[Role, ...]:
    """The roles that a route's own `require` lets in."""
    return next(getattr(d.call, ROLES) for d in dependencies if hasattr(d.call, ROLES))


def authenticated(request: Request) -> Caller:
    """The caller of this request, looked up once; raises Unauthenticated, Forbidden, InvalidInput or TooManyRequests."""
    if not hasattr(request.state, "caller"):
        with attempt(request):
            caller = _caller(request)
        rates_of(request).call(caller.credential_id)
        request.state.caller = caller
    return cast(Caller, request.state.caller)


@contextmanager
def attempt(request: Request) -> Iterator[None]:
    """Count it when nobody could be recognised; raises TooManyRequests for an address that fails too often."""
    try:
        yield
    except Unauthenticated:
        rates_of(request).failed_attempt(request)
        raise


def _caller(request: Request) -> Caller:
    store = cast(Store, request.app.state.core.store)
    with store.read() as tx:
        caller = credentials.authenticate(tx, secret_of(request))
        member_id = _acting_for(request)
        return caller if member_id is None else credentials.acting_for(tx, caller, member_id)


def secret_of(request: Request) -> str:
    """The key as it was sent; raises Unauthenticated."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("Send a key: Authorization: Bearer <key>.")
    return secret.strip()


def caller_from_session(store: Store, token: str, now: datetime) -> Caller:
    """Who is signed in to the console; raises Unauthenticated."""
    with store.read() as tx:
        return credentials.session_caller(tx, token, now)


def actor(caller: Caller) -> audit.Actor:
    """The caller's name in the audit."""
    return audit.Actor("platform" if caller.by_platform else str(caller.member_id), caller.credential_id)


def _acting_for(request: Request) -> str | None:
    raw = dict(request.scope["headers"]).get(b"cohost-member")
    return None if raw is None else check_bytes(raw, "header.Cohost-Member")
