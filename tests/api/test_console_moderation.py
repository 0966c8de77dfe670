"""The moderation pages: rehearse, switch on, decide on a flag, report a post, read a note."""

from __future__ import annotations

import pytest
from console_visitor import Visitor
from story import HERE

from cohost.model import SourceInput
from cohost.store import people
from cohost.store.audit import OPERATOR

RUDE = "You fool, the tide was out."
ALL = (
    "harassment",
    "hate",
    "threat",
    "sexual",
    "distress",
    "spam",
    "personal_data",
    "off_purpose",
    "one_sided",
    "pile_on",
)


@pytest.fixture
def posted(core, cast):
    core.intake.put(HERE, "lounge", SourceInput("p1", "post", "Log", RUDE, author_id="ben"), OPERATOR)


def test_a_rehearsal_shows_what_would_be_flagged_and_changes_nothing(core, cast, clock, posted, client, story):
    mo = Visitor(client, core).sign_in("mo")
    assert "0 of 2 posts read" in mo.submit("/moderation/rehearsal", on="/moderation", limit="200").text
    story.work()
    page = mo.text("/moderation")
    assert "You fool" in page
    assert "1 would have been flagged" in page
    assert mo.submit("/moderation/rehearsal", on="/moderation", limit="99999").status_code == 422
    assert story.core.approval.queue(cast.caller("mo"), job="moderate") == []


def test_a_host_switches_it_on_and_a_category_off(core, cast, client):
    sent = {
        "reading": "on", "budget": "few", "per_day": "7", "learned": "0", "guideline-hate": "1",
        **{name: "on" for name in ALL if name != "spam"},
    }  # fmt: skip
    assert Visitor(client, core).sign_in("hana").submit("/moderation", on="/moderation", **sent).status_code == 200
    with core.store.read() as tx:
        settings = people.community(tx, HERE).settings
    assert "moderate" in settings.jobs
    assert settings.categories_off == ("spam",)
    assert (settings.flag_budget, settings.flags_per_day, settings.moderation_shadow) == ("few", 7, False)
    assert settings.category_guidelines == {"hate": "Be kind."}


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


def test_a_member_answers_a_note_and_a_host_looks_again(core, client, posted, story):
    story.settings(jobs=("moderate",))
    core.intake.put(HERE, "lounge", SourceInput("p2", "post", "Log", RUDE, author_id="ben"), OPERATOR)
    story.work()
    (flag,) = core.approval.queue(story.cast.caller("mo"), job="moderate")
    story.decide("approve", flag, "mo")
    story.work()
    note = core.reports.notes(story.cast.caller("ben"))[0].key
    ben = Visitor(client, core).sign_in("ben")
    page = ben.submit("/my-posts/appeals", on="/my-posts", note=note, text="We joke like this.")
    assert "It is being looked at." in page.text
    assert "already" in ben.submit("/my-posts/appeals", on="/my-posts", note=note, text="Really.").text
    hana = Visitor(client, core).sign_in("hana")
    assert "We joke like this." in hana.text("/moderation")
    (appeal,) = core.appeals.listed(story.cast.caller("hana"))
    sent = {"appeal": appeal.id, "verdict": "overturn", "reason": "They are friends."}
    assert "They are friends." in hana.submit("/moderation/appeals", on="/moderation", **sent).text
    assert "They are friends." in Visitor(client, core).sign_in("ben").text("/my-posts")


def test_who_may_not_be_well_has_a_list_apart_from_the_flags(core, client, story):
    story.settings(jobs=("moderate",))
    for id, text in (("p3", RUDE), ("p4", "I cannot go on.")):
        core.intake.put(HERE, "lounge", SourceInput(id, "post", "Log", text, author_id="ben"), OPERATOR)
    story.work()
    mo = Visitor(client, core).sign_in("mo")
    assert ("Harassment" in mo.text("/queue"), "Distress" in mo.text("/queue")) == (True, False)
    assert "Distress" in mo.text("/queue?status=support")
    (flag,) = core.approval.queue(story.cast.caller("mo"), category="distress")
    assert "Queue: Support" in mo.text(f"/queue/{flag.id}")


def test_shadow_mode_lists_what_it_would_have_flagged(core, client, story):
    story.settings(jobs=("moderate",), moderation_shadow=True)
    core.intake.put(HERE, "lounge", SourceInput("p5", "post", "Log", RUDE, author_id="ben"), OPERATOR)
    story.work()
    page = Visitor(client, core).sign_in("mo").text("/moderation")
    assert "1 in shadow mode" in page
    assert "/lounge/" in page


def test_the_queue_shows_the_words_veiled_and_the_page_what_they_answer(core, client, story):
    story.settings(jobs=("moderate",))
    core.intake.put(HERE, "lounge", SourceInput("p0", "post", "Log", "Fair wind today.", author_id="ada"), OPERATOR)
    reply = SourceInput("p1", "post", "", RUDE, author_id="ben", parent_id="p0")
    core.intake.put(HERE, "lounge", reply, OPERATOR)
    story.work()
    mo = Visitor(client, core).sign_in("mo")
    assert '<p class="excerpt veiled" tabindex="0">You fool</p>' in mo.text("/queue")
    (flag,) = story.core.approval.queue(story.cast.caller("mo"), job="moderate")
    page = mo.text(f"/queue/{flag.id}")
    assert "It answers Ada" in page
    assert "Fair wind today." in page
    assert "Waiting for a decision. Nothing has been done." in page
