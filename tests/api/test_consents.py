"""A member says what their posts may be used for, and sees how they were used."""

from __future__ import annotations

import pytest
from console_visitor import Visitor

from cohost.errors import Conflict

POST = "The mooring by the old mill is free on Sundays from dawn until dusk."
ASKED = "Which mooring is free on Sundays?"
ALL = {"answers": True, "matching": True, "insights": True}
OFF = {"answers": False}


@pytest.fixture
def switch(client, as_):
    return lambda who="ada", **body: client.put(f"/v1/members/{who}/consents", headers=as_(who), json=body)


@pytest.fixture
def mill(story):
    """Ada's post in the lounge."""
    return story.put("lounge", "mill", POST, kind="post", title="The mill", author_id="ada")


def test_all_switches_are_on_until_one_is_turned_off(client, as_, switch):
    assert client.get("/v1/members/ada/consents", headers=as_("ada")).json() == ALL
    assert switch(insights=False).json() == {**ALL, "insights": False}
    assert client.get("/v1/members/ada/consents", headers=as_("ada")).json() == {**ALL, "insights": False}


def test_a_platform_sets_them_for_the_member_it_acts_for_and_for_no_other(client, as_):
    acting = {**as_("platform"), "Cohost-Member": "ada"}
    assert client.put("/v1/members/ada/consents", headers=acting, json=OFF).status_code == 200
    assert client.put("/v1/members/ben/consents", headers=acting, json=OFF).status_code == 404


@pytest.mark.parametrize("who", ["hana", "mo", "ben", "stranger"])
def test_nobody_else_sees_or_sets_them(client, as_, who):
    for method, path, body in (("GET", "consents", None), ("PUT", "consents", OFF), ("GET", "uses", None)):
        theirs = client.request(method, f"/v1/members/ada/{path}", headers=as_(who), json=body)
        nobodys = client.request(method, f"/v1/members/nobody/{path}", headers=as_(who), json=body)
        assert theirs.status_code == nobodys.status_code == 404
        assert theirs.text.replace("ada", "nobody") == nobodys.text


def test_a_change_of_the_member_by_a_host_leaves_the_switches(client, as_, switch):
    switch(answers=False)
    client.put("/v1/members/ada", headers=as_("hana"), json={"name": "Ada Lee"})
    assert client.get("/v1/members/ada/consents", headers=as_("ada")).json()["answers"] is False


def test_posts_kept_out_of_answers_leave_search_and_come_back(story, mill, switch):
    assert ("lounge", "mill") in story.search("mooring mill sundays")
    switch(answers=False)
    assert ("lounge", "mill") not in story.search("mooring mill sundays")
    assert story.source("lounge", "mill").text == POST  # it still stands where it was posted
    switch(answers=True)
    assert ("lounge", "mill") in story.search("mooring mill sundays")


@pytest.mark.parametrize("other", ["matching", "insights"])
def test_the_other_switches_leave_answers_alone(story, mill, switch, other):
    switch(**{other: False})
    assert ("lounge", "mill") in story.search("mooring mill sundays")


def test_drafts_that_wait_are_withdrawn_and_made_again_without_them(story, mill, switch):
    draft = story.draft("ben", ASKED, space="lounge")
    switch(answers=False)
    assert story.now(draft).status == "withdrawn"
    assert "old mill" not in str(story.now(draft))
    story.work()
    assert "old mill" not in str([row["payload"] for row in story.rows("suggestions")])


def test_what_was_approved_is_not_sent_any_more(story, mill, switch):
    draft = story.draft("ben", ASKED, space="lounge")
    story.approve(draft)
    switch(answers=False)
    story.work()
    assert story.now(draft).status == "withdrawn"
    assert story.rows("board_posts") == []


def test_approval_and_sending_look_for_themselves(core, story, mill):
    """Also where nothing was checked again when the switch was turned."""
    waiting, approved = (story.draft("ben", ASKED, space="lounge") for _ in range(2))
    story.approve(approved)
    with core.store.write() as tx:
        tx.exec_driver_sql("UPDATE members SET posts_in_answers = false WHERE id = 'ada'")
    with pytest.raises(Conflict, match="withdrawn"):
        story.approve(waiting)
    story.work()
    assert story.now(approved).status == "withdrawn"


def test_words_of_a_private_space_are_still_told_from_a_hosts_own(client, as_, story, cast, switch):
    draft = story.draft("ben")
    switch(answers=False)
    secret = "I say: the spare key of the boathouse lies under the third flower pot."
    body = {"verdict": "edit", "version": draft.version, "payload": {"text": secret}}
    answer = client.post(f"/v1/suggestions/{draft.id}/decision", headers=as_("hana"), json=body)
    assert answer.status_code == 422


def test_a_member_sees_which_answers_quoted_them(client, as_, story, mill):
    assert client.get("/v1/members/ada/uses", headers=as_("ada")).json()["items"] == []
    draft = story.draft("ben", ASKED, space="lounge")
    assert client.get("/v1/members/ada/uses", headers=as_("ada")).json()["items"] == []  # nothing is posted yet
    story.publish(draft)
    (use,) = client.get("/v1/members/ada/uses", headers=as_("ada")).json()["items"]
    assert (use["source_id"], use["seen_in"], use["status"]) == ("mill", "lounge", "published")
    assert use["quote"] in POST
    assert client.get("/v1/members/ben/uses", headers=as_("ben")).json()["items"] == []


def test_an_answer_for_somebody_else_alone_is_not_shown(client, as_, story, mill):
    story.publish(story.draft("ben", ASKED, space=None))
    (use,) = client.get("/v1/members/ada/uses", headers=as_("ada")).json()["items"]
    assert (use["seen_in"], use["url"]) == (None, None)
    assert ASKED not in str(use)


def test_uses_come_in_pages(client, as_, story, mill):
    for _ in range(3):
        story.publish(story.draft("ben", ASKED, space="lounge"))
    first = client.get("/v1/members/ada/uses?limit=2", headers=as_("ada")).json()
    rest = client.get(f"/v1/members/ada/uses?limit=2&cursor={first['next']}", headers=as_("ada")).json()
    ids = [use["suggestion_id"] for use in first["items"] + rest["items"]]
    assert (len(ids), len(set(ids)), rest["next"]) == (3, 3, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_shows_uses_and_turns_switches_without_scripts(client, core, story, mill):
    story.publish(story.draft("ben", ASKED, space="lounge"))
    ada = Visitor(client, core).sign_in("ada")
    page = ada.text("/my-posts")
    assert page.count(" checked") == 3
    assert "/board/lounge/sources/mill?quote=" in page
    assert 'href="/board/lounge">Lounge' in page
    saved = ada.submit("/my-posts", on="/my-posts", matching="on", insights="on")
    assert "Saved." in saved.text
    assert ada.text("/my-posts").count(" checked") == 2
    assert ("lounge", "mill") not in story.search("mooring mill sundays")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_of_another_member_is_empty(client, core, story, mill):
    story.publish(story.draft("ben", ASKED, space="lounge"))
    ben = Visitor(client, core).sign_in("ben")
    assert "No answer has quoted you yet." in ben.text("/my-posts")
    assert "old mill" not in ben.text("/my-posts")
