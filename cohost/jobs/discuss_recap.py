"""The kind `recap` of the job `discuss`: a look back at one week of a space, posted there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cohost import audience
from cohost.discuss import week as weeks
from cohost.discuss.links import linked
from cohost.discuss.occasions import words
from cohost.discuss.payload import PromptPayload
from cohost.discuss.spans import evidence
from cohost.discuss.week import Happened, Talk, Week
from cohost.jobs.discuss_words import Parts, written
from cohost.jobs.match_words import listed
from cohost.jobs.shape import Outcome, Tools
from cohost.model import Community, Request, Source, Space
from cohost.store import people
from cohost.suggestion import Abstention, Draft, Evidence, Provenance, in_space

QUIET = "Too little was written in this space in the week of {days} to look back at."


@dataclass(frozen=True)
class _Recap:
    """What is said, and of what."""

    tools: Tools
    space: Space
    week: Week
    happened: Happened
    names: Mapping[str | None, str]

    def values(self) -> dict[str, str]:
        """For the words around it."""
        return {"space": self.space.name, "days": self.week.days(self.tools.clock())}

    def talk(self, one: Talk) -> str:
        """A line of the list."""
        by = f", begun by {self.names[one.root.author_id]}" if one.new and one.root.author_id in self.names else ""
        more = "" if one.new else "new "
        replies = _count(one.replies, f"{more}reply", f"{more}replies")
        whose = f" from {_count(one.people, 'person', 'people')}" if one.people < one.replies else ""
        return f"- {self.link(one.root)}{by}: {replies}{whose}"

    def said(self, post: Source, span: tuple[int, int]) -> str:
        """A quotation, and below it who said it, and where."""
        by = self.names.get(post.author_id or "", "A host")
        return f"> {' '.join(post.text[slice(*span)].split())}\n\n{by}, in {self.link(self.root(post))}"

    def waits(self, post: Source) -> str:
        """A line of the list."""
        by = f", asked by {self.names[post.author_id]}" if post.author_id in self.names else ""
        return f"- {self.link(post)}{by}"

    def root(self, post: Source) -> Source:
        """That of its thread, as far as it is known here."""
        return next((talk.root for talk in self.happened.talks if talk.root.id == post.parent_id), post)

    def link(self, one: Source) -> str:
        """Its title, or whose it is where it has none."""
        by = self.names.get(one.author_id or "")
        return linked(self.tools.community, one, f"what {by} wrote" if by else "a thread")


def propose(request: Request, tools: Tools) -> Sequence[Outcome]:
    """One draft; an abstention where too little happened, nothing where the space is gone."""
    asked, to = request.payload, in_space(request.payload["space_id"])
    week = weeks.week_of(asked["week"], tools.clock())
    with tools.store.read() as tx:
        seen = audience.sight(tx, request.community_id)
        space = seen.spaces.get(asked["space_id"])
        if space is None:
            return []
        names: dict[str | None, str] = {
            one.id: one.name for one in people.all_members(tx, request.community_id) if one.id in seen.members
        }
        happened = weeks.read(tx, request.community_id, space.pk, week, staff=seen.staff, here=seen.members)
    recap = _Recap(tools, space, week, happened, names)
    made = Provenance("embedded")
    if not weeks.enough(happened):
        return [Abstention(QUIET.format(**recap.values()), to, (), made, payload={"title": "No recap", "text": ""})]
    done = written("recap", _parts(recap), tools, made)
    why = f"{happened.posts} posts by {happened.people} people in {week.key}; {len(happened.waiting)} questions still wait."
    shown = PromptPayload(
        format="recap", kind="recap", title=words(tools.community, "recap", "title", week.key, **recap.values()),
        text=done.text,
        about=week.key, people=tuple(str(post.author_id) for post in happened.voices), why_now=why,
        publish_at=asked.get("publish_at") or "",
    )  # fmt: skip
    return [Draft(shown.model_dump(mode="json"), _evidence(happened), to, why, 0.9, done.made, ())]


def _parts(recap: _Recap) -> Parts:
    key, happened, here = f"{recap.space.id}/{recap.week.key}", recap.happened, recap.tools.community
    sections = [
        _section(here, "talked", "\n".join(recap.talk(one) for one in happened.talks)),
        _section(here, "decided", "\n\n".join(recap.said(*one) for one in happened.said)),
        _section(here, "waiting", "\n".join(recap.waits(post) for post, _ in happened.waiting)),
        words(here, "recap", "voices", key, names=listed(_voices(recap))) if happened.voices else "",
    ]
    one = "the open question" if len(happened.waiting) == 1 else "one of the open questions"
    closing = words(here, "recap", "closing_open" if happened.waiting else "closing", key, one=one)
    return Parts(words(here, "recap", "opening", key, **recap.values()), "\n\n".join(filter(None, sections)), closing)


def _section(community: Community, part: str, text: str) -> str:
    return f"{words(community, 'recap', part, '')}\n\n{text}" if text else ""


def _voices(recap: _Recap) -> list[str]:
    return [recap.names[str(post.author_id)] for post in recap.happened.voices]


def _evidence(happened: Happened) -> tuple[Evidence, ...]:
    """A sentence of everything that is pointed to, each once."""
    quoted = [evidence(post, span) for post, span in (*happened.said, *happened.waiting)]
    told = [evidence(one) for one in (*(talk.root for talk in happened.talks), *happened.voices)]
    return tuple({(item.source_id, item.start): item for item in (*quoted, *told)}.values())


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
