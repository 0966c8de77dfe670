"""What happens in most stories: somebody asks, the worker drafts, a host decides, the worker publishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from cohost.bootstrap import App
from cohost.model import Caller, Member, Source, SourceInput, Space
from cohost.ports import Query
from cohost.questions import QuestionView
from cohost.store import people, places, profiles, publications, sources, suggestions, tables
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Decision, Destination, Publication, Suggestion, Verdict, in_space

QUESTION = "When do spring tides come?"
QUOTE = "Spring tides come twice a month, at new moon and at full moon."
HERE = "harbour"


class Cast(Protocol):
    def caller(self, name: str) -> Caller: ...


@dataclass(frozen=True)
class Story:
    """Short words for what people and workers do in the community of the tests."""

    core: App
    cast: Cast
    clock: Callable[[], datetime]

    def ask(self, who: str = "ada", text: str = QUESTION, *, space: str | None = "course") -> QuestionView:
        return self.core.questions.ask(self.cast.caller(who), text, space_id=space)

    def work(self) -> int:
        """Do all that is due; the number of steps."""
        steps = 0
        while self.core.worker.step():
            steps += 1
        return steps

    def draft(self, who: str = "ada", text: str = QUESTION, *, space: str | None = "course") -> Suggestion:
        """Ask and let the worker answer; what came of it."""
        asked = self.ask(who, text, space=space)
        while self.core.worker.draft_one():
            pass
        return self.of(asked)[-1]

    def of(self, asked: QuestionView) -> list[Suggestion]:
        """All that was suggested for a question, oldest first."""
        with self.core.store.read() as tx:
            return suggestions.of_request(tx, asked.id)

    def now(self, suggestion: Suggestion) -> Suggestion:
        """As it stands in the database."""
        with self.core.store.read() as tx:
            return suggestions.get(tx, suggestion.community_id, suggestion.id)

    def decide(
        self, verdict: Verdict, suggestion: Suggestion, who: str = "hana", *,
        payload: dict[str, Any] | None = None, reason: str = "",
    ) -> Suggestion:  # fmt: skip
        decision = Decision(verdict, suggestion.version, payload, reason)
        return self.core.approval.decide(self.cast.caller(who), suggestion.id, decision)

    def approve(self, suggestion: Suggestion, who: str = "hana") -> Suggestion:
        return self.decide("approve", suggestion, who)

    def publish(self, suggestion: Suggestion) -> Suggestion:
        """Approve, and let the worker send."""
        self.approve(suggestion)
        while self.core.worker.publish_one():
            pass
        return self.now(suggestion)

    def outbox(self, suggestion: Suggestion) -> list[Publication]:
        with self.core.store.read() as tx:
            return publications.of_suggestion(tx, suggestion.id)

    def search(self, text: str, destination: Destination | None = None, *, top_k: int = 50) -> list[tuple[str, str]]:
        """(space, source) of what is found, best first; for everyone in the course unless told."""
        query = Query(HERE, text, destination or in_space("course"), top_k=top_k)
        return [(p.space_id, p.source_id) for p in self.core.search.search(query)]

    def put(self, space: str, source_id: str, text: str, **fields: Any) -> Source:
        """A lesson, unless told otherwise."""
        new = SourceInput(source_id, fields.pop("kind", "lesson"), fields.pop("title", source_id), text, **fields)
        return self.core.intake.put(HERE, space, new, OPERATOR).source

    def source(self, space: str, source_id: str) -> Source | None:
        with self.core.store.read() as tx:
            return sources.texts(tx, HERE, [(space, source_id)]).get((space, source_id))

    def delete(self, space: str, source_id: str) -> None:
        self.core.intake.delete(HERE, space, source_id, OPERATOR)

    def put_space(self, space_id: str, *members: str, private: bool = True) -> None:
        """As the edge does it: the rows, and then everything open is checked again."""
        new = Space(space_id, space_id.title(), "discussion", "private" if private else "members", frozenset(members))
        with self.core.store.write() as tx:
            places.put_space(tx, HERE, new, self.clock())
            self.core.approval.recheck_after_permission_change(tx, HERE)

    def put_member(self, member: Member) -> None:
        with self.core.store.write() as tx:
            people.put_member(tx, HERE, member, self.clock())
            self.core.approval.recheck_after_permission_change(tx, HERE)

    def put_helper(self, member: Member) -> None:
        """Who likes to be asked."""
        self.put_member(member)
        with self.core.store.write() as tx:
            profiles.put(tx, HERE, StoredProfile(member.id, purposes=("helping",)), self.clock())

    def settings(self, **changes: Any) -> None:
        """Change what the hosts decide for the community."""
        with self.core.store.write() as tx:
            community = people.community(tx, HERE)
            changed = replace(community, settings=replace(community.settings, **changes))
            people.put_community(tx, changed, self.clock())

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        with self.core.store.read() as tx:
            return [dict(row._mapping) for row in tx.execute(sa.select(tables.metadata.tables[table]))]

    def everything(self) -> str:
        """All text of all tables, the full-text index included, to look for words that must be gone."""
        names = [*tables.metadata.tables, "chunk_text"]
        with self.core.store.read() as tx:
            found = {
                name: tx.execute(sa.select(sa.text("*")).select_from(sa.text(f'"{name}"'))).all() for name in names
            }
        return "\n".join(f"{name}: {row}" for name, rows in found.items() for row in rows)
