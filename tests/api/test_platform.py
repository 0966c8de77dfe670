"""A platform key keeps things in step and acts for members; it never decides."""

from __future__ import annotations

import pytest

POST = {"kind": "post", "text": "I bake on Sundays."}


@pytest.fixture
def acting(as_):
    return lambda member: {**as_("platform"), "Cohost-Member": member}


def pending(client, core, as_):
    """A suggestion in the queue, whatever it says."""
    lesson = {"kind": "lesson", "title": "Starter", "text": "A starter is ripe when it has doubled in size."}
    client.put("/v1/spaces/course/sources/l1", headers=as_("hana"), json=lesson)
    client.post("/v1/questions", headers=as_("ada"), json={"text": "When is a starter ripe?", "space_id": "course"})
    while core.worker.step():
        pass
    return client.get("/v1/suggestions", headers=as_("hana")).json()["items"][0]


@pytest.mark.parametrize("member", [None, "ada", "hana"])
def test_a_platform_never_decides(client, core, as_, acting, member):
    suggestion = pending(client, core, as_)
    headers = acting(member) if member else as_("platform")
    reject = {"verdict": "reject", "version": suggestion["version"]}
    for call, body in {"decision": reject, "undo": None, "delivery": {"sent": True}}.items():
        answer = client.post(f"/v1/suggestions/{suggestion['id']}/{call}", headers=headers, json=body)
        assert answer.status_code == 403, call
    again = client.get(f"/v1/suggestions/{suggestion['id']}", headers=as_("hana")).json()
    assert (again["status"], again["decisions"]) == (suggestion["status"], [])


def test_a_platform_gives_nobody_a_key(client, as_, acting):
    body = {"role": "host", "member_id": "hana", "name": "Mine"}
    for headers in (as_("platform"), acting("hana")):
        assert client.post("/v1/keys", headers=headers, json=body).status_code == 403
        assert client.post("/v1/sign-in-links", headers=headers, json={"member_id": "hana"}).status_code == 403


def test_acting_for_a_host_gives_a_members_sight(client, acting):
    assert client.get("/v1/spaces/den", headers=acting("hana")).json().get("member_ids") is None
    assert client.get("/v1/members/ada", headers=acting("hana")).status_code == 404


def test_a_question_is_asked_for_a_member(client, as_, acting):
    asked = client.post("/v1/questions", headers=acting("ada"), json={"text": "When?"})
    assert (asked.status_code, asked.json()["asked_by"]) == (202, "ada")
    assert client.get(f"/v1/questions/{asked.json()['id']}", headers=as_("ada")).status_code == 200


@pytest.mark.parametrize("member", ["nobody", "stranger", ""])
def test_acting_for_nobody_we_know_is_refused(client, acting, member):
    assert client.get("/v1/community", headers=acting(member)).status_code == 422


def test_only_a_platform_acts_for_others(client, as_):
    answer = client.get("/v1/community", headers={**as_("hana"), "Cohost-Member": "ada"})
    assert answer.status_code == 403


def test_members_write_posts_of_their_own_only(client, as_, acting):
    def put(headers, **body):
        return client.put("/v1/spaces/lounge/sources/p1", headers=headers, json={**POST, **body}).status_code

    assert put(acting("ada"), kind="lesson") == 403
    assert put(acting("ada"), origin="cohost") == 403
    assert put(acting("ada"), author_id="ben") == 403
    assert put(acting("ada")) == 201
    assert client.get("/v1/spaces/lounge/sources/p1", headers=as_("ben")).json()["author_id"] == "ada"
    assert put(acting("ben")) == 403
    assert put(as_("ben"), author_id="ben") == 403
    assert client.delete("/v1/spaces/lounge/sources/p1", headers=acting("ben")).status_code == 403
    assert put(as_("ada"), text="I bake on Mondays.") == 200
    assert client.delete("/v1/spaces/lounge/sources/p1", headers=as_("ada")).status_code == 204
    assert put(as_("ben")) == 409  # the id is taken by what was deleted


def test_what_a_platform_wrote_is_not_a_members_to_change(client, as_):
    client.put("/v1/spaces/lounge/sources/rules", headers=as_("platform"), json={**POST, "kind": "page"})
    answer = client.put("/v1/spaces/lounge/sources/rules", headers=as_("ada"), json=POST)
    assert answer.status_code == 403
