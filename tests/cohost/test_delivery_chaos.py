"""Thousands of sends over a bad network, in simulated time: nothing lost, nothing doubled, no state that lies.

COHOST_CHAOS_SENDS sets how many messages are sent for each kind of proof.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
import sqlalchemy as sa

from cohost.bootstrap import build
from cohost.connectors.configured import WebhookSpec
from cohost.ids import new_id
from cohost.jobs.answer_payload import Claim, payload
from cohost.settings import load
from cohost.store import people, publications, suggestions, tables
from cohost.store.audit import OPERATOR
from cohost.suggestion import Decision, Message, Provenance, Publication, Suggestion, in_space
from cohost.testing import HashEmbedder, WebhookPlatform

HERE = "harbour"
SENDS = int(os.environ.get("COHOST_CHAOS_SENDS", "300"))
# Of 100 requests 30 lose their reply, 20 end in a 5xx, 10 in a 429.
FAULTS = {"lost_before": 15, "lost_after": 15, "error_before": 10, "error_after": 10, "rate_limited": 10, None: 40}
ANSWER = payload("When may I leave?", [Claim(text="Two hours before high water.")], [])
SETTLED = {"published", "failed", "uncertain"}
PROOFS = ["same_key", "find", "nothing"]


@pytest.fixture
def platform():
    return WebhookPlatform(fault=lambda: None)


@pytest.fixture
def core(platform, tmp_path, clock):
    settings = load({"COHOST_HOME": str(tmp_path), "COHOST_DATABASE_URL": "sqlite://"})
    made = build(settings, clock=clock, embedder=HashEmbedder(), sender=platform)
    yield made
    made.close()


@pytest.fixture(params=PROOFS)
def proof(request, core, cast, platform):
    """The community publishes by webhook, over a network that breaks; each kind of proof breaks in its own order."""
    url = {"url": "https://forum.example/hook", "find_url": "https://forum.example/find"}
    spec = WebhookSpec("forum", proves=request.param, **(url if request.param == "find" else {"url": url["url"]}))
    core.connectors.webhooks.create(HERE, spec, OPERATOR)
    with core.store.write() as tx:
        community = people.community(tx, HERE)
        people.put_community(
            tx, replace(community, settings=replace(community.settings, connector="forum")), core.clock()
        )
    dice = Random(f"seed {request.param}")  # noqa: S311  # faults that can be repeated
    platform.deduplicates = request.param == "same_key"
    platform.fault = lambda: dice.choices(list(FAULTS), list(FAULTS.values()))[0]
    return request.param


def approve_many(core, count):
    """Approved suggestions with their outbox rows, as decisions leave them."""
    for _ in range(count):
        now, key = core.clock(), new_id("sg")
        made = Suggestion(
            key, HERE, "answer", None, "approved", 2, ANSWER, (), in_space("course"), "", 1.0,
            Provenance("embedded"), now, now,
        )  # fmt: skip
        message = Message(in_space("course"), ANSWER["question"], ANSWER["text"])
        with core.store.write() as tx:
            suggestions.add(tx, made, (), dedupe_key=key)
            publications.add(tx, [Publication(new_id("pub"), HERE, key, "forum", message, "approved", 0)], now)


def deliver(core, clock):
    """Work until every message is settled; hours pass in no time."""
    while set(outcomes(core).values()) - SETTLED:
        while core.worker.publish_one():
            pass
        clock.forward(minutes=1)


def outcomes(core):
    """Status by message id."""
    with core.store.read() as tx:
        return dict(tx.execute(sa.select(tables.publications.c.id, tables.publications.c.status)).all())


def settle_by_hand(core, host, platform):
    """What a host does: look at the platform, say whether it was posted; send again what failed."""
    with core.store.read() as tx:
        rows = tx.execute(sa.select(tables.publications.c.suggestion_id, tables.publications.c.id)).all()
        found = [(suggestions.get(tx, HERE, suggestion_id), key) for suggestion_id, key in rows]
    for shown, key in found:
        if shown.status == "uncertain":
            core.approval.delivery(host, shown.id, sent=platform.posted[key] > 0)
        elif shown.status == "failed":
            core.approval.decide(host, shown.id, Decision("approve", shown.version))


def test_no_message_is_lost_and_none_doubled(core, cast, clock, platform, proof, capsys):
    approve_many(core, SENDS)
    deliver(core, clock)
    ended = outcomes(core)
    posted = {status: Counter(platform.posted[key] for key, s in ended.items() if s == status) for status in SETTLED}
    assert len(ended) == SENDS
    assert set(posted["published"]) == {1}  # once, neither lost nor twice
    assert set(posted["failed"]) <= {0}  # a failure is never a message that did appear
    assert set(posted["uncertain"]) <= {0, 1}
    with core.store.read() as tx:
        said = sa.select(tables.audit.c.object_id).where(tables.audit.c.action == "suggestion.uncertain")
        told = Counter(tx.execute(said).scalars())
    assert len(told) == sum(posted["uncertain"].values())
    assert set(told.values()) <= {1}  # a host is told once
    if proof == "nothing":
        assert told  # nobody can know without looking
    while set(outcomes(core).values()) != {"published"}:
        settle_by_hand(core, cast.caller("hana"), platform)
        deliver(core, clock)
    assert set(platform.posted.values()) == {1}
    assert len(platform.posted) == SENDS
    with capsys.disabled():
        sys.stdout.write(f"\n{proof}: {told_as(posted)} in {platform.requests} requests")


def told_as(posted):
    """How the messages ended before a host acted: `published 12, uncertain 3`."""
    return ", ".join(f"{status} {sum(count.values())}" for status, count in sorted(posted.items()))
