"""The sample community: read from the files beside this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cohost.match.stored import LISTS
from cohost.model import BigPurpose, Caller, Community, CommunitySettings, Member, SourceInput, Space
from cohost.store import Store, Tx, people, places, profiles, sources
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile

if TYPE_CHECKING:
    from cohost.bootstrap import App

FOLDER = Path(__file__).parent
COURSE_SPACE = "course"
HOST = "ines"
LEVELS = {"newcomer": 0, "intermediate": 2, "advanced": 3}
ROUND = {"title": "First introductions", "overlap_hours": 1, "shared_language": True}
ROUND_LASTS = timedelta(days=10)


def community_id() -> str:
    """Id of the sample community."""
    return str(_read("community.yaml")["id"])


def is_loaded(store: Store) -> bool:
    """Whether the database holds the sample community with its posts."""
    with store.read() as tx:
        if community_id() not in {c.id for c in people.all_communities(tx)}:
            return False
        return bool(_last_post_there(tx))


def load(core: App, on_progress: Callable[[int, int, str], None]) -> None:
    """Put people, spaces, lessons and posts; doing it again changes nothing."""
    now = core.clock()
    with core.store.write() as tx:
        _put_people_and_spaces(tx, now)
    core.files.ingest_path(community_id(), COURSE_SPACE, FOLDER / "course", OPERATOR, on_progress=on_progress)
    _ask_questions(core)
    core.intake.put_many(community_id(), [*_events(now), *_posts(now)], OPERATOR)
    _make_a_round(core)


def _put_people_and_spaces(tx: Tx, now: datetime) -> None:
    described = _read("community.yaml")
    purpose: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in described["big_purpose"].items()}
    community = Community(
        described["id"],
        described["name"],
        BigPurpose(version=1, **purpose),
        tuple(described["guidelines"]),
        CommunitySettings(jobs=("answer", "discuss", "help", "match", "moderate")),
    )
    people.put_community(tx, community, now, by=OPERATOR.name)
    for row in _read("members.yaml"):
        joined = now - timedelta(days=row["joined_days_ago"])
        people.put_member(
            tx, community.id, Member(row["id"], row["name"], row["role"], True, joined, row["profile"]), now
        )
        if profiles.find(tx, community.id, row["id"]) is None:  # what somebody changed stays
            profiles.put(tx, community.id, _profile(row), now)
    for row in described["spaces"]:
        ids = frozenset(row.get("member_ids", ()))
        places.put_space(tx, community.id, Space(row["id"], row["name"], row["kind"], row["visibility"], ids), now)


def _profile(row: dict[str, Any]) -> StoredProfile:
    """What they told the platform, as if they had filled in the form here; some keep more to themselves."""
    told = row["profile"]
    fields = {name: told[name] for name in (*LISTS, "time_zone", "free")}
    fields |= {"about": told["bio"], "level": LEVELS[told["level"]]}
    return StoredProfile(row["id"], fields, tuple(told["shown"]), tuple(told["purposes"]))


def _events(now: datetime) -> list[tuple[str, SourceInput]]:
    made = []
    for row in _read("events.yaml"):
        starts = now + timedelta(days=row["starts_days_from_now"])
        head = f"When: {starts:%A %d %B %Y}, {row['duration_minutes']} minutes\nWhere: {row['place']}"
        text = f"{head}\n\n{row['text'].strip()}"
        made.append(
            (row["space"], SourceInput(row["id"], "event", row["title"], text, updated_at=now - timedelta(days=30)))
        )
    return made


def _posts(now: datetime) -> list[tuple[str, SourceInput]]:
    made = []
    for row in sorted(_read("posts.yaml"), key=lambda row: -float(row["days_ago"])):
        at = now - timedelta(days=float(row["days_ago"]))
        source = SourceInput(
            row["id"], "post", row.get("title", ""), row["text"].strip(), author_id=row["author"], parent_id=row.get("parent"),
            created_at=at, updated_at=at,
        )  # fmt: skip
        made.append((row["space"], source))
    return made


def _ask_questions(core: App) -> None:
    """So that the queue is not empty when somebody first looks; the worker drafts."""
    for row in _read("questions.yaml"):
        asker = Caller(community_id(), "member", row["member"], "session", OPERATOR.name)
        if row["text"] not in {question.text for question in core.questions.mine(asker)}:
            core.questions.ask(asker, row["text"], space_id=row["space"])


def _make_a_round(core: App) -> None:
    """So that there are introductions to look at; the worker matches, and nobody hears of it before a host approves."""
    if not core.rounds.listed(community_id()):
        host = Caller(community_id(), "host", HOST, "session", OPERATOR.name)
        core.rounds.make(host, ROUND, core.clock() + ROUND_LASTS, OPERATOR)


def _last_post_there(tx: Tx) -> bool:
    last = min(_read("posts.yaml"), key=lambda row: float(row["days_ago"]))
    return sources.find(tx, places.space(tx, community_id(), last["space"]).pk, last["id"]) is not None


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
