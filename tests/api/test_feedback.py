"""Readers say what they think of an answer, and hosts see what the course lacks."""

from __future__ import annotations

import pytest
from console_visitor import Visitor
from story import HERE

from cohost.store.audit import OPERATOR

UNKNOWN = "How much is a berth for the winter?"
ALIKE = "How much does a berth cost for the winter?"
OTHER = "Which paint keeps barnacles away?"


@pytest.fixture
def answered(story):
    """A published answer in the course: (question id, suggestion id)."""
    made = story.publish(story.draft())
    return made.request_id, made.id


@pytest.fixture
def say(client, as_, answered):
    def send(who, opinion, note="", question=None):
        body = {"opinion": opinion, "note": note}
        return client.post(f"/v1/questions/{question or answered[0]}/feedback", headers=as_(who), json=body)

    return send


def seen_by_host(client, as_, answered):
    return client.get(f"/v1/suggestions/{answered[1]}", headers=as_("hana")).json()


def test_every_reader_has_one_opinion_and_the_last_one_counts(client, as_, answered, say):
    assert [say("ada", "wrong").status_code, say("ben", "helpful").status_code] == [204, 204]
    assert say("ada", "helpful").status_code == 204
    assert seen_by_host(client, as_, answered)["feedback"] == {"helpful": 2, "not_helpful": 0, "wrong": 0}


def test_hosts_read_notes_and_not_who_wrote_them(client, as_, answered, say):
    say("ben", "wrong", "High water is later here.")
    shown = seen_by_host(client, as_, answered)
    assert [(r["opinion"], r["note"]) for r in shown["remarks"]] == [("wrong", "High water is later here.")]
    assert "ben" not in str(shown["remarks"])


def test_who_cannot_read_the_answer_has_no_opinion_of_it(client, as_, story, say):
    mine = story.publish(story.draft(space=None))
    absent = say("ben", "wrong", question="q_nothing")
    hidden = say("ben", "wrong", question=mine.request_id)
    assert absent.status_code == hidden.status_code == 404
    assert hidden.text.replace(mine.request_id, "q_nothing") == absent.text
    assert say("ada", "helpful", question=mine.request_id).status_code == 204


def test_there_is_nothing_to_judge_before_there_is_an_answer(story, say):
    waiting = story.draft()
    answer = say("ada", "helpful", question=waiting.request_id)
    assert answer.status_code == 409
    assert "no answer yet" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"opinion": "great"}, {"opinion": "wrong", "note": "x" * 1001}, {"opinion": 1}])
def test_bad_opinions_are_refused(client, as_, answered, body):
    refused = client.post(f"/v1/questions/{answered[0]}/feedback", headers=as_("ada"), json=body)
    assert refused.status_code == 422


def test_what_an_erased_member_said_is_gone(story, core, say):
    say("ben", "wrong", "The harbour master told me otherwise.")
    core.erasure.erase(HERE, "ben", OPERATOR)
    assert story.rows("feedback") == []
    assert "harbour master" not in story.everything()


def test_gaps_are_grouped_by_meaning_the_most_asked_for_first(client, as_, story):
    story.settings(caution="careful")
    for who, text in (("ada", OTHER), ("ada", UNKNOWN), ("ben", ALIKE)):
        assert story.draft(who, text).status == "abstained"
    gaps = client.get("/v1/gaps", headers=as_("hana")).json()["items"]
    assert [(gap["count"], {q["text"] for q in gap["questions"]}) for gap in gaps] == [
        (2, {UNKNOWN, ALIKE}),
        (1, {OTHER}),
    ]
    assert gaps[0]["place"]["source_id"] == "tides.md"
    assert gaps[0]["first_asked"] < gaps[0]["last_asked"]


def test_an_answered_gap_is_none(client, as_, story):
    story.settings(caution="careful")
    abstained = story.draft(text=UNKNOWN)
    story.decide("edit", abstained, payload={"text": "Ask the harbour master, please."})
    story.work()
    assert client.get("/v1/gaps", headers=as_("hana")).json() == {"items": []}


def test_an_answer_that_was_called_wrong_is_a_gap_until_it_is_corrected(client, as_, story, answered, say):
    assert client.get("/v1/gaps", headers=as_("hana")).json() == {"items": []}
    say("ben", "wrong")
    (gap,) = client.get("/v1/gaps", headers=as_("hana")).json()["items"]
    assert gap["questions"][0]["suggestion_id"] == answered[1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_console_takes_opinions_and_shows_hosts_what_was_called_wrong(client, core, story, answered):
    ada, hana = Visitor(client, core).sign_in("ada"), Visitor(client, core).sign_in("hana")
    question, suggestion = f"/ask/{answered[0]}", f"/queue/{answered[1]}"
    thanked = ada.submit(f"{question}/feedback", on=question, opinion="wrong", note="Half moon too.")
    assert "Thank you" in thanked.text
    assert "called an answer wrong" in hana.text("/queue")
    assert "Half moon too." in hana.text(suggestion)
    hana.submit(f"{suggestion}/seen", on=suggestion)
    assert "called an answer wrong" not in hana.text("/queue")
    assert "When do spring tides come?" in hana.text("/gaps")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_console_shows_old_and_new_side_by_side(client, core, story, clock, answered):
    text = story.source("course", "tides.md").text
    clock.forward(minutes=1)
    story.put("course", "tides.md", text.replace("twice a month", "every second week"), title="Tides")
    story.work()
    hana = Visitor(client, core).sign_in("hana")
    queue = hana.text("/queue")
    assert "Correct or withdraw" in queue
    page = hana.text(f"/queue/{answered[1]}")
    assert "What has changed" in page
    assert "every second week" in page
    assert "twice a month" in page
