"""A draft in other words: shorter, warmer, simpler, or another of its wordings."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import Field

from api.auth import Host
from api.core import Core
from api.idempotency import IdempotencyKey, IdempotentRoute
from api.routes.suggestions import SuggestionDetail, shown
from api.schemas import Body, ObjectPath, Whole, responses
from cohost.discuss.reword import How
from cohost.rewording import KEPT, Among

deciding = APIRouter(tags=["suggestions"], route_class=IdempotentRoute)


class RewordedBody(Body):
    """What is wished for."""

    version: Whole = Field(ge=0, le=2**31 - 1, description="The version you saw.")
    how: How


class WordingBody(Body):
    """Which one to take."""

    version: Whole = Field(ge=0, le=2**31 - 1, description="The version you saw.")
    among: Among = Field(
        description="Of the draft's payload: others to choose instead, or what it was before it was worded anew."
    )
    number: Whole = Field(ge=1, le=KEPT, description="From 1, in the order of the payload.")


@deciding.post(
    "/v1/suggestions/{id}/reworded", summary="Word a draft anew", responses=responses(400, 401, 403, 404, 409, 413, 415, 422)
)  # fmt: skip
def reword_suggestion(
    core: Core, caller: Host, id: ObjectPath, body: RewordedBody, response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SuggestionDetail:  # fmt: skip
    """A prompt, welcome, recap or kick-off that waits for a decision, shorter, warmer or simpler, as its next version.

    What it quotes, names and links stays. The wording before is in `payload.earlier`, and can be taken again. A 409 says
    so where nothing can be changed.
    """
    return shown(core, caller, core.rewording.reword(caller, id, body.version, body.how), response)


@deciding.post(
    "/v1/suggestions/{id}/wording", summary="Take another wording",
    responses=responses(400, 401, 403, 404, 409, 413, 415, 422),
)  # fmt: skip
def take_wording(
    core: Core, caller: Host, id: ObjectPath, body: WordingBody, response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SuggestionDetail:  # fmt: skip
    """A variation, or an earlier wording, in place of the one shown, which takes its place there: nothing is lost."""
    done = core.rewording.take(caller, id, body.version, body.among, body.number)
    return shown(core, caller, done, response)
