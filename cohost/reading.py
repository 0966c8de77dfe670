"""New and edited posts, put before the job `moderate`, and before whoever waits for a member's reply."""

from __future__ import annotations

from datetime import datetime

from cohost.ids import new_id
from cohost.jobs.moderate import request_payload
from cohost.jobs.moderate_payload import NAME
from cohost.model import Request, Source
from cohost.store import Tx, askings, people, requests


def to_be_read(tx: Tx, community_id: str, post: Source, *, now: datetime) -> None:
    """Within the change of a source: ask for a look at this version, where the job is switched on."""
    if post.kind != "post" or post.origin != "person":
        return
    askings.wake(tx, community_id, post.space_id)
    if NAME in people.community(tx, community_id).settings.jobs:
        request_a_look(tx, community_id, post, now=now)


def request_a_look(tx: Tx, community_id: str, post: Source, *, now: datetime, reported: bool = False) -> None:
    """One request for each version of a post, and one more when members report it."""
    payload = request_payload(post, reported=reported)
    key = f"{NAME}/{community_id}/{post.space_id}/{post.id}/{post.version}{'/reported' if reported else ''}"
    if not requests.is_known(tx, key):
        new = Request(new_id("rq"), community_id, NAME, payload, None, post.space_id, "waiting", 0, now)
        requests.add(tx, new, dedupe_key=key)
