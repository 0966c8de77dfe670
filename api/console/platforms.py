"""Connectors and hooks, for hosts: where approved messages go out, and where posts come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from api.console.errors import status_of
from api.console.forms import Form, Posted
from api.console.page import HostOnly, Visit, see
from api.routes.connectors import ConnectorBody, create_connector, delete_connector, list_connectors
from api.routes.hooks import HookBody, create_hook, list_hooks, revoke_hook
from cohost.errors import CohostError, Conflict, InvalidInput

router = APIRouter()
LONGEST = 2000  # characters: of a URL
LABELS = {
    "name": "Name", "url": "Address", "find_url": "Address to ask", "proves": "After a lost reply",
    "max_characters": "Longest text",
}  # fmt: skip
EMPTY = {
    "name": "",
    "url": "",
    "find_url": "",
    "proves": "nothing",
    "can_reverse": "",
    "takes_steps": "",
    "max_characters": "10000",
}
REFUSALS = (InvalidInput, Conflict)  # shown beside what was typed


@dataclass(frozen=True)
class Secret:
    """A secret just made: on the page that answers the form, and nowhere else."""

    title: str
    secret: str
    url: str = ""  # where a platform sends to; empty for a connector


@router.get("/platforms")
def show(visit: HostOnly, done: str = "") -> HTMLResponse:
    """What is connected, and the forms to connect more."""
    return _page(visit, done=done)


@router.post("/platforms/connectors")
def connect(visit: HostOnly, form: Posted) -> Response:
    """Connect a platform and show its secret this once."""
    typed = {name: form.typed(name) for name in EMPTY}
    try:
        made = create_connector(visit.core, visit.caller, _connector(form))
    except REFUSALS as error:
        return _page(visit, typed=typed, error=error)
    return _page(visit, shown=Secret(f"The secret of the connector {made.name}.", made.secret))


@router.post("/platforms/connectors/remove")
def disconnect(visit: HostOnly, form: Posted) -> Response:
    """Remove a connector with its secret."""
    name = form.text("name", most=LONGEST, required=True)
    try:
        delete_connector(visit.core, visit.caller, name)
    except Conflict as error:
        return _page(visit, error=error)
    return see("/platforms?done=removed")


@router.post("/platforms/hooks")
def make_hook(visit: HostOnly, form: Posted) -> Response:
    """Make a hook and show its address and its secret this once."""
    try:
        made = create_hook(visit.core, visit.caller, HookBody(name=form.text("hook_name", most=200, required=True)))
    except ValidationError as error:
        return _page(visit, error=_named(error))
    except REFUSALS as error:
        return _page(visit, error=error)
    return _page(visit, shown=Secret(f"The address and the secret of the hook {made.name}.", made.secret, made.url))


@router.post("/platforms/hooks/revoke")
def end_hook(visit: HostOnly, form: Posted) -> Response:
    """Revoke a hook at once."""
    revoke_hook(visit.core, visit.caller, form.text("hook", most=LONGEST, required=True))
    return see("/platforms?done=revoked")


def _connector(form: Form) -> ConnectorBody:
    """The form in the shape of the API's own body, so that both have the same limits."""
    texts = {name: form.text(name, most=LONGEST, label=LABELS[name]) for name in ("name", "url", "find_url", "proves")}
    fields: dict[str, Any] = {
        **texts, "find_url": texts["find_url"] or None, "can_reverse": form.ticked("can_reverse"),
        "takes_steps": form.ticked("takes_steps"),
        "max_characters": form.number("max_characters"),
    }  # fmt: skip
    try:
        return ConnectorBody.model_validate(fields)
    except ValidationError as error:
        raise _named(error) from error


def _named(error: ValidationError) -> InvalidInput:
    first = error.errors()[0]
    field = str(first["loc"][-1])
    hint = {"name": "use small letters, digits and hyphens", "url": "an address begins with https://"}.get(field)
    return InvalidInput(f"{LABELS.get(field, field.capitalize())}: {hint or first['msg'].lower()}.", field=field)


def _page(
    visit: Visit, *, typed: dict[str, str] | None = None, shown: Secret | None = None, done: str = "",
    error: CohostError | None = None,
) -> HTMLResponse:  # fmt: skip
    core, caller = visit.core, visit.caller
    return visit.page(
        "platforms.html", status=status_of(error) if error else 200, values=typed or EMPTY, shown=shown, done=done,
        connectors=list_connectors(core, caller).items, chosen=visit.community.settings.connector,
        hooks=list_hooks(core, caller).items, error=error.message if error else "",
    )  # fmt: skip
