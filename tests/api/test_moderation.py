"""Checking a text, reporting a post, blocking a person, reading a note, and rehearsing on the past."""

from __future__ import annotations

import pytest
from story import HERE

from cohost.model import SourceInput
from cohost.store.audit import OPERATOR

RUDE = "You fool, the tide was out."


@pytest.fixture
def posted(core, cast):
    core.intake.put(HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, author_id="ben"), OPERATOR)


def test_members_get_advice_without_numbers_and_staff_get_the_findings(client, as_):
    body = {"text": RUDE}
    member = client.post("/v1/moderation/check", headers=as_("ada"), json=body).json()
    assert member["advice"]
    assert member["probabilities"] is member["flags"] is None
    staff = client.post("/v1/moderation/check", headers=as_("mo"), json=body).json()
    assert staff["probabilities"]["harassment"] == 0.9
    assert [(f["category"], f["spans"], f["step"]) for f in staff["flags"]] == [
        ("harassment", [{"start": 0, "end": 8}], "ask_to_edit")
    ]


@pytest.mark.parametrize("text", ["", "🙂🙂", "\u202eabc\u200b", "```\ncode\n```", "“"])
def test_any_text_can_be_checked(client, as_, text):
    assert client.post("/v1/moderation/check", headers=as_("mo"), json={"text": text}).status_code == 200


def test_checking_stores_nothing(client, as_, core, posted):
    client.post("/v1/moderation/check", headers=as_("ada"), json={"text": RUDE})
    assert client.get("/v1/suggestions?job=moderate", headers=as_("mo")).json()["items"] == []


def test_a_report_is_taken_once_and_only_for_what_the_member_may_read(client, as_, posted):
    body = {"space_id": "lounge", "source_id": "p1", "reason": "It is about me."}
    assert [client.post("/v1/reports", headers=as_("ada"), json=body).status_code for _ in range(2)] == [204, 204]
    hidden = client.post("/v1/reports", headers=as_("ben"), json={"space_id": "den", "source_id": "key"})
    absent = client.post("/v1/reports", headers=as_("ben"), json={"space_id": "nowhere", "source_id": "key"})
    assert hidden.status_code == absent.status_code == 404
    assert hidden.text.replace("den", "nowhere") == absent.text
    assert client.post("/v1/reports", headers=as_("ben"), json=body).status_code == 409  # one's own post


def test_blocks_are_seen_by_nobody_else(client, as_):
    assert client.put("/v1/blocks/ben", headers=as_("ada")).status_code == 204
    assert client.put("/v1/blocks/ben", headers=as_("ada")).status_code == 204
    shown = {who: client.get("/v1/blocks", headers=as_(who)).json()["member_ids"] for who in ("ada", "ben", "hana")}
    assert shown == {"ada": ["ben"], "ben": [], "hana": []}
    assert client.put("/v1/blocks/ada", headers=as_("ada")).status_code == 422
    assert client.put("/v1/blocks/nobody", headers=as_("ada")).status_code == 404
    assert client.delete("/v1/blocks/ben", headers=as_("ada")).status_code == 204
    assert client.get("/v1/blocks", headers=as_("ada")).json()["member_ids"] == []


def test_a_rehearsal_says_what_would_have_been_flagged_and_flags_nothing(client, as_, posted, story):
    asked = client.post("/v1/moderation/rehearsals", headers=as_("mo"), json={"limit": 50})
    assert (asked.status_code, asked.json()["status"], asked.json()["total"]) == (202, "waiting", 2)
    story.work()  # the secret of the den is a post, too
    done = client.get(asked.headers["location"], headers=as_("mo")).json()
    assert (done["status"], done["done"]) == ("done", 2)
    result = done["result"]
    assert [(f["source_id"], f["category"], f["quote"]) for f in result["flags"]] == [("p1", "harassment", "You fool")]
    assert result["by_category"] == [
        {"category": "harassment", "flags": 1, "by_newcomers": 1, "agreed": 0, "disagreed": 0}
    ]
    assert result["cost"]["second_reader_calls"] == 1
    assert result["cost"]["input_tokens"] > 50
    assert result["cost"]["money"] is None
    assert client.get("/v1/suggestions?job=moderate", headers=as_("mo")).json()["items"] == []


