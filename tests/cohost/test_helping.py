"""Members first: who is asked, what waits meanwhile, and what comes of a reply."""

from __future__ import annotations

import pytest
from story import HERE, QUESTION

from cohost.errors import Conflict, InvalidInput
from cohost.helping import LOOK, NO_REPLY
from cohost.jobs.help import TITLE
from cohost.model import Member
from cohost.store import board, profiles, safety_cases
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile

REPLY = "Spring tides come twice a month, at new moon and at full moon, so look at the sky."


@pytest.fixture
def known(core, story):
    """Ben and Cora like to help; Cora has written about tides, Ben offers to explain them."""
    story.settings(jobs=("answer", "help"))
    story.put_member(Member("cora", "Cora"))
    opts_in(story, "cora")
    opts_in(story, "ben", offers=["explaining when spring tides come"])
    story.put("lounge", "old", "When spring tides come, the moon is new or full.", kind="post", author_id="cora")
    return story


def opts_in(story, member, *, purposes=("helping",), shown=("offers",), **fields):
    with story.core.store.write() as tx:
        profiles.put(tx, HERE, StoredProfile(member, fields, shown, purposes), story.clock())


def put_to_members(story, **kwargs):
    draft = story.draft()
    story.core.helping.ask(story.cast.caller("hana"), draft.id, OPERATOR, **kwargs)
    story.work()
    return draft


def invitations(story):
    return story.core.approval.queue(story.cast.caller("hana"), job="help")


def names(story, asked=None):
    asked = asked or story.ask()
    return [one.name for one in story.core.helping.helpers(story.cast.caller("hana"), asked.id)]


def reply(story, draft, who="cora", text=REPLY):
    story.put("course", f"reply-{who}", text, kind="post", title="", author_id=who, parent_id=draft.request_id)
    story.work()
    return story.now(draft)


def test_who_wrote_and_who_offers_are_found_with_what_says_so(known):
    found = known.core.helping.helpers(known.cast.caller("hana"), known.ask().id)
    assert {one.name: [said.kind for said in one.helper.said] for one in found} == {
        "Cora": ["wrote"],
        "Ben": ["offers"],
    }


def test_who_did_not_opt_in_or_does_not_show_it_is_not_found(known):
    opts_in(known, "cora", purposes=("introductions",))
    opts_in(known, "ben", shown=(), offers=["explaining when spring tides come"])
    assert names(known) == []


def test_a_post_that_its_author_keeps_out_of_matching_tells_nothing(core, known, cast):
    from cohost.store.consents import Consents

    core.uses.set_consents(cast.caller("ben"), Consents(matching=False), OPERATOR)
    known.put(
        "lounge", "ben", "When do spring tides come?! At new moon.", kind="post", author_id="ben", parent_id="old"
    )
    opts_in(known, "ben")
    assert names(known) == ["Cora"]


def test_what_an_approved_answer_quotes_counts_more(known):
    known.put("lounge", "ben", "When spring tides come, the moon is new or full.", kind="post", author_id="ben")
    opts_in(known, "ben")
    before = {
        one.name: one.helper.strength for one in known.core.helping.helpers(known.cast.caller("hana"), known.ask().id)
    }
    assert before["Ben"] == pytest.approx(before["Cora"], rel=0.05)
    quoted = known.draft(space="lounge")
    edited = known.decide("edit", quoted, payload={"text": "> When spring tides come, the moon is new or full."})
    known.work()
    (marked,) = {item.source_id for item in known.now(edited).evidence}
    after = {one.name: one.helper for one in known.core.helping.helpers(known.cast.caller("hana"), known.ask().id)}
    author = {"old": "Cora", "ben": "Ben"}[marked]
    assert after[author].strength > 1.1 * before[author]


def test_one_invitation_is_approved_and_each_of_them_gets_a_message(core, known):
    draft = put_to_members(known)
    assert known.now(draft).held_until is not None
    (one,) = invitations(known)
    assert one.payload["title"] == "Ask Ben and Cora first" or one.payload["title"] == "Ask Cora and Ben first"
    assert [p.message.text for p in known.outbox(one)] == []  # nothing goes out without a person
    known.publish(one)
    with core.store.read() as tx:
        (note,) = board.notes_to(tx, HERE, "cora")
    assert note.text.startswith("Hello Cora,\n\nYou have told us that you like to help")
    assert "what somebody asked in Course." in note.text
    assert f"> {QUESTION}" in note.text
    assert "Ben" not in note.text
    assert [p.message.title for p in known.outbox(one)] == [TITLE, TITLE]


