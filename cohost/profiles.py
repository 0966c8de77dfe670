"""Profiles: what members say of themselves to be matched; theirs alone, and shown only as far as they let it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cohost.approval import Approval
from cohost.errors import Forbidden, InvalidInput, NotFound
from cohost.match.reasons import Meanings, Reason, reasons
from cohost.match.stored import SHOWN, checked
from cohost.match.table import StoredRow, stored_rows
from cohost.model import Caller
from cohost.ports import Embedder
from cohost.store import Store, Tx, audit, consents, people, profiles, safety_cases, sources
from cohost.store.audit import Actor
from cohost.store.profiles import StoredProfile

TAGS = 8  # suggested at once
NEAR = 0.35  # cosine of a tag with what a member wrote
POSTS_READ = 30
SAID = 2_000  # characters of a post that are read for tags
WRONG_SHOWN = 20  # rows named in one message
MOST_TAGS = 2_000  # different ones of a community that are compared


@dataclass(frozen=True)
class Similar:
    """What two people share, as one of them may see it."""

    member_id: str
    name: str
    shared: tuple[str, ...]
    opening: str


class Profiles:
    """Members write their own; staff read nothing here that a match could not."""

    def __init__(self, store: Store, clock: Callable[[], datetime], embedder: Embedder, approval: Approval) -> None:
        self._store = store
        self._clock = clock
        self._embedder = embedder
        self._approval = approval

    def own(self, caller: Caller) -> StoredProfile:
        """The caller's; empty where they wrote none."""
        with self._store.read() as tx:
            return profiles.find(tx, caller.community_id, _self(caller)) or StoredProfile(_self(caller))

    def put(self, caller: Caller, given: Mapping[str, Any], actor: Actor) -> StoredProfile:
        """Replace the caller's; introductions that repeat what is gone are withdrawn. Raises InvalidInput."""
        new = checked(_self(caller), given, self._clock())
        with self._store.write() as tx:
            self._put(tx, caller.community_id, actor, new)
        return new

    def import_rows(self, caller: Caller, text: str, actor: Actor) -> int:
        """Profiles from CSV, all or none; how many. Raises InvalidInput that names each bad row."""
        rows = stored_rows(text, self._clock())
        with self._store.write() as tx:
            unknown = people.unknown_members(tx, caller.community_id, [row.profile.member_id for row in rows])
            wrong = [_unknown(row) for row in rows if row.profile.member_id in unknown]
            wrong += [trouble for row in rows if (trouble := _too_much(row, self._clock()))]
            if wrong:
                raise InvalidInput("\n".join(("These rows cannot be stored, so none was:", *wrong[:WRONG_SHOWN])))
            self._put(tx, caller.community_id, actor, *(row.profile for row in rows))
        return len(rows)

    def confirm(self, caller: Caller, tags: Sequence[str], actor: Actor) -> StoredProfile:
        """Add tags that the caller says are theirs. Raises InvalidInput."""
        old = self.own(caller)
        interests = [*old.fields.get("interests", ()), *tags]
        given = {**old.fields, "interests": interests, "shown": old.shown, "purposes": old.purposes}
        return self.put(caller, given, actor)

    def remove(self, caller: Caller, actor: Actor) -> None:
        """Take the caller's profile back; twice is fine."""
        member_id = _self(caller)
        with self._store.write() as tx:
            profiles.remove(tx, caller.community_id, member_id)
            audit.record(tx, caller.community_id, actor, "profile.removed", "member", member_id, now=self._clock())
            self._approval.recheck_after_profile_change(tx, caller.community_id, member_id)

    def suggested(self, caller: Caller) -> list[str]:
        """Tags of other members that come near what the caller wrote; nothing is stored until they confirm."""
        member_id, community_id = _self(caller), caller.community_id
        with self._store.read() as tx:
            mine = profiles.find(tx, community_id, member_id) or StoredProfile(member_id)
            others = [one for one in profiles.of_active(tx, community_id) if one.member_id != member_id]
            said = self._said(tx, community_id, member_id)
        held = {value.casefold() for name in ("interests", "goals") for value in mine.fields.get(name, ())}
        shown = (one for one in others if "interests" in one.shown)
        tags = sorted({tag for one in shown for tag in one.fields.get("interests", ())} - held)[:MOST_TAGS]
        tags = [tag for tag in tags if tag.casefold() not in held]
        if not said or not tags:
            return []
        cosines = self._embedder.embed(tags) @ self._embedder.embed(said).T
        best = sorted(zip(cosines.max(axis=1).tolist(), tags, strict=True), reverse=True)
        return [tag for cosine, tag in best[:TAGS] if cosine >= NEAR]

    def similarities(self, caller: Caller, member_id: str) -> Similar:
        """What the caller shares with somebody, from fields that this person shows; raises NotFound."""
        own = _self(caller)
        with self._store.read() as tx:
            other = people.find_member(tx, caller.community_id, member_id)
            theirs, mine = (profiles.find(tx, caller.community_id, one) for one in (member_id, own))
            apart = frozenset((own, member_id)) in safety_cases.kept_apart(tx, caller.community_id)
        if other is None or not other.active or own == member_id:
            raise NotFound(f"There is no member {member_id!r} whom you could compare yourself with.")
        if theirs is None or mine is None or apart:  # kept apart looks like somebody who shows nothing
            return Similar(member_id, other.name, (), "")
        everything = replace(mine, shown=SHOWN)  # what is mine I know
        found = reasons([everything, theirs], Meanings([everything, theirs], self._embedder.embed))
        shared = tuple(dict.fromkeys(_in_words(reason, own) for reason in found))
        return Similar(member_id, other.name, shared, _opening(found, own, other.name))

    def _put(self, tx: Tx, community_id: str, actor: Actor, *new: StoredProfile) -> None:
        for one in new:
            profiles.put(tx, community_id, one, self._clock())
            audit.record(tx, community_id, actor, "profile.changed", "member", one.member_id, now=self._clock())
        self._approval.recheck_after_profile_change(tx, community_id, *(one.member_id for one in new))

    def _said(self, tx: Tx, community_id: str, member_id: str) -> list[str]:
        """What the member wrote, in their profile and, where they let it, in posts."""
        stored = profiles.find(tx, community_id, member_id) or StoredProfile(member_id)
        member = people.member(tx, community_id, member_id)
        told = [str(stored.fields.get("about", "")), str(member.profile.get("bio", ""))]
        if consents.of_member(tx, community_id, member_id).matching:
            written = sources.by_author(tx, community_id, member_id)[-POSTS_READ:]
            told += [one.source.text[:SAID] for one in written if one.source.kind == "post"]
        return [text for text in told if text.strip()]


