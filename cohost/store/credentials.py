"""Keys, sign-in links and sessions: random secrets, shown once, stored as their hash.

A role is read from the member's row at every call, so a demotion or a departure takes effect at once.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cohost.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from cohost.ids import new_id
from cohost.model import Caller, Member, Role
from cohost.store import audit, people
from cohost.store.engine import Tx
from cohost.store.tables import keys, sessions, sign_in_links

KEY_PREFIX = "ck_"  # lets secret scanners and people recognise a key
SECRET_BYTES = 32  # 256 random bits cannot be guessed, so a plain hash protects them well enough
LINK_TTL = timedelta(minutes=15)  # long enough to open a mail, short enough to be worthless in an old one
SESSION_TTL = timedelta(days=30)
LINK_SPENT = "This sign-in link was used before or has expired. Ask a host for a new one."
RANK: dict[Role, int] = {"member": 0, "moderator": 1, "host": 2}


@dataclass(frozen=True)
class Key:
    """A stored key, without its secret."""

    id: str
    role: Role
    member_id: str | None  # None for `platform`
    name: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class SignInLink:
    """A fresh link; the secret is not kept."""

    secret: str = field(repr=False)
    expires_at: datetime

    def url(self, public_url: str) -> str:
        """Where the console takes it."""
        return f"{public_url}/sign-in/{self.secret}"


def create_key(
    tx: Tx, community_id: str, *, role: Role, member_id: str | None, name: str, actor: audit.Actor, now: datetime
) -> tuple[Key, str]:
    """A new key and its secret; raises InvalidInput when role and member do not fit together."""
    _check_holder(tx, community_id, role, member_id)
    secret = KEY_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    new = Key(new_id("key"), role, member_id, name, now, None)
    tx.execute(
        keys.insert().values(
            id=new.id, community_id=community_id, hash=_hash(secret), role=role, member_id=member_id, name=name,
            created_at=now,
        )
    )  # fmt: skip
    audit.record(tx, community_id, actor, "key.created", "key", new.id, now=now, new=role, member_id=member_id)
    return new, secret


def revoke_key(tx: Tx, community_id: str, key_id: str, *, actor: audit.Actor, now: datetime) -> None:
    """End a key at once; doing it twice is fine. Raises NotFound."""
    where = (keys.c.community_id == community_id) & (keys.c.id == key_id)
    if tx.execute(sa.select(keys.c.id).where(where)).one_or_none() is None:
        raise NotFound(f"There is no key {key_id!r}.")
    if tx.execute(keys.update().where(where, keys.c.revoked_at.is_(None)).values(revoked_at=now)).rowcount:
        audit.record(tx, community_id, actor, "key.revoked", "key", key_id, now=now)


def list_keys(tx: Tx, community_id: str) -> list[Key]:
    """Every key, revoked ones included, newest first."""
    query = sa.select(keys).where(keys.c.community_id == community_id).order_by(keys.c.created_at.desc(), keys.c.id)
    return [Key(r.id, r.role, r.member_id, r.name, r.created_at, r.revoked_at) for r in tx.execute(query)]


def authenticate(tx: Tx, secret: str) -> Caller:
    """Who holds this key, with the lower of the key's role and the member's present one; raises Unauthenticated."""
    row = tx.execute(sa.select(keys).where(keys.c.hash == _hash(secret))).one_or_none()
    if row is None:
        raise Unauthenticated("This key is not known here. A host can create one.")
    if row.revoked_at is not None:
        raise Unauthenticated(f"Key {row.id} was revoked. A host can create a new one.")
    if row.member_id is None:
        return Caller(row.community_id, "platform", None, "key", row.id, by_platform=True)
    member = _present(tx, row)
    return Caller(row.community_id, min(row.role, member.role, key=RANK.__getitem__), member.id, "key", row.id)


def acting_for(tx: Tx, caller: Caller, member_id: str) -> Caller:
    """A platform key on behalf of a member, always with a member's rights; raises Forbidden or InvalidInput."""
    if caller.role != "platform":
        raise Forbidden("Only a platform key may act for a member; leave out the header Cohost-Member.")
    member = people.find_member(tx, caller.community_id, member_id)
    if member is None or not member.active:
        raise InvalidInput(f"Cohost-Member: {member_id!r} is not an active member here.", field="header.Cohost-Member")
    return replace(caller, role="member", member_id=member.id)


