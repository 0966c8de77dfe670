"""Hosts connect a platform by webhook, and approved answers are published there."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from cohost.bootstrap import build
from cohost.connectors.signatures import is_signed
from cohost.settings import load
from cohost.testing import HashEmbedder
from tests.receiver import Receiver, hang_up, reply

QUESTION = "When do spring tides come?"


@pytest.fixture
def receiver():
    with Receiver() as opened:
        yield opened


@pytest.fixture
def core(databases, database_url, tmp_path, clock):
    """As everywhere, and this machine may be connected."""
    environ = {
        "COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": database_url, "COHOST_ALLOW_PRIVATE_ADDRESSES": "true",
    }  # fmt: skip
    made = build(load(environ), clock=clock, embedder=HashEmbedder(), store=databases.store(database_url))
    yield made
    made.close()


@pytest.fixture
def strict(client, databases, core, tmp_path, as_):
    """A client of a server that reaches public addresses only."""
    url = core.settings.database_url
    environ = {"COHOST_HOME": str(tmp_path / "home"), "COHOST_DATABASE_URL": url}
    made = build(load(environ), store=databases.store(url))
    with TestClient(create_app(made)) as opened:
        yield opened
    made.close()


@pytest.fixture
def connect(client, as_, receiver):
    """`connect(proves="find")`: connect the receiver as `forum`; the answer's JSON."""

    def connected(*, choose=True, **body):
        sent = {"name": "forum", "url": receiver.url, "proves": "same_key", **body}
        answer = client.post("/v1/connectors", headers=as_("hana"), json=sent)
        assert answer.status_code == 201, answer.text
        if choose:
            settings = {"settings": {"connector": "forum"}}
            assert client.put("/v1/community", headers=as_("hana"), json=settings).status_code == 200
        return answer.json()

    return connected


@pytest.fixture
def approved(client, core, as_):
    """Ask, draft and approve: the suggestion's id."""
    asked = client.post("/v1/questions", headers=as_("ada"), json={"text": QUESTION, "space_id": "course"}).json()
    assert core.worker.draft_one()
    (found,) = client.get("/v1/suggestions", headers=as_("hana")).json()["items"]

    def approve():
        decision = {"verdict": "approve", "version": found["version"]}
        if found["status"] == "abstained":
            decision = {"verdict": "edit", "version": found["version"], "payload": {"text": "Twice a month."}}
        answer = client.post(f"/v1/suggestions/{found['id']}/decision", headers=as_("hana"), json=decision)
        assert answer.status_code == 200, answer.text
        return found["id"], asked["id"]

    return approve


def suggestion(client, as_, suggestion_id):
    return client.get(f"/v1/suggestions/{suggestion_id}", headers=as_("hana")).json()


def test_the_secret_is_shown_once_and_not_stored_in_clear(client, core, as_, connect):
    made = connect()
    assert made["secret"].startswith("whsec_")
    for path in ("/v1/connectors", "/v1/connectors/forum", "/v1/audit"):
        assert "whsec_" not in client.get(path, headers=as_("hana")).text
        assert made["secret"] not in client.get(path, headers=as_("hana")).text
    with core.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT * FROM connectors").all()
    assert made["secret"].removeprefix("whsec_") not in str(rows)


def test_connectors_are_listed_with_what_they_can(client, as_, connect):
    connect(can_reverse=True, max_characters=500)
    board, forum = client.get("/v1/connectors", headers=as_("hana")).json()["items"]
    assert (board["name"], board["kind"], board["state"]) == ("board", "built_in", "active")
    assert (forum["kind"], forum["proves"], forum["can_reverse"], forum["max_characters"]) == (
        "webhook",
        "same_key",
        True,
        500,
    )


def test_another_communitys_connector_is_absent(client, as_, connect):
    connect()
    assert client.get("/v1/connectors/forum", headers=as_("stranger")).status_code == 404
    assert client.delete("/v1/connectors/forum", headers=as_("stranger")).status_code == 404
    assert [c["name"] for c in client.get("/v1/connectors", headers=as_("stranger")).json()["items"]] == ["board"]
    chosen = client.put("/v1/community", headers=as_("stranger"), json={"settings": {"connector": "forum"}})
    assert (chosen.status_code, chosen.json()["errors"][0]["field"]) == (422, "settings.connector")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "board"}, "name"),
        ({"name": "For um"}, "name"),
        ({"proves": "luck"}, "proves"),
        ({"proves": "find"}, "find_url"),
        ({"find_url": "http://127.0.0.1/find"}, "find_url"),
        ({"proves": "find", "find_url": "http://169.254.169.254/"}, "find_url"),
        ({"url": "ftp://forum.example/"}, "url"),
        ({"url": "http://me:word@forum.example/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"max_characters": 10}, "max_characters"),
    ],
)
def test_what_cannot_work_is_named(client, as_, receiver, body, field):
    sent = {"name": "forum", "url": receiver.url, "proves": "nothing", **body}
    answer = client.post("/v1/connectors", headers=as_("hana"), json=sent)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_this_machine_is_refused_where_the_operator_did_not_allow_it(strict, as_, receiver):
    body = {"name": "forum", "url": receiver.url, "proves": "nothing"}
    answer = strict.post("/v1/connectors", headers=as_("hana"), json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "url")
    assert receiver.connections == 0


def test_a_name_is_taken_once(client, as_, connect, receiver):
    connect()
    again = {"name": "forum", "url": receiver.url, "proves": "nothing"}
    assert client.post("/v1/connectors", headers=as_("hana"), json=again).status_code == 409


