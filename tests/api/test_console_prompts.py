"""The page of discussion prompts: ask for drafts, pick one, edit it, and see what works."""

from __future__ import annotations

from console_visitor import Visitor
from story import HERE

from cohost.model import SourceInput
from cohost.store.audit import OPERATOR

ROPES = """# Ropes

A braided rope keeps its shape under load, whereas a laid rope turns when the load changes. The braided rope is easier
on the hands because its surface is smooth. The bowline is a loop that does not slip under load. Many sailors tie the
bowline too early, and the loop then sits in the wrong place.
"""
FORM = {"space": "lounge", "theme": "", "format": "", "number": "2", "tone": ""}


def test_a_host_asks_picks_and_edits_a_prompt(core, client, story):
    story.settings(jobs=("discuss",))
    core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    hana = Visitor(client, core).sign_in("hana")
    assert "appear below in a moment" in hana.submit("/prompts", on="/prompts", **FORM).text
    story.work()
    board = hana.text("/prompts")
    assert "The board" in board
    assert "What works here" in board
    one = core.approval.queue(story.cast.caller("hana"), job="discuss")[0]
    path = f"/queue/{one.id}"
    quoted = one.payload["text"].split("\n\n")[0]
    sent = {"verdict": "edit", "version": str(one.version), "text": f"{quoted}\n\nWhich one?", "title": "My ropes"}
    hana.submit(f"{path}/decision", on=path, **sent)
    story.work()
    changed = story.now(one)
    assert (changed.status, changed.payload["title"]) == ("published", "My ropes")
    assert one.payload["title"] not in hana.text("/queue")  # prompts have a list of their own


def test_moderators_do_not_ask_and_a_wrong_space_is_named(core, client, story):
    story.settings(jobs=("discuss",))
    assert Visitor(client, core).sign_in("mo").get("/prompts").status_code == 403
    hana = Visitor(client, core).sign_in("hana")
    assert "nowhere" in hana.submit("/prompts", on="/prompts", **(FORM | {"space": "nowhere"})).text


def test_the_calendar_is_planned_and_a_slot_dropped(core, client, story):
    story.settings(jobs=("discuss",))
    hana = Visitor(client, core).sign_in("hana")
    sent = {"space": "lounge", "weeks": "3", "a_week": "1", "themes": "Knots\nMoorings"}
    assert "Moorings" in hana.submit("/prompts/calendar", on="/prompts", **sent).text
    planned = core.calendar.listed(HERE)
    hana.submit("/prompts/calendar/drop", on="/prompts", slot=planned[1].id)
    assert len(core.calendar.listed(HERE)) == 2
    assert "1 to 53 weeks" in hana.submit("/prompts/calendar", on="/prompts", **(sent | {"weeks": "54"})).text


def test_a_welcome_is_asked_for_decided_and_read_with_its_link(core, client, story):
    story.settings(jobs=("discuss",))
    story.put("lounge", "knots", "Which knot do you trust?", title="Knots", kind="post", author_id="ben")
    story.put("lounge", "knots-1", "The bowline.", kind="post", author_id="hana", parent_id="knots")
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/prompts/occasion", on="/prompts", kind="welcome", member="ada")
    story.work()
    (one,) = core.approval.queue(story.cast.caller("hana"), job="discuss")
    page = hana.text(f"/queue/{one.id}")
    assert "Will be seen by the one member it is addressed to" in page
    assert "Asked by" not in page  # nobody did: the co-host, or a host, wanted it
    assert '<a href="/board/lounge/sources/knots"' in page
    story.publish(one)
    assert '<a href="/board/lounge/sources/knots"' in Visitor(client, core).sign_in("ada").text("/my-posts")
