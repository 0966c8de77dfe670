"""Signing in with a link, signing out, and the start page."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import attempt
from api.console.forms import SESSION_COOKIE, VISITOR_COOKIE, Posted, form_token
from api.console.page import AnyMember, html_page, see, signed_in
from cohost.bootstrap import App
from cohost.errors import Unauthenticated
from cohost.model import Community, Member
from cohost.store import credentials, people

router = APIRouter()
VISITOR_BYTES = 16  # 128 random bits
VISITOR_MAX_AGE_S = 3600  # longer than a sign-in link lives


@router.get("/")
def start(request: Request) -> RedirectResponse:
    """The queue for those who decide, the question form for everybody else."""
    try:
        return see("/queue" if signed_in(request).caller.is_staff else "/ask")
    except Unauthenticated:
        return see("/sign-in")


@router.get("/sign-in")
def how_to_sign_in(request: Request) -> HTMLResponse:
    """How to get a link."""
    return html_page(request.app.state.core, "signed_out.html", message="")


@router.get("/sign-in/{token}")
def offer(request: Request, token: str) -> HTMLResponse:
    """Say who would be signed in where. The link stays unused: mail scanners open links too."""
    core: App = request.app.state.core
    with attempt(request):
        community, member = _holder(core, token)
    visitor = request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(VISITOR_BYTES)
    secret = request.cookies.get(SESSION_COOKIE) or visitor
    page = html_page(core, "sign_in.html", community=community, member=member, form_token=form_token(secret))
    _set_cookie(core, page, VISITOR_COOKIE, visitor, max_age_s=VISITOR_MAX_AGE_S)
    return page


@router.post("/sign-in/{token}")
def sign_in(request: Request, token: str, form: Posted) -> RedirectResponse:
    """Use the link: it opens one session."""
    core: App = request.app.state.core
    with attempt(request), core.store.write() as tx:
        secret = credentials.use_sign_in_link(tx, token, core.clock())
    response = see("/")
    response.delete_cookie(VISITOR_COOKIE)
    _set_cookie(core, response, SESSION_COOKIE, secret, max_age_s=int(credentials.SESSION_TTL.total_seconds()))
    return response


@router.post("/sign-out")
def sign_out(visit: AnyMember, form: Posted) -> RedirectResponse:
    """End this session, here and on the server."""
    with visit.core.store.write() as tx:
        credentials.close_session(tx, visit.secret)
    response = see("/sign-in")
    response.delete_cookie(SESSION_COOKIE)
    return response


def _holder(core: App, token: str) -> tuple[Community, Member]:
    """Whom a link would sign in; only read, so that strangers cannot keep writers waiting. Raises Unauthenticated."""
    with core.store.read() as tx:
        community_id, member = credentials.holder_of_link(tx, token, core.clock())
        return people.community(tx, community_id), member


def _set_cookie(core: App, response: Response, name: str, value: str, *, max_age_s: int) -> None:
    """Out of reach of scripts and of other sites' forms; only over https where the public address is https."""
    secure = core.settings.public_url.startswith("https:")
    response.set_cookie(name, value, max_age=max_age_s, httponly=True, samesite="lax", secure=secure)
