"""A platform tells what is written, changed and deleted there, by signed messages that may come twice and in any order."""

from __future__ import annotations

import itertools
import json

import pytest

from cohost.connectors.signatures import signed_headers

FIRST, SECOND, THIRD = "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"


@pytest.fixture
def hook(client, as_):
    answer = client.post("/v1/hooks", headers=as_("hana"), json={"name": "Forum"})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def send(client, hook, clock):
    """`send("m1", put("p1", "text", at=FIRST))`: one signed message."""

    def sent(message_id, event, *, secret=None, to=None, raw=None, **headers):
        body = raw if raw is not None else json.dumps(event).encode()
        signed = signed_headers(secret or hook["secret"], message_id, body, now=clock())
        content = {"content-type": "application/json", **signed, **headers}
        return client.post(f"/v1/hooks/{to or hook['id']}", content=body, headers=content)

    return sent


def put(source_id, text, *, at, space="lounge", **more):
    source = {"kind": "post", "id": source_id, "title": "Knots", "text": text, "updated_at": at, **more}
    return {"type": "source.put", "space_id": space, "source": source}


def deleted(source_id, *, at, space="lounge"):
    return {"type": "source.deleted", "space_id": space, "source": {"id": source_id, "kind": "post"}, "deleted_at": at}


@pytest.fixture
def text_of(client, as_):
    def read(source_id, space="lounge"):
        answer = client.get(f"/v1/spaces/{space}/sources/{source_id}", headers=as_("hana"))
        return answer.json()["text"] if answer.status_code == 200 else None

    return read


def test_a_post_is_there_when_the_platform_gets_its_200(send, text_of):
    answer = send("m1", put("p1", "A bowline does not slip.", at=FIRST, author_id="ada"))
    assert (answer.status_code, answer.json()) == (200, {"applied": True, "outcome": "added"})
    assert text_of("p1") == "A bowline does not slip."


def test_a_post_is_changed_and_deleted(send, text_of):
    send("m1", put("p1", "one", at=FIRST))
    assert send("m2", put("p1", "two", at=SECOND)).json()["outcome"] == "changed"
    assert text_of("p1") == "two"
    assert send("m3", deleted("p1", at=THIRD)).json() == {"applied": True, "outcome": "deleted"}
    assert text_of("p1") is None


def test_the_order_of_arrival_does_not_matter(send, text_of):
    events = [put("p", "one", at=FIRST), put("p", "two", at=SECOND), deleted("p", at=THIRD)]
    for round_, order in enumerate(itertools.permutations(range(3))):
        for n in order:
            event = json.loads(json.dumps(events[n]).replace('"p"', f'"p{round_}"'))
            assert send(f"m{round_}-{n}", event).status_code == 200
        assert text_of(f"p{round_}") is None


def test_what_is_out_of_date_is_taken_and_has_no_effect(send, text_of):
    send("m2", put("p1", "two", at=SECOND))
    answer = send("m1", put("p1", "one", at=FIRST))
    assert (answer.status_code, answer.json()) == (200, {"applied": False, "outcome": "out_of_date"})
    assert send("m0", deleted("p1", at=FIRST)).json()["applied"] is False
    assert text_of("p1") == "two"


def test_the_same_message_has_its_effect_once(send, client, as_, text_of):
    send("m1", put("p1", "one", at=FIRST))
    client.put(
        "/v1/spaces/lounge/sources/p1",
        headers=as_("hana"),
        json={"kind": "post", "text": "by hand", "updated_at": FIRST},
    )
    answer = send("m1", put("p1", "one", at=FIRST))
    assert (answer.status_code, answer.json()) == (200, {"applied": False, "outcome": "seen_before"})
    assert text_of("p1") == "by hand"


def test_a_message_that_failed_can_be_sent_again(send, client, as_, text_of):
    assert send("m1", put("p1", "one", at=FIRST, space="attic")).status_code == 404
    client.put("/v1/spaces/attic", headers=as_("hana"), json={"name": "Attic", "kind": "discussion"})
    assert send("m1", put("p1", "one", at=FIRST, space="attic")).json()["outcome"] == "added"
    assert text_of("p1", "attic") == "one"


def test_a_forged_or_unknown_message_is_refused_alike(send, hook, client, as_, clock, text_of):
    other = client.post("/v1/hooks", headers=as_("hana"), json={"name": "Other"}).json()
    event = put("p1", "forged", at=FIRST)
    signed = signed_headers(hook["secret"], "m1", json.dumps(event).encode(), now=clock())
    answers = [
        send("m1", event, secret=other["secret"]),
        send("m1", event, to="hook_unknown"),
        send("m1", event, to=other["id"]),
        send("m1", event, **{"webhook-signature": ""}),
        send("m1", event, **{"webhook-signature": signed["webhook-signature"][:-4] + "AAA="}),
        send("m1", event, **{"webhook-id": "m2"}),
        send("m1", event, **{"webhook-timestamp": "1"}),
        send("m1", event, **{"authorization": as_("hana")["Authorization"], "webhook-signature": "v1,x"}),
        client.post(f"/v1/hooks/{hook['id']}", headers=as_("hana"), json=event),
        client.post(f"/v1/hooks/{hook['id']}", content=b"", headers={"content-type": "application/json"}),
    ]
    assert {(a.status_code, a.text) for a in answers} == {(401, answers[0].text)}
    assert text_of("p1") is None


def test_nothing_of_a_body_is_looked_at_before_its_signature(send, client, hook):
    answer = client.post(f"/v1/hooks/{hook['id']}", json={"type": "nonsense"})
    assert answer.status_code == 401
    assert send("m1", {"type": "nonsense"}).status_code == 422


