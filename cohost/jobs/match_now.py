"""What of an introduction still holds, after its people changed what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from cohost.jobs.match_payload import IntroductionPayload
from cohost.jobs.match_words import QUESTION_FOLLOWS, slots
from cohost.match.stored import Fact, as_profile, says
from cohost.store import Tx, people, profiles, publications, safety_cases
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Suggestion

CHANGED = "A profile has changed since you were asked; what no longer holds is left out here."
CHANGED_FOR_HOSTS = (
    "Since this was approved, somebody changed what it repeats of them. Names still go out once all have said yes, without"
    " what no longer holds."
)
UNSENT = ("approved", "publishing", "failed")


def may_meet(tx: Tx, suggestion: Suggestion) -> bool:
    """Whether all are here, opted in, and not kept apart."""
    payload = IntroductionPayload.model_validate(suggestion.payload)
    members = frozenset(payload.member_ids)
    here = people.hold_active(tx, suggestion.community_id, members)
    stored = _stored(tx, suggestion.community_id, members)
    willing = all(m in stored and _willing(stored[m].purposes, payload) for m in members)
    apart = safety_cases.kept_apart(tx, suggestion.community_id)
    return members <= here and willing and not any(pair <= members for pair in apart)


def may_go_out(tx: Tx, suggestion: Suggestion) -> bool:
    """Whether all that it states is so, or at least nothing of what is still to be sent is not."""
    payload = IntroductionPayload.model_validate(suggestion.payload)
    old = _old(payload, _stored(tx, suggestion.community_id, payload.member_ids))
    if not old:
        return True
    unsent = [one for one in publications.of_suggestion(tx, suggestion.id) if one.status in UNSENT]
    return bool(unsent) and not any(_tells(one.message.text, old) for one in unsent)


def reworded(tx: Tx, suggestion: Suggestion) -> bool:
    """Whether somebody changed, or hides, what it states of them."""
    payload = IntroductionPayload.model_validate(suggestion.payload)
    return bool(_old(payload, _stored(tx, suggestion.community_id, payload.member_ids)))


def current(tx: Tx, community_id: str, payload: IntroductionPayload, now: datetime) -> IntroductionPayload:
    """Without what somebody no longer says or shows, and with a word about it where names go out."""
    stored = _stored(tx, community_id, payload.member_ids)
    times = payload.times if _are_still_free(payload, stored, now) else {}
    old = _old(payload, stored)
    if not old:
        return payload.model_copy(update={"times": times})
    # a question may be about it in other words
    text = "\n\n".join(filter(None, (CHANGED, _without(payload.text.partition(QUESTION_FOLLOWS)[0], old))))
    asked = {member: _without(text, old) for member, text in payload.invitations.items()}
    return payload.model_copy(update={"text": text, "invitations": asked, "times": times})


def _stored(tx: Tx, community_id: str, members: Collection[str]) -> dict[str, StoredProfile]:
    found = {member: profiles.find(tx, community_id, member) for member in members}
    return {member: one for member, one in found.items() if one is not None}


def _willing(purposes: Sequence[str], payload: IntroductionPayload) -> bool:
    return payload.purpose in purposes or (payload.shape in ("mentors", "buddy") and "helping" in purposes)


def _old(payload: IntroductionPayload, stored: Mapping[str, StoredProfile]) -> list[str]:
    """What it states and nobody says or shows any more."""
    facts = [Fact(**fact.model_dump()) for fact in payload.facts]
    return [fact.value for fact in facts if not says(stored.get(fact.member_id), fact)]


def _tells(text: str, values: Collection[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE) for value in values)


def _without(text: str, values: Collection[str]) -> str:
    kept = [line for line in text.split("\n") if not _tells(line, values)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _are_still_free(payload: IntroductionPayload, stored: Mapping[str, StoredProfile], now: datetime) -> bool:
    """Whether the suggested times would be suggested again."""
    shown = [stored[m] for m in payload.member_ids if m in stored and "time_zone" in stored[m].shown]
    if not payload.times or len(shown) < len(payload.people):
        return False
    zones = {one.member_id: str(one.fields.get("time_zone") or "UTC") for one in shown}
    return slots([as_profile(one, now).hours for one in shown], zones, now) == payload.times
