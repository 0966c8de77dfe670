"""All tables. Every row belongs to exactly one community; times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)
BigKey = sa.BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER primary keys


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC time; SQLite has no time zones, so it is stored without one."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def _community() -> Column[str]:
    return Column("community_id", ForeignKey("communities.id", ondelete="CASCADE"), nullable=False)


communities = Table(
    "communities", metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("big_purpose", JSON, nullable=False),
    Column("guidelines", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
)  # fmt: skip

purposes = Table(  # every version of a Big Purpose, the newest included
    "purposes", metadata,
    _community(),
    Column("version", Integer, nullable=False),
    Column("statement", JSON, nullable=False),
    Column("made_by", String),  # a member's id, "platform" or "operator"; neither this nor the time is known of the oldest
    Column("made_at", Instant),
    Column("restored_from", Integer),  # the version whose words it took again
    sa.PrimaryKeyConstraint("community_id", "version"),
)  # fmt: skip

members = Table(
    "members", metadata,
    _community(),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("profile", JSON, nullable=False),
    Column("joined_at", Instant),
    Column("created_at", Instant, nullable=False),
    # what their posts may be used for; only they themselves change it
    Column("posts_in_answers", Boolean, nullable=False, server_default=sa.true()),
    Column("posts_in_matching", Boolean, nullable=False, server_default=sa.true()),
    Column("posts_in_insights", Boolean, nullable=False, server_default=sa.true()),
    sa.PrimaryKeyConstraint("community_id", "id"),
)  # fmt: skip

# Who was erased. No foreign key to members: their rows are gone.
erasures = Table(
    "erasures", metadata,
    _community(),
    Column("member_id", String, nullable=False),
    Column("erased_at", Instant, nullable=False),
    Column("leftovers", JSON(none_as_null=True)),  # what outlives the transaction and must still go; NULL = nothing
    sa.PrimaryKeyConstraint("community_id", "member_id"),
)  # fmt: skip

spaces = Table(
    "spaces", metadata,
    Column("pk", BigKey, primary_key=True, autoincrement=True),
    _community(),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("visibility", String, nullable=False),
    Column("version", Integer, nullable=False),  # grows with every change of the space's chunks
    Column("answers", String),  # NULL = as usual
    Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("community_id", "id"),
    sqlite_autoincrement=True,  # a deleted space's key is never given to another
)  # fmt: skip

space_members = Table(
    "space_members", metadata,
    Column("space_pk", ForeignKey("spaces.pk", ondelete="CASCADE"), nullable=False),
    _community(),
    Column("member_id", String, nullable=False),
    sa.PrimaryKeyConstraint("space_pk", "member_id"),
    sa.ForeignKeyConstraint(["community_id", "member_id"], ["members.community_id", "members.id"], ondelete="CASCADE"),
)  # fmt: skip

sources = Table(
    "sources", metadata,
    Column("pk", BigKey, primary_key=True, autoincrement=True),
    _community(),
    Column("space_pk", ForeignKey("spaces.pk", ondelete="CASCADE"), nullable=False),
    Column("id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),  # "" in a tombstone
    Column("structure", JSON, nullable=False),  # headings, places, spans kept whole
    Column("author_id", String),
    Column("parent_id", String),
    Column("url", Text),
    Column("origin", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deleted_at", Instant),  # a tombstone: only a newer updated_at revives it
    Column("version", Integer, nullable=False),
    sa.UniqueConstraint("space_pk", "id"),
    Index("ix_sources_author", "community_id", "author_id"),
    Index("ix_sources_parent", "space_pk", "parent_id"),
    sqlite_autoincrement=True,
)  # fmt: skip

chunks = Table(
    "chunks", metadata,
    Column("pk", BigKey, primary_key=True, autoincrement=True),
    Column("source_pk", ForeignKey("sources.pk", ondelete="CASCADE"), nullable=False, index=True),
    Column("space_pk", ForeignKey("spaces.pk", ondelete="CASCADE"), nullable=False, index=True),
    _community(),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("headings", JSON, nullable=False),
    Column("place", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("hash", String, nullable=False),  # of what is embedded: title, heading trail and text
    Column("embedder", String, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # float32, unit length
    sqlite_autoincrement=True,  # a deleted chunk's key is never given to another
)  # fmt: skip

requests = Table(
    "requests", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("job", String, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("requested_by", String),
    Column("space_id", String),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("available_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("dedupe_key", String, unique=True),
    Column("vector", LargeBinary),  # of a question, to find nearly the same ones
    Column("created_at", Instant, nullable=False),
    Index("ix_requests_waiting", "status", "available_at"),
    Index("ix_requests_by", "community_id", "requested_by"),
)  # fmt: skip

suggestions = Table(
    "suggestions", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("job", String, nullable=False),
    Column("request_id", ForeignKey("requests.id", ondelete="SET NULL"), index=True),
    Column("status", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("original_payload", JSON),
    Column("destination", JSON, nullable=False),
    Column("rationale", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("provenance", JSON, nullable=False),
    Column("assigned_to", String),
    Column("notice", Text, nullable=False),
    Column("dedupe_key", String, unique=True),
    Column("erased_at", Instant),  # when its texts were emptied because they were those of an erased person
    Column("corrects", String, index=True),  # the published suggestion whose place it is to take
    Column("outdated_at", Instant),
    Column("verified_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("held_until", Instant),  # a draft that waits: members are asked first
    Index("ix_suggestions_queue", "community_id", "status", "created_at"),
    Index("ix_suggestions_untouched", "status", "updated_at"),
)  # fmt: skip

evidence = Table(
    "evidence", metadata,
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    _community(),
    Column("space_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("source_version", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("place", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("headings", JSON, nullable=False),
    Column("url", Text),
    sa.PrimaryKeyConstraint("suggestion_id", "position"),
    Index("ix_evidence_source", "community_id", "space_id", "source_id"),
)  # fmt: skip

feedback = Table(
    "feedback", metadata,
    _community(),
    Column("question_id", ForeignKey("requests.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False),
    Column("member_id", String, nullable=False),
    Column("opinion", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("seen", Boolean, nullable=False),  # by a host
    Column("at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("suggestion_id", "member_id"),
)  # fmt: skip

# What the maker of a draft saw. Rows of their own, so that a deleted source can be taken out of them.
snapshots = Table(
    "snapshots", metadata,
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    _community(),
    Column("space_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("source_version", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("score", Float, nullable=False),
    sa.PrimaryKeyConstraint("suggestion_id", "position"),
    Index("ix_snapshots_source", "community_id", "space_id", "source_id"),
)  # fmt: skip

decisions = Table(
    "decisions", metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    _community(),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("version", Integer, nullable=False),  # that the person saw
    Column("verdict", String, nullable=False),
    Column("member_id", String, nullable=False),
    Column("credential_id", String, nullable=False),
    Column("payload_shown", JSON, nullable=False),
    Column("payload", JSON),  # after an edit
    Column("reason", Text, nullable=False),
    Column("by_concerned", Boolean, nullable=False),  # nobody else was left to decide
    Column("decided_at", Instant, nullable=False),
)  # fmt: skip

publications = Table(
    "publications", metadata,
    Column("id", String, primary_key=True),  # also the key under which the connector posts
    _community(),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("connector", String, nullable=False),
    Column("message", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("available_at", Instant, nullable=False),
    Column("claimed_until", Instant),
    Column("receipt", JSON),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sa.UniqueConstraint("suggestion_id", "position"),
    Index("ix_publications_due", "status", "available_at"),
)  # fmt: skip

# The built-in board's own posts: what it shows under a question, also where no space was named.
board_posts = Table(
    "board_posts", metadata,
    Column("key", String, primary_key=True),
    _community(),
    Column("question_id", String, index=True),
    Column("member_id", String),  # the only reader, where no space was named
    Column("space_id", String),
    Column("source_id", String),
    Column("text", Text, nullable=False),
    Column("posted_at", Instant, nullable=False),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("id", BigKey, primary_key=True, autoincrement=True),
    _community(),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),  # member id, "platform", "worker" or "operator"
    Column("credential_id", String),
    Column("action", String, nullable=False),
    Column("object_type", String, nullable=False),
    Column("object_id", String, nullable=False),
    Column("old", String),
    Column("new", String),
    Column("details", JSON, nullable=False),  # ids and numbers, never text
    Index("ix_audit_object", "community_id", "object_type", "object_id"),
)  # fmt: skip

keys = Table(
    "keys", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("hash", String, nullable=False, unique=True),
    Column("role", String, nullable=False),
    Column("member_id", String),
    Column("name", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    sa.ForeignKeyConstraint(["community_id", "member_id"], ["members.community_id", "members.id"], ondelete="CASCADE"),
)  # fmt: skip

sign_in_links = Table(
    "sign_in_links", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("hash", String, nullable=False, unique=True),
    Column("member_id", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    sa.ForeignKeyConstraint(["community_id", "member_id"], ["members.community_id", "members.id"], ondelete="CASCADE"),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("hash", String, nullable=False, unique=True),
    Column("member_id", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(["community_id", "member_id"], ["members.community_id", "members.id"], ondelete="CASCADE"),
)  # fmt: skip

ingestions = Table(
    "ingestions", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("space_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("path", String),  # of the upload, or the address of a page, until it is read
    Column("sync", Boolean, nullable=False),
    Column("status", String, nullable=False),  # waiting | running | done | failed
    Column("created_by", String, nullable=False),
    Column("total", Integer),
    Column("done", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("claimed_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_ingestions_status", "status"),
)  # fmt: skip

ingestion_files = Table(
    "ingestion_files", metadata,
    Column("ingestion_id", ForeignKey("ingestions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("outcome", String, nullable=False),  # added | changed | unchanged | removed | skipped | failed
    Column("code", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("embedded", Integer, nullable=False),
    sa.PrimaryKeyConstraint("ingestion_id", "name"),
)  # fmt: skip

idempotency = Table(
    "idempotency", metadata,
    _community(),
    Column("credential_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("member_id", String),
    Column("fingerprint", String, nullable=False),  # of method, path and body
    Column("status", Integer),  # NULL while the first call still runs
    Column("headers", JSON),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("community_id", "credential_id", "key"),
)  # fmt: skip

# Platforms that hosts connected by webhook; the built-in connectors have no row.
connectors = Table(
    "connectors", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("name", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("find_url", Text),
    Column("proves", String, nullable=False),
    Column("can_reverse", Boolean, nullable=False),
    Column("takes_steps", Boolean, nullable=False, server_default=sa.false()),  # moves, holds and removes posts
    Column("max_characters", Integer, nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("state", String, nullable=False),  # active | disabled
    Column("notice", Text, nullable=False),  # why it was disabled
    Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("community_id", "name"),
)  # fmt: skip

# Where platforms send what happened there.
hooks = Table(
    "hooks", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("name", String, nullable=False),
    Column("sealed_secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)  # fmt: skip

# Messages that took effect, so that the same one a second time has none.
hook_messages = Table(
    "hook_messages", metadata,
    Column("hook_id", ForeignKey("hooks.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", String, nullable=False),
    _community(),
    Column("received_at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("hook_id", "message_id"),
    Index("ix_hook_messages_received_at", "received_at"),
)  # fmt: skip

# What members told in confidence: who reported a post, and whom they do not want to meet.
reports = Table(
    "reports", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("space_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("reporter_id", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    sa.UniqueConstraint("community_id", "space_id", "source_id", "reporter_id"),
)  # fmt: skip

blocks = Table(
    "blocks", metadata,
    _community(),
    Column("member_id", String, nullable=False),
    Column("blocked_id", String, nullable=False),
    Column("at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("community_id", "member_id", "blocked_id"),
)  # fmt: skip

# Posts that are out of sight for as long as the decision stands that put them there.
asides = Table(
    "asides", metadata,
    Column("source_pk", ForeignKey("sources.pk", ondelete="CASCADE"), nullable=False),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, index=True),
    _community(),
    sa.PrimaryKeyConstraint("source_pk", "suggestion_id"),
)  # fmt: skip

# What moderation saw in the newest version of each post it read: no words, and nothing that anybody is judged by alone.
readings = Table(
    "readings", metadata,
    _community(),
    Column("space_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author_id", String),
    Column("target_id", String),  # whose post it answers
    Column("category", String, nullable=False),  # the most probable one, "" where nothing comes near
    Column("excess", Float),  # log-odds above the threshold
    Column("spans", JSON, nullable=False),  # of the version
    Column("outcome", String, nullable=False),  # "", flagged, shadow, held_back
    Column("at", Instant, nullable=False),
    sa.PrimaryKeyConstraint("community_id", "space_id", "source_id"),
    Index("ix_readings_at", "community_id", "at"),
)  # fmt: skip

# One of each community: how far it is, and numbers about posts.
rehearsals = Table(
    "rehearsals", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("total", Integer, nullable=False),  # posts to be read
    Column("status", String, nullable=False),  # waiting, running, done, failed
    Column("found", JSON, nullable=False),
    Column("claimed_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index("ix_rehearsals_community_id", "community_id"),
)  # fmt: skip

moderation_fits = Table(
    "moderation_fits", metadata,
    _community(),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("bars", JSON, nullable=False),  # log-odds added to every threshold, by budget
    Column("learned", JSON, nullable=False),
    Column("posts", Integer, nullable=False),  # what the bar rests on
    Column("decisions", Integer, nullable=False),  # what the head rests on
    sa.PrimaryKeyConstraint("community_id", "version"),
)  # fmt: skip

appeals = Table(
    "appeals", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("member_id", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("verdict", String, nullable=False),  # "" while it is open, upheld, overturned
    Column("reason", Text, nullable=False),
    Column("decided_by", String),
    Column("by_same", Boolean, nullable=False),  # nobody else was left
    Column("decided_at", Instant),
)  # fmt: skip

# What members say of themselves to be matched; only they themselves change it, and only what is shown reaches a match.
profiles = Table(
    "profiles", metadata,
    _community(),
    Column("member_id", String, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("purposes", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(
        ["community_id", "member_id"], ["members.community_id", "members.id"], ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("community_id", "member_id"),
)  # fmt: skip

match_rounds = Table(
    "match_rounds", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("asked", JSON, nullable=False),
    Column("deadline", Instant, nullable=False),  # of answers to its invitations
    Column("status", String, nullable=False),  # waiting, proposed
    Column("left_out", JSON, nullable=False),  # member id → reason
    Column("made_at", Instant, nullable=False),
    Column("approving", JSON(none_as_null=True)),  # who asked, what is left, what was refused
    Column("approving_due", Instant),  # when somebody may go on with it
    Index("ix_match_rounds_made", "community_id", "made_at"),
)  # fmt: skip

invitations = Table(
    "invitations", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("round_id", ForeignKey("match_rounds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("suggestion_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("member_id", String, nullable=False),
    Column("answer", String, nullable=False),  # "" while it is open, accept, decline
    Column("answered_at", Instant),
    Column("remind_at", Instant, nullable=False),
    Column("reminded_at", Instant),
    Column("closed_at", Instant, index=True),  # all have answered, or the deadline is over
    Column("exchanged_at", Instant),  # when names went out
    Column("outcome", String, nullable=False),  # "", met, not_met
    Column("again", Boolean),  # would meet again
    Column("made_at", Instant, nullable=False),
    Index("ix_invitations_member", "community_id", "member_id"),
)  # fmt: skip

# What is planned to be talked about, week by week; a draft is asked for ahead of each.
slots = Table(
    "slots", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("space_id", String, nullable=False),
    Column("at", Instant, nullable=False),  # when it would be posted
    Column("theme", Text, nullable=False),
    Column("format", String, nullable=False),  # "" = in turn
    Column("status", String, nullable=False),  # planned, asked, dropped, missed
    Column("request_id", ForeignKey("requests.id", ondelete="SET NULL")),
    Column("named", Boolean, nullable=False, server_default=sa.true()),  # the theme by the host, for this very plan
    Index("ix_slots_at", "status", "at"),
    Index("ix_slots_space", "community_id", "space_id", "at"),
)  # fmt: skip

themes = Table(
    "themes", metadata,
    _community(),
    Column("period", String, nullable=False),  # "2026-05", or "2026-W19" by ISO 8601
    Column("title", Text, nullable=False),
    sa.PrimaryKeyConstraint("community_id", "period"),
)  # fmt: skip

# Questions that a host puts to members before a draft is posted. Who was asked stands in the suggestion of the request.
askings = Table(
    "askings", metadata,
    Column("id", String, primary_key=True),
    _community(),
    Column("question_id", ForeignKey("requests.id", ondelete="CASCADE"), nullable=False),
    Column("answer_id", ForeignKey("suggestions.id", ondelete="CASCADE"), nullable=False, index=True),  # the draft
    Column("request_id", ForeignKey("requests.id", ondelete="CASCADE"), nullable=False),
    Column("space_id", String, nullable=False),
    Column("state", String, nullable=False, index=True),  # open, answered, over
    Column("look", Boolean, nullable=False),  # somebody wrote in the space since it was last looked at
    Column("until", Instant, nullable=False),
    Column("asked_at", Instant, nullable=False),
)  # fmt: skip

model_spend = Table(
    "model_spend", metadata,
    _community(),
    Column("day", sa.Date, nullable=False),  # UTC
    Column("job", String, nullable=False),
    Column("reserved_tokens", sa.BigInteger, nullable=False),  # of calls under way; a crash leaves them until the day ends
    Column("input_tokens", sa.BigInteger, nullable=False),
    Column("output_tokens", sa.BigInteger, nullable=False),
    Column("calls", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("community_id", "day", "job"),
)  # fmt: skip