def test_a_reply_that_answers_turns_the_draft_into_a_highlight_of_it(core, known):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    turned = reply(known, draft)
    assert turned.status == "pending"
    assert turned.held_until is None
    assert turned.payload["answered_by"] == "cora"
    assert turned.payload["text"].startswith("Cora has answered this:\n\n> Spring tides come twice a month")
    assert [item.source_id for item in turned.evidence] == ["reply-cora"]
    known.publish(turned)
    assert "Cora has answered" in core.questions.get(known.cast.caller("ada"), draft.request_id).answer.text


def test_a_reply_that_does_not_answer_changes_nothing(known):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    assert reply(known, draft, text="Good morning to everybody, lovely weather today.") == known.now(draft)
    assert known.now(draft).payload == draft.payload
    assert known.now(draft).held_until is not None


def test_without_a_reply_the_draft_comes_back_and_an_open_invitation_goes(known, clock):
    draft = put_to_members(known, days=3)
    (one,) = invitations(known)
    clock.forward(days=3, minutes=1)
    known.work()
    back = known.now(draft)
    assert (back.status, back.held_until, back.notice) == ("pending", None, NO_REPLY)
    assert back.payload == draft.payload
    assert known.now(one).status == "withdrawn"


def test_replies_that_are_not_sure_to_answer_are_pointed_out_when_time_is_over(known, clock):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    reply(known, draft, text="Good morning to everybody, lovely weather today.")
    clock.forward(days=2, minutes=1)
    known.work()
    assert known.now(draft).notice == LOOK


def test_where_nobody_knows_or_a_host_says_no_the_draft_comes_back_at_once(known):
    draft = put_to_members(known)
    known.decide("reject", invitations(known)[0])
    known.work()
    assert known.now(draft).held_until is None
    opts_in(known, "cora", purposes=())
    opts_in(known, "ben", purposes=())
    again = put_to_members(known)
    assert known.now(again).held_until is None
    assert len(invitations(known)) == 1


def test_a_host_may_decide_while_it_waits_and_nobody_is_asked_any_more(known):
    draft = put_to_members(known)
    (one,) = invitations(known)
    known.publish(known.now(draft))
    known.work()
    assert known.now(one).status == "withdrawn"


def test_a_reply_that_is_deleted_takes_its_highlight_along_and_a_draft_is_made_anew(known):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    reply(known, draft)
    known.delete("course", "reply-cora")
    known.work()
    *_, newest = known.of(known.core.questions.get(known.cast.caller("hana"), draft.request_id))
    assert newest.status == "pending"
    assert newest.payload["answered_by"] == ""


def test_after_an_edit_the_highlight_is_still_the_members(known):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    turned = reply(known, draft)
    text = f"{turned.payload['text']}\n\nWell said."
    edited = known.decide("edit", turned, payload={"text": text})
    assert edited.payload["text"].startswith("Cora has answered this:")
    assert edited.payload["answered_by"] == "cora"


def test_what_cannot_wait_is_said(known):
    asks = known.core.helping.ask
    hana = known.cast.caller("hana")
    private = known.draft(space=None)
    with pytest.raises(Conflict, match="eyes alone"):
        asks(hana, private.id, OPERATOR)
    draft = known.draft()
    with pytest.raises(InvalidInput, match="1 to 14 days"):
        asks(hana, draft.id, OPERATOR, days=15)
    asks(hana, draft.id, OPERATOR)
    with pytest.raises(Conflict, match="could wait"):
        asks(hana, draft.id, OPERATOR)
    known.settings(jobs=("answer",))
    with pytest.raises(Conflict, match="`help`"):
        asks(hana, known.draft().id, OPERATOR)


def test_who_is_asked_for_as_much_as_they_have_room_for_is_left_in_peace(known):
    opts_in(known, "cora", capacity=1)
    opts_in(known, "ben")
    put_to_members(known)
    assert names(known) == []


def test_a_block_hides_a_person_before_the_invitation_and_stops_it_after(known):
    put_to_members(known)
    (one,) = invitations(known)
    with known.core.store.write() as tx:
        safety_cases.block(tx, HERE, "cora", "ada", known.clock())
    assert names(known) == ["Ben"]
    with pytest.raises(Conflict, match="withdrawn"):
        known.approve(one)


def test_a_reply_of_somebody_kept_apart_is_not_held_up_to_the_asker(known):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    with known.core.store.write() as tx:
        safety_cases.block(tx, HERE, "ada", "cora", known.clock())
    assert reply(known, draft).payload == draft.payload


@pytest.mark.parametrize("who", ["ada", "cora"])
def test_of_somebody_who_is_erased_no_word_stays(core, known, who):
    draft = put_to_members(known)
    known.publish(invitations(known)[0])
    reply(known, draft, text=f"{REPLY} Zanzibar.")
    core.erasure.erase(HERE, who, OPERATOR)
    left = known.everything()
    assert {"ada": QUESTION, "cora": "Zanzibar"}[who] not in left
    assert "Hello Cora" not in left
