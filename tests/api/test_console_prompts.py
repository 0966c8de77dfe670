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


def drafted(core, client, story, **asked):
    """A signed-in host, and the first draft that waits."""
    story.settings(jobs=("discuss",))
    core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/prompts", on="/prompts", **(FORM | asked))
    story.work()
    return hana, core.approval.queue(story.cast.caller("hana"), job="discuss")


def test_variations_stand_side_by_side_and_one_is_taken(core, client, story):
    hana, made = drafted(core, client, story, variations="3")
    one = next(one for one in made if one.payload["variations"])
    board = hana.text("/prompts")
    assert board.count("Take this one") == sum(len(each.payload["variations"]) for each in made)
    assert len(made) <= int(FORM["number"])  # the others are no drafts of their own
    sent = {"version": str(one.version), "among": "variations", "number": "1"}
    page = hana.submit(f"/queue/{one.id}/wording", on="/prompts", **sent)
    assert story.now(one).payload["title"] == one.payload["variations"][0]["title"]
    assert one.payload["title"].split("?")[0] in page.text  # still there to be taken back


def test_a_draft_is_made_warmer_and_put_back(core, client, story):
    hana, (one, *_) = drafted(core, client, story, format="question")
    path = f"/queue/{one.id}"
    page = hana.submit(f"{path}/reworded", on=path, version=str(one.version), how="warmer")
    assert "Made warmer by rules." in page.text
    assert "As it was before" in page.text
    now = story.now(one)
    hana.submit(f"{path}/wording", on=path, version=str(now.version), among="earlier", number="1")
    assert story.now(one).payload["text"] == one.payload["text"]
    stale = hana.submit(f"{path}/reworded", on=path, version=str(one.version), how="shorter")
    assert stale.status_code == 409
    assert "changed while you were reading" in stale.text
    strange = hana.submit(f"{path}/reworded", on=path, version="1", how="longer")
    assert strange.status_code == 422


def test_an_edit_is_previewed_as_it_will_appear_and_nothing_is_stored(core, client, story):
    hana, (one, *_) = drafted(core, client, story)
    path = f"/queue/{one.id}"
    quoted = one.payload["text"].split("\n\n")[0]
    sent = {"text": f"{quoted}\n\nWhich **one**? <script>x</script>", "title": "My ropes", "low_effort": "Tap."}
    page = hana.submit(f"{path}/preview", on=path, **sent).text
    assert "<strong>one</strong>" in page
    assert "<em>Tap.</em>" in page  # as it is posted, below the text
    assert 'value="My ropes"' in page
    assert "<script>x" not in page
    assert story.now(one) == one
    wrong = hana.submit(f"{path}/preview", on=path, **(sent | {"text": "> Ropes are alive.\n\nAre they?"}))
    assert wrong.status_code == 422
    assert "Ropes are alive" in wrong.text


def test_the_preview_alone_for_the_script_of_the_page(core, client, story):
    hana, (one, *_) = drafted(core, client, story)
    path = f"/queue/{one.id}"
    sent = {"form_token": hana.token(path), "text": "Which **one**?"}
    answer = hana.http.post(f"{path}/preview", data=sent, headers={"X-Fragment": "yes"})
    assert "<strong>one</strong>" in answer.text
    assert "<html" not in answer.text
    assert "connect-src 'self'" in hana.get(path).headers["content-security-policy"]
    for other in ("/queue", "/prompts", "/board"):
        assert "connect-src" not in hana.get(other).headers["content-security-policy"]