def test_a_connector_in_use_stays_until_another_is_chosen(client, as_, connect):
    connect()
    assert client.delete("/v1/connectors/forum", headers=as_("hana")).status_code == 409
    client.put("/v1/community", headers=as_("hana"), json={"settings": {"connector": "board"}})
    assert client.delete("/v1/connectors/forum", headers=as_("hana")).status_code == 204
    assert client.get("/v1/connectors/forum", headers=as_("hana")).status_code == 404
    assert client.delete("/v1/connectors/board", headers=as_("hana")).status_code == 409


def test_an_approved_answer_reaches_the_platform_signed_with_its_evidence(
    client, core, as_, connect, approved, receiver, clock
):
    secret = connect()["secret"]
    receiver.then(reply(200, b'{"id": "77", "url": "https://forum.example/77"}'))
    suggestion_id, question_id = approved()
    assert core.worker.publish_one()
    (got,) = receiver.requests
    said = json.loads(got.body)
    assert is_signed(secret, got.headers, got.body, now=clock())
    assert (said["in_reply_to"], said["destination"]["space_id"], said["title"]) == (question_id, "course", QUESTION)
    shown = suggestion(client, as_, suggestion_id)
    assert shown["status"] == "published"
    quotes = [item["quote"] for item in shown["evidence"]]
    assert [item["quote"] for item in said["evidence"]] == quotes
    assert all(set(item) == {"space_id", "source_id", "title", "place", "quote", "url"} for item in said["evidence"])


def test_a_lost_reply_is_sent_again_under_the_same_id(client, core, as_, connect, approved, receiver, clock):
    connect()
    receiver.then(hang_up)
    suggestion_id, _ = approved()
    assert core.worker.publish_one()
    assert suggestion(client, as_, suggestion_id)["status"] == "publishing"
    clock.forward(seconds=6)
    assert core.worker.publish_one()
    assert suggestion(client, as_, suggestion_id)["status"] == "published"
    assert len({got.headers["webhook-id"] for got in receiver.requests}) == 1


def test_a_lost_reply_that_nobody_can_check_is_shown_to_a_host(client, core, as_, connect, approved, receiver):
    connect(proves="nothing")
    receiver.then(hang_up)
    suggestion_id, _ = approved()
    core.worker.publish_one()
    shown = suggestion(client, as_, suggestion_id)
    assert (shown["status"], "reply was lost" in shown["notice"]) == ("uncertain", True)


def test_hosts_are_told_when_the_receiver_is_gone_and_can_connect_it_anew(
    client, core, as_, connect, approved, receiver
):
    old = connect()
    receiver.then(reply(410))
    suggestion_id, _ = approved()
    core.worker.publish_one()
    shown = suggestion(client, as_, suggestion_id)
    assert (shown["status"], "disabled" in shown["notice"]) == ("failed", True)
    forum = client.get("/v1/connectors/forum", headers=as_("hana")).json()
    assert (forum["state"], "410" in forum["notice"]) == ("disabled", True)
    assert connect(choose=False)["secret"] != old["secret"]
    decision = {"verdict": "approve", "version": shown["version"]}
    assert (
        client.post(f"/v1/suggestions/{suggestion_id}/decision", headers=as_("hana"), json=decision).status_code == 200
    )
    core.worker.publish_one()
    assert suggestion(client, as_, suggestion_id)["status"] == "published"


def test_a_failed_message_goes_to_the_connector_chosen_since(client, core, as_, connect, approved, receiver):
    connect()
    receiver.then(reply(422))
    suggestion_id, _ = approved()
    core.worker.publish_one()
    client.put("/v1/community", headers=as_("hana"), json={"settings": {"connector": "board"}})
    shown = suggestion(client, as_, suggestion_id)
    decision = {"verdict": "approve", "version": shown["version"]}
    client.post(f"/v1/suggestions/{suggestion_id}/decision", headers=as_("hana"), json=decision)
    core.worker.publish_one()
    assert (suggestion(client, as_, suggestion_id)["status"], receiver.connections) == ("published", 1)


def test_what_waits_for_a_removed_connector_fails_visibly(client, core, as_, connect, approved):
    connect()
    suggestion_id, _ = approved()
    client.put("/v1/community", headers=as_("hana"), json={"settings": {"connector": "board"}})
    client.delete("/v1/connectors/forum", headers=as_("hana"))
    core.worker.publish_one()
    shown = suggestion(client, as_, suggestion_id)
    assert (shown["status"], "no connector" in shown["notice"]) == ("failed", True)


def test_undo_is_sent_where_the_platform_understands_it(client, core, as_, connect, approved, receiver):
    connect(can_reverse=True)
    receiver.then(reply(200, b'{"id": "77"}'))
    suggestion_id, _ = approved()
    core.worker.publish_one()
    assert client.post(f"/v1/suggestions/{suggestion_id}/undo", headers=as_("hana")).status_code == 200
    assert json.loads(receiver.requests[-1].body)["external_id"] == "77"
    assert suggestion(client, as_, suggestion_id)["status"] == "undone"


def test_undo_says_what_to_do_by_hand_elsewhere(client, core, as_, connect, approved):
    connect()
    suggestion_id, _ = approved()
    core.worker.publish_one()
    answer = client.post(f"/v1/suggestions/{suggestion_id}/undo", headers=as_("hana"))
    assert (answer.status_code, "by hand" in answer.json()["detail"]) == (409, True)


def test_connecting_and_removing_is_in_the_audit(client, as_, connect):
    connect(choose=False)
    client.delete("/v1/connectors/forum", headers=as_("hana"))
    rows = client.get("/v1/audit", headers=as_("hana")).json()["items"][:2]
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("hana", "connector.removed"),
        ("hana", "connector.created"),
    ]
    assert "127.0.0.1" not in str(rows)
