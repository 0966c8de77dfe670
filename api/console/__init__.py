"""The console: server-rendered pages for members, moderators and hosts, on the same core as the API."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.console import (
    ask,
    audit,
    board,
    community,
    errors,
    gaps,
    guidelines,
    helping,
    introductions,
    moderation,
    people,
    platforms,
    prompts,
    purpose,
    queue,
    session,
    suggestion,
    upload,
    uses,
    wording,
)  # fmt: skip
from api.console.headers import SafeHeaders
from api.console.page import HERE
from api.rates import Rates
from api.routing import serve
from cohost.bootstrap import App

NOT_PAGES = ("/v1/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/problems/")  # the rest of the HTTP edge


def mount(app: FastAPI, core: App, rates: Rates) -> None:
    """Serve the console at every address that is not the API's; it has its own errors, as pages."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    console.state.core, console.state.rates = core, rates
    errors.install(console)
    nouns = (
        session,
        queue,
        suggestion,
        wording,
        gaps,
        helping,
        introductions,
        prompts,
        moderation,
        ask,
        upload,
        board,
        uses,
        people,
        purpose,
        guidelines,
        community,
        platforms,
        audit,
    )
    serve(console, [noun.router for noun in nouns])
    console.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.router.routes.append(_Pages("/", app=SafeHeaders(console)))


class _Pages(Mount):
    """Leaves the API's addresses alone, so that an unknown one of those is answered as a problem document."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].startswith(NOT_PAGES):
            return Match.NONE, {}
        return super().matches(scope)