def test_a_rehearsal_keeps_no_words_and_shows_none_that_are_gone(client, as_, posted, story):
    where = client.post("/v1/moderation/rehearsals", headers=as_("mo"), json={}).headers["location"]
    story.work()
    assert "fool" not in str(story.rows("rehearsals"))
    story.delete("lounge", "p1")
    (flag,) = client.get(where, headers=as_("mo")).json()["result"]["flags"]
    assert flag["quote"] == ""


def test_a_rehearsal_is_not_of_another_community(client, as_, posted):
    where = client.post("/v1/moderation/rehearsals", headers=as_("mo"), json={}).headers["location"]
    assert client.get(where, headers=as_("stranger")).status_code == 404


def test_an_unknown_category_is_refused_by_name(client, as_):
    sent = client.put("/v1/community", headers=as_("hana"), json={"settings": {"categories_off": ["rudeness"]}})
    assert sent.status_code == 422
    assert "harassment" in sent.text


def test_an_approved_note_is_read_by_its_author(client, as_, core, story):
    story.settings(jobs=("moderate",))
    core.intake.put(HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, author_id="ben"), OPERATOR)
    story.work()
    (flag,) = client.get("/v1/suggestions?job=moderate", headers=as_("mo")).json()["items"]
    decided = client.post(
        f"/v1/suggestions/{flag['id']}/decision",
        headers=as_("mo"),
        json={"verdict": "approve", "version": flag["version"]},
    )
    assert decided.status_code == 200
    story.work()
    assert len(client.get("/v1/notes", headers=as_("ben")).json()["items"]) == 1
    assert client.get("/v1/notes", headers=as_("ada")).json()["items"] == []


def test_a_note_is_answered_and_another_host_overturns_it(client, as_, story, core):
    story.settings(jobs=("moderate",))
    core.intake.put(HERE, "lounge", SourceInput("p9", "post", "Log", "You fool.", author_id="ben"), OPERATOR)
    story.work()
    (flag,) = client.get("/v1/suggestions?job=moderate&category=harassment", headers=as_("mo")).json()["items"]
    assert client.get("/v1/suggestions?category=distress", headers=as_("mo")).json()["items"] == []
    story.decide("approve", story.core.approval.visible(story.cast.caller("mo"), flag["id"]), "mo")
    story.work()
    (note,) = client.get("/v1/notes", headers=as_("ben")).json()["items"]
    sent = {"note_id": note["id"], "text": "We joke like this."}
    assert client.post("/v1/appeals", json=sent, headers=as_("ada")).status_code == 404
    made = client.post("/v1/appeals", json=sent, headers=as_("ben"))
    assert made.status_code == 201
    assert made.json()["suggestion_id"] is None  # the author learns nothing of the desk
    path = f"/v1/appeals/{made.json()['id']}/decision"
    body = {"verdict": "overturn", "reason": "They are friends."}
    assert client.post(path, json=body, headers=as_("mo")).status_code == 403
    assert client.post(path, json=body, headers=as_("hana")).json()["verdict"] == "overturned"
    assert client.get("/v1/appeals", headers=as_("ben")).json()["items"][0]["reason"] == "They are friends."
    assert client.get("/v1/notes", headers=as_("ben")).json()["items"] == []
    assert client.get("/v1/moderation/record", headers=as_("mo")).json()["agreement"] == [
        {"category": "harassment", "agreed": 0, "decided": 1}
    ]


def test_a_version_that_does_not_exist_is_refused(client, as_):
    body = {"settings": {"moderation_version": 3}}
    refused = client.put("/v1/community", json=body, headers=as_("hana"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "settings.moderation_version"
