"""The web application over one App: middleware, routes, console."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import console, problems
from api.crowd import Crowd
from api.edge import Edge
from api.limits import Limits
from api.metrics import metrics
from api.rates import Rates
from api.readiness import Readiness
from api.routes import (
    appeals,
    audit,
    batch,
    calendar,
    community,
    connectors,
    consents,
    discussion,
    files,
    gaps,
    guidelines,
    health,
    helping,
    hooks,
    invitations,
    keys,
    members,
    moderation,
    occasions,
    pages,
    profiles,
    purpose,
    questions,
    reports,
    rounds,
    search,
    sign_in,
    sources,
    spaces,
    suggestions,
    themes,
    wording,
)  # fmt: skip
from api.routing import serve
from api.schemas import Problem
from cohost import __version__
from cohost.bootstrap import App

ROUTERS = (
    community.router, purpose.making, purpose.router, guidelines.router,
    spaces.router, members.router, consents.router, sources.router, batch.router, files.uploads, files.router,
    pages.router, search.router, questions.asking, questions.router, gaps.router,
    moderation.asking, moderation.router, reports.making, reports.router, appeals.making, appeals.router,
    discussion.making, discussion.router, occasions.making, calendar.making, calendar.router, themes.router,
    profiles.making, profiles.router, rounds.making, rounds.router, invitations.making, invitations.router,
    helping.making, helping.router,
    suggestions.deciding, suggestions.router, wording.deciding, audit.router,
    keys.making, keys.router, sign_in.router, connectors.making, connectors.router, hooks.making,
    hooks.router, health.router,
)  # fmt: skip
ABOUT = """The AI co-host of an online learning community: it drafts, a person approves.

Errors are problem documents (RFC 9457); their `type` can be opened. Lists come in pages: pass `next` as `cursor`.
Ids of spaces and members are yours, up to 200 printable characters without a slash."""


def create_app(core: App) -> FastAPI:
    """The server's application; loads nothing heavy and starts no thread."""
    app = FastAPI(
        title="Cohost", version=__version__, description=ABOUT, redirect_slashes=False,
        docs_url=None, redoc_url=None,  # both would load scripts from other people's servers
    )  # fmt: skip
    app.state.core = core
    app.state.metrics = metrics(core.store, core.index)
    app.state.rates = Rates(core.settings, app.state.metrics.refusals)
    app.state.readiness = Readiness(core)
    problems.install(app, core.settings.public_url)
    serve(app, ROUTERS)
    _describe(app)
    console.mount(app, core, app.state.rates)
    limits = core.settings.max_body_bytes, core.settings.max_upload_bytes
    app.add_middleware(Crowd, refusals=app.state.metrics.refusals)  # inside Limits: a slow body takes no place
    app.add_middleware(Limits, max_body_bytes=limits[0], max_upload_bytes=limits[1])
    app.add_middleware(Edge, metrics=app.state.metrics)  # added last, so it is outermost
    return app


def _describe(app: FastAPI) -> None:
    """The OpenAPI document, with the schema of problems that routes only refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            parts = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            made["components"]["schemas"] |= {**parts.pop("$defs"), "Problem": parts}
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to change the document
