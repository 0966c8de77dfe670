"""Who may read what. The one place that knows; everything else asks here.

A destination may draw on a space only if every reader of the destination may read that space.
"""

from __future__ import annotations

from dataclasses import dataclass

from cohost.errors import NotFound
from cohost.model import STAFF, Caller, Source, Space
from cohost.store import Tx, people, places
from cohost.suggestion import Destination, DestinationKind


@dataclass(frozen=True)
class Sight:
    """One consistent reading of a community's people and spaces."""

    spaces: dict[str, Space]
    staff: frozenset[str]  # active hosts and moderators
    members: frozenset[str]  # everyone active, staff included

    def readers(self, space: Space) -> frozenset[str]:
        """Everyone who may read a space: all members, or its own members and staff."""
        if space.visibility == "members":
            return self.members
        return (space.member_ids & self.members) | self.staff

    def readable_by(self, readers: frozenset[str]) -> frozenset[str]:
        """Ids of the spaces that each of `readers` may read."""
        if not readers <= self.members:
            return frozenset()
        others = readers - self.staff  # a comparison for each space, where `self.readers` would build a set for each
        return frozenset(s.id for s in self.spaces.values() if s.visibility == "members" or others <= s.member_ids)

    def open_to_all(self) -> frozenset[str]:
        """Ids of the spaces that every member may read."""
        return frozenset(s.id for s in self.spaces.values() if s.visibility == "members")


def sight(tx: Tx, community_id: str) -> Sight:
    """Read people and spaces once, for several questions within one transaction."""
    active = people.active_by_role(tx, community_id)
    return Sight(
        spaces={s.id: s for s in places.all_spaces(tx, community_id)},
        staff=frozenset[str]().union(*(ids for role, ids in active.items() if role in STAFF)),
        members=frozenset[str]().union(*active.values()),
    )


def readers(seen: Sight, destination: Destination) -> frozenset[str]:
    """Everyone who will be able to read a suggestion at its destination."""
    if destination.kind == "space":
        space = seen.spaces.get(destination.space_id or "")
        return seen.readers(space) if space else frozenset()
    if destination.kind in ("asker", "introduction", "private_note"):
        return frozenset(destination.member_ids) & seen.members
    return seen.staff


def usable_spaces(seen: Sight, destination: Destination) -> frozenset[str]:
    """Ids of the spaces a suggestion for this destination may draw on (the destination table)."""
    kind: DestinationKind = destination.kind
    if kind == "space":
        space = seen.spaces.get(destination.space_id or "")
        return _usable_in(seen, space) if space else frozenset()
    if kind == "asker":
        present = frozenset(destination.member_ids) & seen.members
        return seen.readable_by(present) if present else frozenset()  # nobody there: nothing, not everything
    if kind == "introduction":
        return seen.open_to_all()
    if kind == "moderation_desk":
        return frozenset(seen.spaces)
    if kind == "private_note":  # their own post, named by `source_id`, and the guidelines; no space as such
        return frozenset()
    return frozenset(seen.spaces)


def _usable_in(seen: Sight, space: Space) -> frozenset[str]:
    present = seen.readers(space)
    if present:
        return seen.readable_by(present)
    return seen.open_to_all() | {space.id}  # of nobody, everything could be said: whoever joins may read these


def contains(seen: Sight, outer: Destination, inner: Destination) -> bool:
    """Whether everyone who reads at `inner` may read what was approved for `outer`."""
    return bool(readers(seen, inner)) and readers(seen, inner) <= readers(seen, outer)


def readable_spaces(seen: Sight, caller: Caller) -> frozenset[str]:
    """Ids of the spaces a caller may read; a platform key that acts for nobody reads what every member may."""
    if caller.member_id is None:
        return seen.open_to_all()
    return seen.readable_by(frozenset({caller.member_id}))


def space_in_sight(seen: Sight, caller: Caller, space_id: str) -> Space:
    """The space, if the caller may know of it; raises NotFound, the same whether it is absent or out of sight.

    A platform key keeps spaces in step with its platform, so it knows of every space; acting for a member, only of theirs.
    """
    space = seen.spaces.get(space_id)
    serves = caller.by_platform and caller.member_id is None
    if space is None or not (serves or caller.member_id in seen.readers(space)):
        raise NotFound(f"There is no space {space_id!r}.")
    return space


def sees(caller: Caller, source: Source) -> bool:
    """Whether the caller, who may read its space, sees it: what is set aside, its author and staff alone do."""
    serves = caller.by_platform and caller.member_id is None
    return not source.set_aside or caller.is_staff or serves or caller.member_id == source.author_id


def describe(seen: Sight, destination: Destination) -> str:
    """Who will read it, in words for a host."""
    if destination.kind == "space":
        space = seen.spaces.get(destination.space_id or "")
        if space is None:
            return "nobody (the space is gone)"
        return (
            f"every member ({space.name})"
            if space.visibility == "members"
            else f"the members of {space.name} and staff"
        )
    if destination.kind == "introduction" and len(destination.member_ids) == 1:
        return "the one member it is addressed to"
    return {
        "asker": "the person who asked",
        "introduction": "the people invited",
        "moderation_desk": "moderators",
        "private_note": "the author of the post",
        "post": "nobody: it is about a post",
        "hosts": "hosts",
    }[destination.kind]