def create_sign_in_link(
    tx: Tx, community_id: str, member_id: str, *, actor: audit.Actor, now: datetime, ttl: timedelta = LINK_TTL
) -> SignInLink:
    """A link that opens one session for an active member; raises InvalidInput."""
    member = people.find_member(tx, community_id, member_id)
    if member is None or not member.active:
        raise InvalidInput(f"{member_id!r} is not an active member here.", field="member_id")
    link = SignInLink(secrets.token_urlsafe(SECRET_BYTES), now + ttl)
    link_id = new_id("link")
    tx.execute(
        sign_in_links.insert().values(
            id=link_id, community_id=community_id, hash=_hash(link.secret), member_id=member_id, created_by=actor.name,
            created_at=now, expires_at=link.expires_at,
        )
    )  # fmt: skip
    audit.record(tx, community_id, actor, "sign_in_link.created", "sign_in_link", link_id, now=now, member_id=member_id)
    return link


def holder_of_link(tx: Tx, secret: str, now: datetime) -> tuple[str, Member]:
    """The community and the member whom an unused link would sign in; raises Unauthenticated."""
    row = tx.execute(sa.select(sign_in_links).where(_usable(secret, now))).one_or_none()
    if row is None:
        raise Unauthenticated(LINK_SPENT)
    return row.community_id, _present(tx, row)


def use_sign_in_link(tx: Tx, secret: str, now: datetime) -> str:
    """Trade a link for a session's secret, once; raises Unauthenticated."""
    use = sign_in_links.update().where(_usable(secret, now)).values(used_at=now)
    row = tx.execute(use.returning(*sign_in_links.c)).one_or_none()
    if row is None:
        raise Unauthenticated(LINK_SPENT)
    member = _present(tx, row)
    audit.record(tx, row.community_id, audit.Actor(member.id), "sign_in_link.used", "sign_in_link", row.id, now=now)
    return open_session(tx, row.community_id, member.id, now)


def open_session(tx: Tx, community_id: str, member_id: str, now: datetime) -> str:
    """A new session's secret."""
    tx.execute(sessions.delete().where(sessions.c.expires_at <= now))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    tx.execute(
        sessions.insert().values(
            id=new_id("ses"), community_id=community_id, hash=_hash(secret), member_id=member_id, created_at=now,
            expires_at=now + SESSION_TTL,
        )
    )  # fmt: skip
    return secret


def close_session(tx: Tx, secret: str) -> None:
    """Sign out; an unknown session is signed out already."""
    tx.execute(sessions.delete().where(sessions.c.hash == _hash(secret)))


def session_caller(tx: Tx, secret: str, now: datetime) -> Caller:
    """Who is signed in, with the role they hold now; raises Unauthenticated."""
    open_one = sa.select(sessions).where(sessions.c.hash == _hash(secret), sessions.c.expires_at > now)
    row = tx.execute(open_one).one_or_none()
    if row is None:
        raise Unauthenticated("You are not signed in, or your session has ended. Ask a host for a sign-in link.")
    member = _present(tx, row)
    return Caller(row.community_id, member.role, member.id, "session", row.id)


def _check_holder(tx: Tx, community_id: str, role: Role, member_id: str | None) -> None:
    if role == "platform":
        if member_id is not None:
            raise InvalidInput("A platform key belongs to no member; leave out member_id.", field="member_id")
        return
    member = people.find_member(tx, community_id, member_id) if member_id is not None else None
    if member is None or not member.active:
        raise InvalidInput(f"A {role} key belongs to an active member; {member_id!r} is none here.", field="member_id")
    if RANK[role] > RANK[member.role]:
        raise InvalidInput(f"{member.id!r} is a {member.role}; their key cannot have the role {role}.", field="role")


def _present(tx: Tx, row: sa.Row[Any]) -> Member:
    member = people.find_member(tx, row.community_id, row.member_id)
    if member is None or not member.active:
        raise Unauthenticated("The member behind these credentials is not active in this community any more.")
    return member


def _usable(secret: str, now: datetime) -> sa.ColumnElement[bool]:
    link = sign_in_links.c
    return (link.hash == _hash(secret)) & link.used_at.is_(None) & (link.expires_at > now)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
