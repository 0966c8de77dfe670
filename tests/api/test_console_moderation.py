"""The moderation pages: rehearse, switch on, decide on a flag, report a post, read a note."""

from __future__ import annotations

import pytest
from console_visitor import Visitor
from story import HERE

from cohost.model import SourceInput
from cohost.store import people
from cohost.store.audit import OPERATOR

RUDE = "You fool, the tide was out."
ALL = ("harassment", "hate", "threat", "sexual", "distress", "spam", "personal_data", "off_purpose")


@pytest.fixture
def posted(core, cast):
    core.intake.put(HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, author_id="ben"), OPERATOR)


def test_a_rehearsal_shows_what_would_be_flagged_and_changes_nothing(core, cast, clock, posted, client, story):
    page = Visitor(client, core).sign_in("mo").submit("/moderation/rehearsal", on="/moderation")
    assert "You fool" in page.text
    assert "1 would have been flagged" in page.text
    story.work()
    assert story.core.approval.queue(cast.caller("mo"), job="moderate") == []


def test_a_host_switches_it_on_and_a_category_off(core, cast, client):
    sent = {"reading": "on", **{name: "on" for name in ALL if name != "spam"}}
    assert Visitor(client, core).sign_in("hana").submit("/moderation", on="/moderation", **sent).status_code == 200
    with core.store.read() as tx:
        settings = people.community(tx, HERE).settings
    assert "moderate" in settings.jobs
    assert settings.categories_off == ("spam",)


def test_a_moderator_reads_the_flag_and_sends_a_note_with_another_step(core, client, posted, story):
    story.settings(jobs=("moderate",))
    core.intake.put(HERE, "lounge", SourceInput("p2", "post", "Log", RUDE, author_id="ben"), OPERATOR)
    story.work()
    (flag,) = story.core.approval.queue(story.cast.caller("mo"), job="moderate")
    mo, path = Visitor(client, core).sign_in("mo"), f"/queue/{flag.id}"
    page = mo.text(path)
    assert "veiled" in page
    assert "Harassment" in page
    assert "Guideline 1" in page
    sent = {"verdict": "edit", "version": str(flag.version), "step": "private_note", "text": "Please be kind to Ada."}
    assert "private note to the author" in mo.submit(f"{path}/decision", on=path, **sent).text.lower()
    story.work()
    assert "Please be kind to Ada." in Visitor(client, core).sign_in("ben").text("/my-posts")
    assert "Please be kind to Ada." not in Visitor(client, core).sign_in("ada").text("/my-posts")


def test_a_member_reports_a_post_from_its_thread(core, client, posted, story):
    ada = Visitor(client, core).sign_in("ada")
    thread = "/board/lounge/source/p1"
    answer = ada.submit("/report", on="/my-posts", space="lounge", source="p1", reason="It is about me.")
    assert "Nobody learns that it was you" in answer.text
    story.work()
    (flag,) = story.core.approval.queue(story.cast.caller("mo"), job="moderate")
    shown = Visitor(client, core).sign_in("mo").text(f"/queue/{flag.id}")
    assert "It is about me." in shown
    assert "Ada" not in shown.split("Sign out")[1], thread
