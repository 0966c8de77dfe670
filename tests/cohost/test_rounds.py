"""Rounds of introductions: matched by the worker, approved by a host, accepted by everybody, and only then with names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from story import HERE, Story

from cohost.errors import AlreadyDecided, Conflict, InvalidInput, NotFound
from cohost.model import Caller, Member
from cohost.rounds import RoundView
from cohost.store import board, people, profiles, rounds, safety_cases
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.suggestion import Suggestion

ALL = ("goals", "interests", "offers", "asks", "languages", "time_zone")
WORDS = {
    "ada": {"asks": ["reading charts"], "offers": ["tying knots"], "goals": ["sail to the island"], "languages": ["English"]},
    "ben": {"asks": ["tying knots"], "offers": ["reading charts"], "goals": ["sail to the island"], "languages": ["English"]},
    "cora": {"asks": ["engine care"], "interests": ["old maps"], "languages": ["English"]},
    "dan": {"offers": ["engine care"], "interests": ["old maps"], "languages": ["English"]},
}  # fmt: skip


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("match",))
    with story.core.store.write() as tx:
        for name in ("cora", "dan"):
            people.put_member(tx, HERE, Member(name, name.title()), story.clock())
    for name in WORDS:
        write(story, name)
    return story


def write(
    story: Story, name: str, *, shown: Sequence[str] = ALL, purposes: Sequence[str] = ("introductions",), **fields: Any
) -> None:
    stored = StoredProfile(name, {**WORDS[name], **fields}, tuple(shown), tuple(purposes))
    with story.core.store.write() as tx:
        profiles.put(tx, HERE, stored, story.clock())
        story.core.approval.recheck_after_profile_change(tx, HERE, name)


def made(story: Story, **asked: Any) -> RoundView:
    ends = story.clock() + timedelta(days=10)
    found = story.core.rounds.make(story.cast.caller("hana"), asked, ends, OPERATOR)
    story.work()
    return story.core.rounds.view(HERE, found.id)


def pairs(view: RoundView) -> set[frozenset[str]]:
    return {frozenset(one.destination.member_ids) for one in view.introductions if one.status != "withdrawn"}


def of(view: RoundView, member: str) -> Suggestion:
    return next(one for one in view.introductions if member in one.destination.member_ids and one.status != "withdrawn")


def invited(story: Story, who: str):  # type: ignore[no-untyped-def]  # its only open invitation
    with story.core.store.read() as tx:
        return next(iter(rounds.of_member(tx, HERE, who)))


def notes(story: Story, who: str) -> list[str]:
    with story.core.store.read() as tx:
        return [note.text for note in board.notes_to(tx, HERE, who)]


def answer(story: Story, who: str, *, accept: bool, not_again: bool = False) -> None:
    caller = Caller(HERE, "member", who, "key", "key_x")
    story.core.invitations.answer(caller, invited(story, who).id, accept=accept, not_again=not_again)
    story.work()


def test_who_asks_meets_who_offers_and_the_reasons_are_their_own_words(on: Story) -> None:
    view = made(on)
    assert pairs(view) == {frozenset({"ada", "ben"}), frozenset({"cora", "dan"})}
    said = of(view, "ada").payload["reasons"]
    assert "Ben offers “reading charts”, and Ada asks for “reading charts”." in said
    assert "Ada and Ben have the same goal: “sail to the island”." in said


def test_nothing_leaves_the_desk_before_a_host_approves(on: Story) -> None:
    made(on)
    assert [notes(on, who) for who in WORDS] == [[], [], [], []]
    assert on.core.invitations.listed(on.cast.caller("ada")) == []


def test_an_invitation_names_nobody_and_names_follow_when_both_accept(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    (note,) = notes(on, "ada")
    assert "Ben" not in note
    assert "Somebody offers “reading charts”, and you asked for “reading charts”." in note
    answer(on, "ada", accept=True)
    assert len(notes(on, "ada")) == 1
    answer(on, "ben", accept=True)
    assert "You both said yes: meet Ben." in notes(on, "ada")[0]
    assert "You both said yes: meet Ada." in notes(on, "ben")[0]
    assert on.now(of(view, "ada")).status == "published"


def test_a_no_stays_unknown_until_the_deadline_and_after_it(on: Story, clock: Any) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    answer(on, "ada", accept=True)
    answer(on, "ben", accept=False)
    (mine,) = on.core.invitations.listed(on.cast.caller("ada"))
    assert (mine.state, len(notes(on, "ada"))) == ("accepted", 1)
    clock.forward(days=11)
    on.work()
    (mine,) = on.core.invitations.listed(on.cast.caller("ada"))
    assert (mine.state, len(notes(on, "ada"))) == ("over", 1)


def test_the_last_word_counts_until_names_are_exchanged(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    answer(on, "ada", accept=False)
    answer(on, "ben", accept=True)
    answer(on, "ada", accept=True)
    assert "meet Ben" in notes(on, "ada")[0]
    with pytest.raises(Conflict):
        answer(on, "ada", accept=False)


def test_who_does_not_answer_is_reminded_once(on: Story, clock: Any) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    answer(on, "ada", accept=True)
    for _ in range(3):
        clock.forward(days=2)
        on.work()
    assert (len(notes(on, "ada")), len(notes(on, "ben"))) == (1, 2)
    assert "still waits" in notes(on, "ben")[0]


def test_not_this_person_again_is_a_secret_block(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    answer(on, "ben", accept=False, not_again=True)
    with on.core.store.read() as tx:
        assert safety_cases.blocked_by(tx, HERE, "ben") == ["ada"]
    assert frozenset({"ada", "ben"}) not in pairs(made(on, no_repeat_rounds=0))


def test_a_yes_and_never_again_at_once_is_asked_back(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    with pytest.raises(InvalidInput, match="goes with a no"):
        answer(on, "ben", accept=True, not_again=True)
    assert invited(on, "ben").answer == ""


def test_nobody_meets_again_whom_they_met_lately(on: Story) -> None:
    first = made(on)
    for one in first.introductions:
        on.approve(one)
    on.work()
    assert not pairs(made(on)) & pairs(first)
    assert pairs(made(on, no_repeat_rounds=0)) == pairs(first)


@pytest.mark.parametrize("secret", ["block", "opted out", "left"])
def test_what_changed_since_withdraws_it_before_anything_is_sent(on: Story, secret: str) -> None:
    view = made(on)
    with on.core.store.write() as tx:
        if secret == "block":
            safety_cases.block(tx, HERE, "ben", "ada", on.clock())
        if secret == "left":
            people.put_member(tx, HERE, Member("ben", "Ben", active=False), on.clock())
    if secret == "opted out":
        write(on, "ben", purposes=())
    with pytest.raises((Conflict, AlreadyDecided)):
        on.approve(of(view, "ada"))
    on.work()
    assert on.now(of(view, "ada")).status == "withdrawn"
    assert notes(on, "ada") == []
    assert len(on.core.rounds.view(HERE, view.round.id).introductions) == 2  # and no new one came of it


def test_a_block_after_both_were_invited_keeps_the_names(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    answer(on, "ada", accept=True)
    with on.core.store.write() as tx:
        safety_cases.block(tx, HERE, "ben", "ada", on.clock())
    answer(on, "ben", accept=True)
    assert all("meet" not in note.splitlines()[0] for note in notes(on, "ada") + notes(on, "ben"))


def test_what_a_member_does_not_show_stands_in_no_text(on: Story) -> None:
    for name in WORDS:
        write(on, name, shown=("languages",))
    view = made(on)
    texts = " ".join(str(one.payload) for one in view.introductions)
    assert not any(word in texts for word in ("charts", "knots", "engine", "maps", "island"))
    assert "both speak English" in texts


def test_the_same_round_with_a_block_tells_no_secret(on: Story) -> None:
    free = made(on)
    with on.core.store.write() as tx:
        safety_cases.block(tx, HERE, "ada", "ben", on.clock())
    blocked = made(on)
    assert frozenset({"ada", "ben"}) not in pairs(blocked)
    assert free.asked == blocked.asked
    words = " ".join(str(one.payload) + one.rationale for one in blocked.introductions) + str(blocked.round.left_out)
    assert not any(word in words.lower() for word in ("block", "report", "safety", "secret"))
    same = {"purpose": "introductions"}
    assert on.core.rounds.feasibility(HERE, same).with_partner == 4  # as without the block


def test_the_host_locks_one_drops_another_and_matches_again(on: Story) -> None:
    view = made(on, no_repeat_rounds=0)
    kept, dropped = of(view, "ada"), of(view, "cora")
    on.core.rounds.again(on.cast.caller("hana"), view.round.id, locked=[kept.id], dropped=[dropped.id], actor=OPERATOR)
    on.work()
    again = on.core.rounds.view(HERE, view.round.id)
    assert on.now(kept).status == "pending"
    assert on.now(dropped).status == "withdrawn"
    assert pairs(again) == {frozenset({"ada", "ben"})}
    assert set(again.round.left_out) == {"cora", "dan"}


def test_a_round_is_approved_at_once_and_says_what_did_not_go(on: Story) -> None:
    view = made(on)
    write(on, "dan", purposes=())
    done = on.core.round_approval.approve(on.cast.caller("hana"), view.round.id)
    assert list(done.values()) == ["approved"]  # the other one was withdrawn when dan left
    on.work()
    assert on.core.rounds.view(HERE, view.round.id).invited == 2


def test_how_it_went_is_counted_and_repeated_no_shows_become_a_kind_hint(on: Story) -> None:
    for _ in range(2):
        view = made(on, no_repeat_rounds=0)
        on.approve(of(view, "ada"))
        on.work()
        for who in ("ada", "ben"):
            answer(on, who, accept=True)
        on.core.invitations.outcome(on.cast.caller("ada"), invited(on, "ada").id, met=True, again=True)
        on.core.invitations.outcome(on.cast.caller("ben"), invited(on, "ben").id, met=False, again=None)
    view = on.core.rounds.listed(HERE)[0]
    assert (view.met, view.not_met, view.again) == (1, 1, 1)
    (pause,) = on.core.rounds.pauses(HERE)
    assert pause.member_id == "ben"
    assert "break" in pause.text


def test_only_the_invited_see_and_answer_an_invitation(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    with pytest.raises(NotFound):
        on.core.invitations.answer(on.cast.caller("ben"), invited(on, "ada").id, accept=True)
    with pytest.raises(Conflict):
        on.core.invitations.outcome(on.cast.caller("ada"), invited(on, "ada").id, met=True, again=True)


def test_mentors_take_as_many_as_they_say(on: Story) -> None:
    write(on, "dan", purposes=("introductions", "helping"), capacity=1)
    write(on, "cora", asks=["engine care"])
    view = made(on, shape="mentors")
    assert len(view.introductions) == 1
    assert "dan" in view.introductions[0].destination.member_ids
    assert len(view.round.left_out) == 2


def test_matching_anew_gives_a_mentor_no_more_than_they_have_room_for(on: Story) -> None:
    for name in ("ada", "ben"):
        write(on, name, purposes=("introductions",))
    write(on, "dan", purposes=("introductions", "helping"), capacity=2, asks=["reading charts"])
    first = made(on, shape="mentors")
    locked = of(first, "dan")
    on.core.rounds.again(on.cast.caller("hana"), first.round.id, locked=[locked.id], dropped=[], actor=OPERATOR)
    on.work()
    view = on.core.rounds.view(HERE, first.round.id)
    helped = [one.destination.member_ids[0] for one in view.introductions if one.status == "pending"]
    assert len(helped) == len(set(helped)) == 2  # dan has room for two, and the one who is kept counts
    assert "dan" not in view.round.left_out


def test_a_group_exchanges_names_among_those_who_accept(on: Story, clock: Any) -> None:
    for name in WORDS:
        write(on, name, purposes=("groups",))
    view = made(on, shape="groups", purpose="groups", group_size=4)
    (one,) = view.introductions
    on.approve(one)
    on.work()
    for who in ("ada", "ben", "cora"):
        answer(on, who, accept=True)
    answer(on, "dan", accept=False)
    clock.forward(days=11)
    on.work()
    assert "You all said yes: meet Ben and Cora." in notes(on, "ada")[0]
    assert not any("meet" in note.splitlines()[0] for note in notes(on, "dan"))


@pytest.mark.parametrize(
    "asked", [{"shape": "circle"}, {"group_size": 9}, {"weights": {"charm": 1.0}}, {"overlap_hours": -1}]
)
def test_a_round_that_cannot_be_is_refused_with_the_field(on: Story, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        made(on, **asked)


def test_a_deadline_that_is_over_is_refused(on: Story) -> None:
    with pytest.raises(InvalidInput):
        on.core.rounds.make(on.cast.caller("hana"), {}, on.clock() - timedelta(days=1), OPERATOR)


def test_an_edit_changes_what_both_read_and_nothing_else(on: Story) -> None:
    one = of(made(on), "ada")
    edited = on.decide("edit", one, payload={"text": "Talk about the island.", "people": [], "title": "x"})
    assert edited.payload["text"] == "Talk about the island."
    assert edited.payload["people"] == one.payload["people"]
    on.work()
    for who in ("ada", "ben"):
        answer(on, who, accept=True)
    assert "Talk about the island." in notes(on, "ada")[0]


def test_an_erased_member_leaves_no_word_in_rounds_and_invitations(on: Story) -> None:
    view = made(on)
    on.approve(of(view, "ada"))
    on.work()
    on.core.erasure.erase(HERE, "ben", OPERATOR)
    again = on.core.rounds.view(HERE, view.round.id)
    assert "Ben" not in str([one.payload for one in again.introductions])
    assert "reading charts" not in str([one.payload for one in again.introductions])


def test_what_fits_many_people_is_looked_at_in_another_process(on: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"rules": [{"kind": "cluster", "field": "languages"}]}
    here = on.core.rounds.feasibility(HERE, asked)
    monkeypatch.setattr("cohost.rounds.IN_A_PROCESS", 0)
    assert on.core.rounds.feasibility(HERE, asked) == here
