"""Discussion prompts: each about one sentence of a lesson, in turns of form, never twice, posted by a person's approval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from story import HERE, Story

from cohost.discuss.patterns import FORMATS, patterns
from cohost.discuss.payload import PromptPayload
from cohost.discuss.repeats import Earlier, text_of
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.model import BigPurpose, SourceInput
from cohost.store import people, places, publications, sources, suggestions
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion
from cohost.testing import ScriptedModel

ROPES = """# Ropes

## Fibres

A braided rope keeps its shape under load, whereas a laid rope turns when the load changes. The braided rope is easier
on the hands because its surface is smooth. You should wash the braided rope in fresh water after every trip to the sea.

## Knots

The bowline is a loop that does not slip under load. Many sailors tie the bowline too early, and the loop then sits in
the wrong place. The bowline must be dressed before anybody hangs a weight on it. A hitch holds a rope to a post, but
the hitch slips when the rope is wet. The hitch needs a second turn because one turn alone gives no friction.
"""


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    story.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    return story


def drafts(story: Story, number: int = 6, space: str = "lounge", **asked: Any) -> list[Suggestion]:
    given = {"number": number, "theme": "", "format": None, "tone": "", **asked}
    request = story.core.discussion.ask(story.cast.caller("hana"), space, given, OPERATOR)
    story.work()
    with story.core.store.read() as tx:
        return suggestions.of_request(tx, request)


def test_each_draft_quotes_its_lesson_word_for_word_and_asks_something(on: Story) -> None:
    made = drafts(on)
    assert len(made) >= 3
    for one in made:
        (item,) = one.evidence
        assert " ".join(item.quote.split()) in one.payload["text"]
        assert "?" in one.payload["text"] or one.payload["format"] in ("share", "challenge")
        assert one.payload["low_effort"]


def test_formats_take_turns(on: Story) -> None:
    made = drafts(on, 5)
    forms = [one.payload["format"] for one in made]
    assert len(set(forms)) == len(forms)


def test_one_format_when_asked_for(on: Story) -> None:
    assert {one.payload["format"] for one in drafts(on, 2, format="challenge")} == {"challenge"}


def test_nothing_comes_twice_whatever_became_of_the_first(on: Story) -> None:
    first = drafts(on, 3)
    on.decide("reject", first[0], reason="Not now.")
    again = drafts(on, 30)
    quotes = [item.quote for one in (*first, *again) for item in one.evidence]
    assert len(quotes) == len(set(quotes))


def test_when_all_is_said_it_says_so_instead_of_repeating(on: Story) -> None:
    drafts(on, 60)
    (nothing,) = drafts(on, 3)
    assert nothing.status == "abstained"
    assert "already" in nothing.rationale


def test_a_lesson_that_not_all_readers_may_read_is_not_used(on: Story) -> None:
    for one in (*drafts(on, 60), *drafts(on, 60, theme="spare key of the boathouse")):
        assert all(item.space_id != "staff-room" for item in one.evidence)
        assert "boathouse" not in one.payload["text"]


def test_an_approved_prompt_is_posted_once_in_its_space(on: Story) -> None:
    (one, *_) = drafts(on, 1)
    done = on.publish(one)
    assert done.status == "published"
    with on.core.store.read() as tx:
        posts = sources.in_space(tx, places.space(tx, HERE, "lounge").pk)
    (post,) = [p for p in posts if p.origin == "cohost"]
    assert one.payload["low_effort"] in post.text


def test_an_edit_may_change_every_word_but_the_quoted_ones(on: Story) -> None:
    (one, *_) = drafts(on, 1)
    quoted = one.payload["text"].split("\n\n")[0]
    with pytest.raises(InvalidInput):
        on.decide("edit", one, payload={"text": "> Ropes are alive.\n\nWhat do you think?"})
    edited = on.decide("edit", one, payload={"text": f"{quoted}\n\nWhich one do you own?", "title": "Ropes"})
    assert (edited.payload["title"], "Which one do you own?" in edited.payload["text"]) == ("Ropes", True)


def test_a_changed_lesson_withdraws_the_draft(on: Story) -> None:
    made = [one for one in drafts(on, 6) if one.evidence[0].source_id == "ropes"]
    assert len(made) >= 2
    on.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", "# Ropes\n\nNothing here."), OPERATOR)
    assert {on.now(one).status for one in made} == {"withdrawn"}
    assert all("rope" not in str(on.now(one).payload).lower() for one in made)


def test_a_prompt_that_serves_no_part_of_the_big_purpose_is_not_proposed(on: Story) -> None:
    with on.core.store.write() as tx:
        old = people.community(tx, HERE)
        new = BigPurpose(2, "Cooks", ("zzz qqq xxx",), (), "")
        people.put_community(tx, type(old)(old.id, old.name, new, old.guidelines, old.settings), on.clock())
    (nothing,) = drafts(on, 3)
    assert nothing.status == "abstained"
    assert "serves no part of your Big Purpose" in nothing.rationale


@pytest.mark.parametrize(
    ("part", "told"), [("goal", "the shared goal"), ("activity", "what you do together"), ("outcome", "the outcome")]
)
def test_a_prompt_says_which_part_of_the_big_purpose_it_serves(on: Story, part: str, told: str) -> None:
    strange, near = "zzz qqq xxx", "Bowline, hitch, braided rope"
    parts = {name: near if name == part else strange for name in ("goal", "activity", "outcome")}
    with on.core.store.write() as tx:
        old = people.community(tx, HERE)
        new = BigPurpose(2, "Sailors", (parts["goal"],), (parts["activity"],), parts["outcome"])
        people.put_community(tx, replace(old, big_purpose=new), on.clock())
    made = drafts(on, 60)
    assert {(one.payload["serves_part"], one.payload["serves"]) for one in made} == {(part, near)}
    assert all(f"It serves {told}: {near}" in one.rationale for one in made)
    assert all(one.evidence[0].source_id == "ropes" for one in made)  # the lesson on tides serves nothing of it


def test_who_may_not_see_the_space_or_has_the_job_off_is_told(on: Story) -> None:
    with pytest.raises(NotFound):
        drafts(on, space="nowhere")
    on.settings(jobs=("answer",))
    with pytest.raises(Conflict):
        drafts(on)


def test_what_works_here_counts_replies_and_first_ones(on: Story) -> None:
    (one, *_) = drafts(on, 1)
    on.publish(one)
    with on.core.store.read() as tx:
        key = publications.of_suggestion(tx, one.id)[0].id
    for n, who in enumerate(("ada", "ada", "ben")):
        reply = SourceInput(f"r{n}", "post", "", f"I would say {n}.", author_id=who, parent_id=f"cohost-{key}")
        on.core.intake.put(HERE, "lounge", reply, OPERATOR)
    (record,) = on.core.discussion.record(HERE)
    assert (record.drafted, record.approved, record.replies) == (1, 1, 3)
    assert record.first_replies >= 1


def test_a_models_words_stand_below_the_quote_and_unusable_ones_do_not(on: Story) -> None:
    good = {"title": "Braided or laid", "text": "Which rope is on your boat, and why?", "low_effort": "Write B or L."}
    bad = {"title": "Ropes", "text": "> A made-up quote.\n\nReally?", "low_effort": "One word."}
    given = {"number": 2, "theme": "", "format": "question", "tone": "warm"}
    request = on.core.discussion.ask(on.cast.caller("hana"), "lounge", given, OPERATOR)
    worker = replace(on.core.worker, model=ScriptedModel([good, bad]))
    while worker.step():
        pass
    with on.core.store.read() as tx:
        first, second = suggestions.of_request(tx, request)
    assert "Which rope is on your boat, and why?" in first.payload["text"]
    assert first.payload["text"].startswith("> ")
    assert "made-up" not in second.payload["text"]
    assert second.provenance.fallback == "wrong_shape"


def test_a_hosts_edits_show_a_model_the_voice_in_their_own_words_alone(on: Story) -> None:
    (one, *_) = drafts(on, 1)
    quoted = one.payload["text"].split("\n\n")[0]
    on.decide("edit", one, payload={"text": f"{quoted}\n\nWell, friends, which one do you own?"})
    on.work()
    model = ScriptedModel([{"title": "Braided", "text": "Which rope?", "low_effort": "One word."}])
    on.core.discussion.ask(
        on.cast.caller("hana"), "lounge", {"number": 1, "format": "question", "theme": "", "tone": ""}, OPERATOR
    )
    worker = replace(on.core.worker, model=model)
    while worker.step():
        pass
    (asked,) = model.prompts
    assert "Well, friends, which one do you own?" in asked.user
    assert quoted.lstrip("> ") not in asked.user


def test_every_format_has_patterns_and_an_easy_way_to_take_part() -> None:
    for form in FORMATS:
        known = patterns()[form]
        assert known.low_effort
        assert any(known.by_kind.values())


def test_a_member_may_not_ask_for_drafts(client: Any, as_: Any) -> None:
    assert client.post("/v1/discussion-prompts", json={"space_id": "lounge"}, headers=as_("ada")).status_code == 403


def test_over_http_a_host_asks_and_reads_the_drafts_in_the_queue(client: Any, as_: Any, on: Story) -> None:
    sent = client.post("/v1/discussion-prompts", json={"space_id": "lounge", "number": 2}, headers=as_("hana"))
    assert sent.status_code == 202
    on.work()
    items = client.get("/v1/suggestions?job=discuss", headers=as_("hana")).json()["items"]
    assert len(items) == 2
    assert client.get("/v1/discussion-prompts/record", headers=as_("hana")).json()["formats"]


def test_a_text_near_a_post_is_known_whoever_worded_it(on: Story) -> None:
    (one, *_) = drafts(on, 1)
    payload = PromptPayload.model_validate(one.payload)
    post = SourceInput("p1", "post", payload.title, payload.text)
    on.core.intake.put(HERE, "lounge", post, OPERATOR)
    with on.core.store.read() as tx:
        known = Earlier(tx, HERE, on.core.embedder)
    changed = payload.model_copy(update={"concept": "another", "format": "share"})
    (vector,) = known.embed([text_of(changed)])
    assert known.knows(changed, "A sentence that nobody quoted.", vector)
