"""Queues have an end: who comes too late is told when to come again, and nothing is stored."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import QUESTION

from cohost.model import Request
from cohost.questions import MAX_WAITING, MAX_WAITING_OF_MEMBER
from cohost.store import ingestions, requests, tables
from cohost.store.ingestions import Ingestion
from knowledge.files import MAX_UNREAD

HERE = "harbour"
FILE = {"file": ("knots.md", b"# Knots\n\nThe bowline does not slip.\n")}

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def fill(core, count, member):
    """Questions of a member that wait."""
    now = core.clock()
    rows = [
        {"id": f"q_{member}_{n}", "community_id": HERE, "job": "answer", "payload": {"text": QUESTION},
         "requested_by": member, "status": "waiting", "attempts": 0, "available_at": now, "created_at": now}
        for n in range(count)
    ]  # fmt: skip
    with core.store.write() as tx:
        tx.execute(tables.requests.insert(), rows)


def ask(client, headers):
    return client.post("/v1/questions", headers=headers, json={"text": QUESTION})


def count(core, table):
    with core.store.read() as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def assert_is_told_to_come_again(answer):
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["type"].endswith("/busy")


def test_a_member_with_many_waiting_questions_asks_again_later(core, client, as_):
    fill(core, MAX_WAITING_OF_MEMBER - 1, "ada")
    assert ask(client, as_("ada")).status_code == 202
    assert_is_told_to_come_again(ask(client, as_("ada")))
    assert count(core, tables.requests) == MAX_WAITING_OF_MEMBER
    assert ask(client, as_("ben")).status_code == 202  # the others may


def test_a_community_with_too_many_waiting_questions_takes_no_more(core, client, as_):
    fill(core, MAX_WAITING, "ada")
    assert_is_told_to_come_again(ask(client, as_("ben")))


def test_the_queue_of_questions_opens_again_when_it_is_worked_off(core, client, as_):
    fill(core, MAX_WAITING_OF_MEMBER, "ada")
    core.worker.draft_one()
    assert ask(client, as_("ada")).status_code == 202


def test_too_many_unread_uploads_are_refused_before_their_bytes_are_stored(core, client, as_):
    with core.store.write() as tx:
        for n in range(MAX_UNREAD):
            new = Ingestion(
                f"ing_{n}", HERE, "course", "a.md", "", False, "waiting", "hana", None, 0, "", core.clock(), None
            )
            ingestions.add(tx, new)
    told = client.post("/v1/files", headers=as_("hana"), data={"space_id": "course"}, files=FILE)
    assert_is_told_to_come_again(told)
    assert not core.settings.uploads.exists() or not list(core.settings.uploads.iterdir())


def test_a_waiting_request_of_the_past_is_claimed_among_thousands(core, cast):
    fill(core, MAX_WAITING, "ada")
    with core.store.write() as tx:
        claimed = requests.claim(tx, core.clock())
    assert isinstance(claimed, Request)