def test_the_very_bytes_are_signed(send, hook, clock, client, text_of):
    body = json.dumps(put("p1", "one", at=FIRST)).encode()
    headers = {**signed_headers(hook["secret"], "m1", body, now=clock()), "content-type": "application/json"}
    spaced = body.replace(b", ", b",  ", 1)  # the same JSON, other bytes
    assert json.loads(spaced) == json.loads(body)
    assert client.post(f"/v1/hooks/{hook['id']}", content=spaced, headers=headers).status_code == 401
    assert client.post(f"/v1/hooks/{hook['id']}", content=body, headers=headers).status_code == 200


def test_a_message_older_than_five_minutes_is_refused(send, clock, hook, client):
    body = json.dumps(put("p1", "one", at=FIRST)).encode()
    headers = {**signed_headers(hook["secret"], "m1", body, now=clock()), "content-type": "application/json"}
    clock.forward(minutes=5, seconds=2)
    assert client.post(f"/v1/hooks/{hook['id']}", content=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "event",
    [
        put("p1", "no time", at=None),
        {**deleted("p1", at=FIRST), "deleted_at": None},
        put("", "no id", at=FIRST),
        put("p1", "odd kind", at=FIRST, kind="song"),
        {**put("p1", "x", at=FIRST), "type": "source.moved"},
        put("p1", "x", at=FIRST, html="<p>x"),
        [],
    ],
)
def test_a_message_that_cannot_be_used_is_explained(send, event):
    answer = send("m1", event)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_what_is_posted_through_a_hook_serves_at_once_and_what_a_bot_posted_never(send, client, as_):
    send("m1", put("p1", "Whipping twine keeps a rope end from fraying.", at=FIRST))
    send("m2", put("p2", "Whipping twine is sold by bots.", at=FIRST, origin="bot"))
    found = client.post("/v1/search", headers=as_("ada"), json={"query": "whipping twine rope end"}).json()["passages"]
    assert "p1" in [passage["source_id"] for passage in found]
    assert "p2" not in [passage["source_id"] for passage in found]


def test_our_own_post_that_comes_back_is_never_evidence(send, client, core, as_):
    """The platform reports what we posted there, like any post; the receipt's id, or its text, gives it away."""
    client.post("/v1/questions", headers=as_("ada"), json={"text": "When do spring tides come?", "space_id": "course"})
    core.worker.draft_one()
    (shown,) = client.get("/v1/suggestions", headers=as_("hana")).json()["items"]
    decision = {"verdict": "edit", "version": shown["version"], "payload": {"text": "Twice a month, sailors."}}
    client.post(f"/v1/suggestions/{shown['id']}/decision", headers=as_("hana"), json=decision)
    send("m1", put("p1", "Twice a month, sailors.", at=FIRST))  # before its receipt is known
    core.worker.publish_one()
    with core.store.read() as tx:
        (key,) = tx.exec_driver_sql("SELECT id FROM publications").scalars()
    send("m2", put(key, "Twice a month, sailors. *Posted by Cohost*", at=FIRST))
    for source_id in ("p1", key):
        assert client.get(f"/v1/spaces/lounge/sources/{source_id}", headers=as_("hana")).json()["origin"] == "cohost"


def test_the_secret_is_shown_once_and_not_stored_in_clear(hook, client, core, as_):
    assert hook["url"].endswith(f"/v1/hooks/{hook['id']}")
    assert "whsec_" not in client.get("/v1/hooks", headers=as_("hana")).text
    with core.store.read() as tx:
        assert hook["secret"].removeprefix("whsec_") not in str(tx.exec_driver_sql("SELECT * FROM hooks").all())


def test_a_revoked_hook_takes_nothing(send, hook, client, core, as_):
    assert client.delete(f"/v1/hooks/{hook['id']}", headers=as_("stranger")).status_code == 404
    assert send("m1", put("p1", "one", at=FIRST)).status_code == 200
    for _ in range(2):
        assert client.delete(f"/v1/hooks/{hook['id']}", headers=as_("hana")).status_code == 204
    assert send("m2", put("p1", "two", at=SECOND)).status_code == 401
    (listed,) = client.get("/v1/hooks", headers=as_("hana")).json()["items"]
    assert listed["revoked_at"]
    with core.store.read() as tx:
        assert tx.exec_driver_sql("SELECT sealed_secret FROM hooks").scalar_one() == ""


def test_a_hook_reaches_its_own_community_only(send, client, as_):
    made = client.post("/v1/hooks", headers=as_("stranger"), json={"name": "Elsewhere"}).json()
    answer = send("m1", put("p1", "one", at=FIRST), to=made["id"], secret=made["secret"])
    assert answer.status_code == 404  # there is no lounge elsewhere


def test_who_sent_it_is_in_the_audit(send, hook, client, as_):
    send("m1", put("p1", "one", at=FIRST))
    rows = client.get("/v1/audit", headers=as_("hana")).json()["items"][:2]
    assert [(r["actor"], r["action"]) for r in rows] == [("platform", "source.added"), ("hana", "hook.created")]
    assert rows[0]["credential_id"] == hook["id"]


def test_messages_are_forgotten_after_a_week(send, core, clock):
    send("m1", put("p1", "one", at=FIRST))
    clock.forward(days=8)
    send("m2", put("p2", "one", at=FIRST))
    with core.store.read() as tx:
        assert tx.exec_driver_sql("SELECT message_id FROM hook_messages").scalars().all() == ["m2"]
