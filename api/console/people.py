"""The people of a community, and sign-in links for them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.console.forms import Posted
from api.console.page import HostOnly, Visit
from cohost.errors import InvalidInput
from cohost.store import credentials, people
from cohost.store.credentials import SignInLink

router = APIRouter()
MEMBER_CHARACTERS = 200
LINK_MINUTES = int(credentials.LINK_TTL.total_seconds() // 60)


@router.get("/people")
def show(visit: HostOnly) -> HTMLResponse:
    """Everybody, by name."""
    return _page(visit)


@router.post("/people/sign-in-link")
def make_link(visit: HostOnly, form: Posted) -> Response:
    """Make a link and show it this once; only its hash is kept."""
    member_id = form.text("member", most=MEMBER_CHARACTERS, required=True)
    try:
        with visit.core.store.write() as tx:
            link = credentials.create_sign_in_link(
                tx, visit.community.id, member_id, actor=visit.actor, now=visit.core.clock()
            )
    except InvalidInput as error:
        return _page(visit, error=error.message, status=422)
    return _page(visit, link=link, link_for=visit.name(member_id))


def _page(
    visit: Visit, *, link: SignInLink | None = None, link_for: str = "", error: str = "", status: int = 200
) -> HTMLResponse:
    with visit.core.store.read() as tx:
        members = people.all_members(tx, visit.community.id)
    address = link.url(visit.core.settings.public_url) if link else ""
    return visit.page(
        "people.html", status=status, members=members, link=address, link_for=link_for, minutes=LINK_MINUTES,
        error=error,
    )  # fmt: skip
