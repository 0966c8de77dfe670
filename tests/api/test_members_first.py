"""Members first, over HTTP."""

from __future__ import annotations

import pytest
from story import HERE

from cohost.model import Member
from cohost.store import safety_cases

REPLY = "Spring tides come twice a month, at new moon and at full moon, so look at the sky."


@pytest.fixture
def known(story):
    """Cora likes to help and has written about tides."""
    story.settings(jobs=("answer", "help"))
    story.put_helper(Member("cora", "Cora"))
    story.put("lounge", "old", "When spring tides come, the moon is new or full.", kind="post", author_id="cora")
    return story


def test_from_the_draft_over_the_invitation_to_the_highlight(client, as_, known):
    draft = known.draft()
    (cora,) = client.get(f"/v1/questions/{draft.request_id}/helpers", headers=as_("hana")).json()["items"]
    assert (cora["name"], cora["said"][0]["kind"], cora["said"][0]["source_id"]) == ("Cora", "wrote", "old")
    made = client.post(f"/v1/suggestions/{draft.id}/members-first", json={"days": 3}, headers=as_("hana"))
    assert made.status_code == 202
    known.work()
    assert client.get(f"/v1/suggestions/{draft.id}", headers=as_("hana")).json()["held_until"] == made.json()["until"]
    (asks,) = client.get("/v1/suggestions?job=help", headers=as_("hana")).json()["items"]
    assert asks["audience"] == "the one member it is addressed to"
    decision = {"verdict": "approve", "version": asks["version"]}
    decided = client.post(f"/v1/suggestions/{asks['id']}/decision", json=decision, headers=as_("hana"))
    assert decided.status_code == 200
    known.work()
    post = {"kind": "post", "title": "", "text": REPLY, "author_id": "cora", "parent_id": draft.request_id}
    put = client.put("/v1/spaces/course/sources/r1", json=post, headers=as_("platform"))
    assert put.status_code in (200, 201), put.text
    known.work()
    turned = client.get(f"/v1/suggestions/{draft.id}", headers=as_("hana")).json()
    assert turned["payload"]["answered_by"] == "cora"
    assert turned["rationale"].startswith("A member answered: highlight it.")


def test_a_second_time_and_a_wrong_number_of_days_are_refused(client, as_, known):
    path = f"/v1/suggestions/{known.draft().id}/members-first"
    assert client.post(path, json={"days": 0}, headers=as_("hana")).status_code == 422
    assert client.post(path, json={}, headers=as_("hana")).status_code == 202
    again = client.post(path, json={}, headers=as_("hana"))
    assert again.status_code == 409
    assert "load it again" in again.json()["detail"]


def test_who_is_kept_apart_from_the_asker_is_nowhere(client, as_, core, known):
    with core.store.write() as tx:
        safety_cases.block(tx, HERE, "ada", "cora", known.clock())
    found = client.get(f"/v1/questions/{known.draft().request_id}/helpers", headers=as_("hana"))
    assert found.json() == {"items": []}
