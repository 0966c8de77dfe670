"""What every page shares: who is looking, the templates, and the answer to a browser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.auth import actor, attempt, caller_from_session
from api.console import words
from api.console.forms import SESSION_COOKIE, TOKEN_FIELD, form_token
from api.console.render import markdown
from api.rates import rates_of
from cohost import audience
from cohost.audience import Sight
from cohost.bootstrap import App
from cohost.errors import Forbidden, Unauthenticated
from cohost.model import Caller, Community, Member
from cohost.store import audit, people

HERE = Path(__file__).parent
QUOTE_CHARACTERS = 200  # of a quote in an address: enough to find it, short enough for every browser


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    path: str
    title: str
    staff_only: bool = False
    hosts_only: bool = False


PLACES = (
    Place("/queue", "Queue", staff_only=True),
    Place("/gaps", "Gaps", hosts_only=True),
    Place("/moderation", "Moderation", staff_only=True),
    Place("/prompts", "Prompts", hosts_only=True),
    Place("/match", "Rounds", hosts_only=True),
    Place("/ask", "Ask"),
    Place("/board", "Board"),
    Place("/introductions", "Introductions"),
    Place("/my-posts", "My posts"),
    Place("/upload", "Upload", hosts_only=True),
    Place("/people", "People", hosts_only=True),
    Place("/purpose", "Purpose", hosts_only=True),
    Place("/community", "Community", hosts_only=True),
    Place("/platforms", "Platforms", hosts_only=True),
    Place("/audit", "Audit", hosts_only=True),
)


@dataclass(frozen=True)
class Visit:
    """One signed-in request: everything a page needs to know about who is looking."""

    request: Request
    core: App
    caller: Caller
    member: Member
    community: Community
    secret: str  # the session's; it stands in the cookie and nowhere else

    @property
    def actor(self) -> audit.Actor:
        """As whom changes are recorded."""
        return actor(self.caller)

    @property
    def is_host(self) -> bool:
        """Whether a host is looking."""
        return self.caller.role == "host"

    @property
    def places(self) -> list[Place]:
        """The navigation for this role."""
        return [p for p in PLACES if (self.is_host or not p.hosts_only) and (self.caller.is_staff or not p.staff_only)]

    @cached_property
    def sight(self) -> Sight:
        """People and spaces as they are now."""
        with self.core.store.read() as tx:
            return audience.sight(tx, self.community.id)

    @cached_property
    def names(self) -> dict[str, str]:
        """Every member's name by id."""
        with self.core.store.read() as tx:
            return {m.id: m.name for m in people.all_members(tx, self.community.id)}

    def name(self, member_id: str | None) -> str:
        """A member's name; those who were erased are "a former member", and a post may come without an author."""
        return "Somebody" if member_id is None else self.names.get(member_id, "a former member")

    def page(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a template for this visit."""
        common = {"visit": self, "form_token": form_token(self.secret), "here": self.request.url.path}
        return html_page(self.core, template, status=status, **common, **context)


def signed_in(request: Request) -> Visit:
    """The visit behind the session cookie; raises Unauthenticated."""
    core: App = request.app.state.core
    secret = request.cookies.get(SESSION_COOKIE, "")
    if not secret:
        raise Unauthenticated("You are not signed in.")
    with attempt(request):
        caller = caller_from_session(core.store, secret, core.clock())
    rates_of(request).call(caller.credential_id)
    with core.store.read() as tx:
        member = people.member(tx, caller.community_id, caller.member_id or "")
        visit = Visit(request, core, caller, member, people.community(tx, caller.community_id), secret)
    request.state.visit = visit  # an error page keeps the navigation
    return visit


def staff_only(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """The visit of a host or a moderator; raises Forbidden."""
    if not visit.caller.is_staff:
        raise Forbidden("This page is for hosts and moderators.")
    return visit


def hosts_only(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """The visit of a host; raises Forbidden."""
    if not visit.is_host:
        raise Forbidden("This page is for hosts.")
    return visit


AnyMember = Annotated[Visit, Depends(signed_in)]
StaffOnly = Annotated[Visit, Depends(staff_only)]
HostOnly = Annotated[Visit, Depends(hosts_only)]


def html_page(core: App, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template; without a `visit` it is a page for nobody in particular."""
    now = core.clock()
    context = {"visit": None, "here": "", "now": now, "token_field": TOKEN_FIELD, **context}
    return HTMLResponse(_templates().get_template(template).render(context), status_code=status)


def see(path: str) -> RedirectResponse:
    """Go on to a page with GET, after a form or from the start page."""
    return RedirectResponse(path, status_code=303)


def source_path(space_id: str, source_id: str) -> str:
    """The console's page of a source."""
    return f"/board/{quote(space_id, safe='')}/sources/{quote(source_id)}"


@cache
def _templates() -> Environment:
    """Strict about names: a typing error in a template is an error page, not an empty spot."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        markdown=markdown, age=words.age, day=words.day, exactly=words.exactly, confidence=words.confidence,
        made_by=words.made_by, trail=words.trail, shortened=words.shortened, about=words.question_of,
    )  # fmt: skip
    environment.globals.update(
        tabs=words.TABS, status_note=words.status_note, tab_for=words.tab_for, outcome=words.OUTCOME,
        file_reason=words.FILE_REASON, kind=words.KIND, proves=words.PROVES, steps=words.STEP,
        job=words.JOB, source_path=source_path,
        describe=audience.describe, quote_characters=QUOTE_CHARACTERS,
    )  # fmt: skip
    return environment
