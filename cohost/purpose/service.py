"""Hosts build a Big Purpose, look at its versions, and take an earlier one again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cohost.errors import StaleVersion
from cohost.model import BigPurpose
from cohost.ports import LanguageModel
from cohost.purpose.drafts import Answers, Drafts, draft
from cohost.store import Store, audit, people, purposes
from cohost.store.audit import Actor
from cohost.store.purposes import PurposeVersion


@dataclass(frozen=True)
class Purposes:
    """Of all communities."""

    store: Store
    clock: Callable[[], datetime]
    model: LanguageModel | None

    def draft(self, community_id: str, answers: Answers, *, with_model: bool) -> Drafts:
        """Sentences to choose from; stores nothing. Raises InvalidInput."""
        return draft(answers, community_id, self.model if with_model else None)

    def versions(self, community_id: str) -> list[PurposeVersion]:
        """All of them, newest first."""
        with self.store.read() as tx:
            return purposes.listed(tx, community_id)

    def version(self, community_id: str, number: int) -> PurposeVersion:
        """One of them; raises NotFound."""
        with self.store.read() as tx:
            return purposes.get(tx, community_id, number)

    def restore(self, community_id: str, number: int, *, seen: int, actor: Actor) -> BigPurpose:
        """The words of an earlier version become the next one; nothing is lost.

        Raises NotFound, and StaleVersion where the Big Purpose has changed since it was `seen`. The version that holds
        already stays as it is.
        """
        now = self.clock()
        with self.store.write() as tx:
            community, wanted = people.community(tx, community_id), purposes.get(tx, community_id, number)
            check_seen(community.big_purpose, seen)
            restored = replace(wanted.purpose, version=seen + 1)
            if replace(restored, version=seen) == community.big_purpose:
                return community.big_purpose
            changed = replace(community, big_purpose=restored)
            people.put_community(tx, changed, now, by=actor.name, restored_from=number)
            audit.record(
                tx, community_id, actor, "purpose.restored", "community", community_id, now=now, version=restored.version,
                restored_from=number,
            )  # fmt: skip
        return restored


def check_seen(current: BigPurpose, seen: int | None) -> None:
    """Raise StaleVersion unless the caller has seen the version that holds, or does not say."""
    if seen is not None and seen != current.version:
        raise StaleVersion(
            f"You saw version {seen} of the Big Purpose; now it is {current.version}. Read it again."
        )  # fmt: skip