def _unknown(row: StoredRow) -> str:
    return f"line {row.line}: there is no member {row.profile.member_id!r}."


def _too_much(row: StoredRow, now: datetime) -> str:
    """What a member could not have written in their own profile either."""
    one = row.profile
    try:
        checked(one.member_id, {**one.fields, "shown": one.shown, "purposes": one.purposes}, now)
    except InvalidInput as error:
        return f"line {row.line}: {error.message}"
    return ""


def _in_words(reason: Reason, own: str) -> str:
    mine, theirs = (reason.one, reason.other) if reason.one.member_id == own else (reason.other, reason.one)
    if reason.kind == "helps":
        wants = "offer" if theirs.field == "offers" else "ask for"
        return f"They {wants} “{theirs.value}”, and you {'ask for' if wants == 'offer' else 'offer'} “{mine.value}”."
    if reason.kind == "languages":
        return f"You both speak {mine.value}."
    if mine.value.casefold() == theirs.value.casefold():
        return f"You both name “{mine.value}”."
    return f"You name “{mine.value}”, they name “{theirs.value}”."


def _opening(found: Sequence[Reason], own: str, name: str) -> str:
    for reason in found:
        theirs = reason.other if reason.one.member_id == own else reason.one
        if reason.kind == "helps" and theirs.field == "offers":
            return f"Hello {name}, you offer “{theirs.value}”. May I ask you how you got into it?"
        if reason.kind == "helps":
            return f"Hello {name}, you are looking for “{theirs.value}”. What have you tried so far?"
        if reason.kind in ("goals", "interests"):
            return f"Hello {name}, I saw “{theirs.value}” in your profile. What are you working on at the moment?"
    return ""


def _self(caller: Caller) -> str:
    if caller.member_id is None:
        raise Forbidden("Profiles belong to members: send the header Cohost-Member with the member's id.")
    return caller.member_id
