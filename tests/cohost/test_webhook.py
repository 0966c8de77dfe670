"""A platform behind a webhook, over real HTTP on loopback: what each answer of it means for a message."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from cohost.bootstrap import build
from cohost.connectors.configured import WebhookSpec
from cohost.connectors.signatures import is_signed, signed_headers
from cohost.errors import DeliveryFailed, DeliveryRetry, DeliveryUncertain
from cohost.settings import load
from cohost.store import connectors as rows
from cohost.store.audit import OPERATOR
from cohost.suggestion import Destination, Message, Receipt, for_asker, in_space
from cohost.testing import HashEmbedder, ScriptedReader
from tests.receiver import Receiver, hang_up, reply

HERE = "harbour"
MESSAGE = Message(
    in_space("course"), "When do spring tides come?", "Twice a month — *at new moon* …", in_reply_to="q_1"
)


@pytest.fixture
def receiver():
    with Receiver() as opened:
        yield opened


@pytest.fixture
def core(databases, tmp_path, clock):
    url = databases.sqlite(tmp_path / "cohost.db", filled=True)
    settings = load({"COHOST_HOME": str(tmp_path), "COHOST_ALLOW_PRIVATE_ADDRESSES": "1"})
    reader = ScriptedReader({"You fool": "harassment"})
    made = build(settings, clock=clock, embedder=HashEmbedder(), store=databases.store(url), moderation=reader)
    yield made
    made.close()


@pytest.fixture
def connect(core, cast, receiver):
    """Connect the receiver: `connect("find")` gives the connector and its secret."""

    def connected(proves="same_key", **more):
        find_url = receiver.url.replace("hook", "find?a=1") if proves == "find" else None
        spec = WebhookSpec("forum", receiver.url, proves, find_url, **more)
        _, secret = core.connectors.webhooks.create(HERE, spec, OPERATOR)
        return connector(core), secret

    return connected


def connector(core):
    with core.store.read() as tx:
        return core.connectors.get(tx, HERE, "forum")


def test_the_receiver_gets_the_message_signed(connect, receiver, clock):
    forum, secret = connect()
    forum.publish(HERE, MESSAGE, "pub_1")
    (got,) = receiver.requests
    assert json.loads(got.body) == {
        "type": "publication.created", "id": "pub_1", "community": HERE,
        "destination": {"kind": "space", "space_id": "course", "member_ids": []},
        "title": MESSAGE.title, "text": MESSAGE.text, "in_reply_to": "q_1", "evidence": [],
    }  # fmt: skip
    assert got.headers["webhook-id"] == "pub_1"
    assert is_signed(secret, got.headers, got.body, now=clock())
    assert not is_signed(secret, got.headers, got.body + b" ", now=clock())


def test_any_library_of_the_standard_accepts_our_signature(connect, receiver, clock):
    clock.now = datetime.now(UTC)  # the library reads the machine's clock
    forum, secret = connect()
    forum.publish(HERE, MESSAGE, "pub_1")
    (got,) = receiver.requests
    assert len(b64decode(secret.removeprefix("whsec_"))) == 32
    assert Verifier(secret).verify(got.body, got.headers)["id"] == "pub_1"


def test_the_id_stays_the_same_over_retries_and_the_time_does_not(connect, receiver, clock):
    forum, _ = connect()
    forum.publish(HERE, MESSAGE, "pub_1")
    clock.forward(hours=1)
    forum.publish(HERE, MESSAGE, "pub_1")
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 3600
    assert first.body == second.body


def test_a_private_answer_names_its_only_reader(connect, receiver):
    forum, _ = connect()
    forum.publish(HERE, Message(for_asker("ada"), "Q", "A"), "pub_1")
    said = json.loads(receiver.requests[0].body)["destination"]
    assert said == {"kind": "asker", "space_id": None, "member_ids": ["ada"]}


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        (b'{"id": "77", "url": "https://forum.example/77"}', Receipt("77", "https://forum.example/77")),
        (b'{"id": 77}', Receipt("77")),
        (b"{}", Receipt("pub_1")),
        (b"", Receipt("pub_1")),
        (b"thanks", Receipt("pub_1")),
        (b'["77"]', Receipt("pub_1")),
        (b'{"id": true, "url": "javascript:alert(1)"}', Receipt("pub_1")),
        (b'{"id": "' + b"7" * 600 + b'"}', Receipt("pub_1")),
        (b'{"id": "77", "pad": "' + b"x" * 70_000 + b'"}', Receipt("pub_1")),  # over 64 KiB
        (b"[" * 60_000, Receipt("pub_1")),
    ],
)
def test_the_receipt_is_what_the_platform_calls_the_post(connect, receiver, body, receipt):
    forum, _ = connect()
    receiver.then(reply(200, body))
    assert forum.publish(HERE, MESSAGE, "pub_1") == receipt


@pytest.mark.parametrize("proves", ["same_key", "find", "nothing"])
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (reply(400), DeliveryFailed),
        (reply(401), DeliveryFailed),
        (reply(422), DeliveryFailed),
        (reply(429), DeliveryRetry),
        (reply(503, retry_after="7"), DeliveryRetry),
        (reply(503), DeliveryUncertain),  # it may have posted before it failed
        (reply(500), DeliveryUncertain),
        (reply(504), DeliveryUncertain),
        (hang_up, DeliveryUncertain),
    ],
    ids=["400", "401", "422", "429", "503 wait", "503", "500", "504", "hang up"],
)
def test_what_an_answer_means(connect, receiver, proves, answer, fault):
    forum, _ = connect(proves)
    receiver.then(answer)
    with pytest.raises(DeliveryFailed) as caught:
        forum.publish(HERE, MESSAGE, "pub_1")
    assert type(caught.value) is fault


def test_the_platforms_wish_to_wait_is_kept(connect, receiver, clock):
    forum, _ = connect()
    at = clock.now + timedelta(minutes=2)
    receiver.then(
        reply(429, retry_after="90"),
        reply(429, retry_after=f"{at:%a, %d %b %Y %H:%M:%S} GMT"),
        reply(429, retry_after="soon"),
    )
    waits = []
    for _ in range(3):
        with pytest.raises(DeliveryRetry) as caught:
            forum.publish(HERE, MESSAGE, "pub_1")
        waits.append(caught.value.retry_after_s)
    assert waits == [90, pytest.approx(120, abs=1), None]


def test_a_redirect_is_named_and_not_followed(connect, receiver):
    forum, _ = connect()
    receiver.then(reply(308, Location="https://new.example/hook"))
    with pytest.raises(DeliveryFailed, match="redirects .HTTP 308. to https://new.example/hook") as caught:
        forum.publish(HERE, MESSAGE, "pub_1")
    assert type(caught.value) is DeliveryFailed
    assert receiver.connections == 1


def test_nobody_listening_is_worth_another_try(connect, receiver):
    forum, _ = connect("nothing")
    receiver.close()
    with pytest.raises(DeliveryRetry):
        forum.publish(HERE, MESSAGE, "pub_1")


def test_a_receiver_that_is_gone_for_good_disables_the_connector(core, connect, receiver):
    forum, _ = connect()
    receiver.then(reply(410))
    with pytest.raises(DeliveryFailed, match="was disabled"):
        forum.publish(HERE, MESSAGE, "pub_1")
    with core.store.read() as tx:
        row = rows.find(tx, HERE, "forum")
    assert (row.state, "HTTP 410" in row.notice) == ("disabled", True)
    with pytest.raises(DeliveryFailed, match="is disabled"):
        connector(core).publish(HERE, MESSAGE, "pub_2")
    assert receiver.connections == 1


def test_a_platform_is_asked_what_it_has(connect, receiver, clock):
    forum, secret = connect("find")
    receiver.then(reply(200, b'{"id": "77"}'), reply(404))
    assert forum.find(HERE, "pub_1") == Receipt("77")
    assert forum.find(HERE, "pub_2") is None
    got = receiver.requests[0]
    assert (got.method, got.target) == ("GET", "/find?a=1&id=pub_1")
    assert is_signed(secret, got.headers, b"", now=clock())


@pytest.mark.parametrize("answer", [reply(500), reply(429), reply(401), reply(302), reply(410), hang_up])
def test_a_platform_that_does_not_say_leaves_it_open(connect, receiver, answer):
    forum, _ = connect("find")
    receiver.then(answer)
    with pytest.raises(DeliveryUncertain):
        forum.find(HERE, "pub_1")


def test_a_post_is_taken_back_by_its_id_there(connect, receiver):
    forum, _ = connect(can_reverse=True)
    assert forum.can_reverse
    for _ in range(2):
        forum.reverse(HERE, Receipt("77", "https://forum.example/77"))
    first, second = receiver.requests
    said = {"type": "publication.reversed", "community": HERE, "external_id": "77", "url": "https://forum.example/77"}
    assert json.loads(first.body) == said
    assert first.headers["webhook-id"] == second.headers["webhook-id"] != "pub_1"


def test_a_post_that_stays_is_to_be_deleted_by_hand(connect, receiver):
    forum, _ = connect(can_reverse=True)
    receiver.then(reply(404))
    with pytest.raises(DeliveryFailed, match="by hand"):
        forum.reverse(HERE, Receipt("77"))


def test_a_connector_that_was_removed_fails_visibly(core, connect, receiver):
    connect()
    core.connectors.webhooks.remove(HERE, "forum", OPERATOR)
    gone = connector(core)
    with pytest.raises(DeliveryFailed, match="no connector 'forum'"):
        gone.publish(HERE, MESSAGE, "pub_1")
    assert (gone.proves, gone.can_reverse) == ("nothing", False)


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-timestamp": "x"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "9" * 30},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,not base64,"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-id": ""},
        {"webhook-id": "pub 1"},
        {"webhook-id": "pub_2"},
    ],
)
def test_headers_that_make_no_sense_are_no_signature(clock, headers):
    secret, body = "whsec_" + "QUJD" * 8, b"{}"
    good = signed_headers(secret, "pub_1", body, now=clock())
    assert is_signed(secret, good, body, now=clock())
    assert not is_signed(secret, {**good, **headers}, body, now=clock())


@pytest.mark.parametrize(("seconds", "holds"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_a_signature_holds_for_five_minutes_either_way(clock, seconds, holds):
    secret = "whsec_" + "QUJD" * 8
    good = signed_headers(secret, "pub_1", b"{}", now=clock())
    assert is_signed(secret, good, b"{}", now=clock.now + timedelta(seconds=seconds)) is holds


def test_a_second_signature_may_stand_beside_ours(clock):
    secret = "whsec_" + "QUJD" * 8
    good = signed_headers(secret, "pub_1", b"{}", now=clock())
    both = {**good, "webhook-signature": f"v1,AAAA {good['webhook-signature']}"}
    assert is_signed(secret, both, b"{}", now=clock())


def test_a_platform_that_takes_steps_is_told_each_in_full_and_how_to_undo_it(connect, receiver, core, clock):
    forum, _ = connect(takes_steps=True)
    about = Message(
        Destination("post", space_id="lounge", source_id="p1"), "Threat", "Move it.", step="move", move_to="pier"
    )
    assert forum.publish(HERE, about, "pub_1") == Receipt("pub_1")
    told = json.loads(receiver.requests[0].body)
    assert told == {
        "type": "step.decided", "id": "pub_1", "community": HERE, "step": "move", "space_id": "lounge",
        "source_id": "p1", "move_to": "pier", "text": "Move it.",
    }  # fmt: skip
    assert forum.steps == {"move", "hold", "remove"}


def test_steps_through_a_webhook_are_signed_and_undone_by_name(connect, receiver, story, core):
    _, secret = connect(takes_steps=True, can_reverse=True)
    story.settings(connector="forum", jobs=("moderate",))
    story.put("lounge", "p1", "You fool, the tide was out.", kind="post", author_id="ben")
    story.work()
    (flag,) = core.approval.queue(story.cast.caller("mo"), job="moderate")
    story.decide("edit", flag, "mo", payload={"step": "hold", "text": "Please write again."})
    story.work()
    core.approval.undo(story.cast.caller("mo"), flag.id)
    bodies = [json.loads(got.body) for got in receiver.requests]
    orders = [(body["type"], body["step"], body["source_id"]) for body in bodies if body["type"].startswith("step.")]
    assert orders == [("step.decided", "hold", "p1"), ("step.undone", "hold", "p1")]
    assert sorted(body["type"] for body in bodies)[:2] == ["publication.created", "publication.reversed"]
    assert all(is_signed(secret, got.headers, got.body, now=story.clock()) for got in receiver.requests)
