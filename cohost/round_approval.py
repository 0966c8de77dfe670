"""A host's approval of a whole round: some introductions at once, the rest by the worker, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from cohost import rights
from cohost.approval import Approval
from cohost.errors import AlreadyDecided, Busy, CohostError
from cohost.model import Caller
from cohost.store import Store, Tx, audit, rounds, suggestions
from cohost.store.audit import Actor
from cohost.store.rounds import LIVE, Approving
from cohost.suggestion import Decision

AT_ONCE = 20  # introductions of one portion: a second or so, while a person waits
LEASE = timedelta(seconds=120)  # far longer than a portion takes; after it somebody else goes on
LATER = timedelta(seconds=5)  # when the database was busy
APPROVED, WAITING = "approved", "waiting"


class RoundApproval:
    """What a host asked for is stored first, with the versions that they saw; whoever dies in between loses nothing."""

    def __init__(self, store: Store, clock: Callable[[], datetime], approval: Approval) -> None:
        self._store = store
        self._clock = clock
        self._approval = approval

    def approve(self, caller: Caller, round_id: str) -> dict[str, str]:
        """By pending introduction: `approved`, `waiting` while the worker goes on, or why not.

        Raises NotFound, or Forbidden where the caller may not decide.
        """
        with self._store.write() as tx:
            asked, new = self._asked(tx, caller, round_id)
        now = self._portion(caller.community_id, round_id, asked) if new else asked
        left = {one for one, _ in now.left}
        return {one: WAITING if one in left else now.refused.get(one, APPROVED) for one, _ in asked.left}

    def step(self) -> bool:
        """One portion of a round that waits; False when there is none."""
        with self._store.write() as tx:
            claimed = rounds.claim_approval(tx, self._clock(), self._clock() + LEASE)
        if claimed is None:
            return False
        self._portion(*claimed)
        return True

    def _asked(self, tx: Tx, caller: Caller, round_id: str) -> tuple[Approving, bool]:
        """What is to be approved, and whether it was asked for just now."""
        rights.check_person(tx, caller)
        going_on = rounds.get(tx, caller.community_id, round_id).approving
        if going_on is not None and going_on.left:
            return going_on, False
        found = suggestions.some(
            tx, caller.community_id, rounds.introductions(tx, caller.community_id, round_id)
        )  # fmt: skip
        pending = tuple((one.id, one.version) for one in found if one.status == "pending")
        asked = Approving(asdict(caller), pending, {})
        rounds.set_approving(tx, round_id, asked, self._clock() + LEASE)
        audit.record(
            tx, caller.community_id, Actor(caller.member_id or "platform", caller.credential_id), "round.approved", "round",
            round_id, now=self._clock(), introductions=len(pending),
        )  # fmt: skip
        return asked, True

    def _portion(self, community_id: str, round_id: str, asked: Approving) -> Approving:
        """Decide some, and store how far it has come; each is a whole decision, in a transaction of its own."""
        caller, refused, done, due = Caller(**asked.caller), dict(asked.refused), 0, self._clock()
        for one, version in asked.left[:AT_ONCE]:
            try:
                told = self._decided(caller, one, version)
            except Busy:
                due += LATER
                break
            done += 1
            if told != APPROVED:
                refused[one] = told
        now = replace(asked, left=asked.left[done:], refused=refused)
        with self._store.write() as tx:
            rounds.set_approving(tx, round_id, now, due if now.left else None)
        return now

    def _decided(self, caller: Caller, suggestion_id: str, version: int) -> str:
        try:
            self._approval.decide(caller, suggestion_id, Decision("approve", version))
        except AlreadyDecided as error:  # by somebody else, or by a worker that died before it could store so
            with self._store.read() as tx:
                live = suggestions.get(tx, caller.community_id, suggestion_id).status in LIVE
            return APPROVED if live else error.message
        except Busy:
            raise
        except CohostError as error:
            return error.message
        return APPROVED
