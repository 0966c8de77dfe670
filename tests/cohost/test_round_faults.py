"""What goes wrong in the middle of a round: workers die, people leave, two answer at once, a job is switched off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from story import HERE, Story

from cohost import jobs
from cohost.jobs import match
from cohost.jobs.match_round import present
from cohost.jobs.match_words import tells_who
from cohost.jobs.shape import Tools
from cohost.model import Caller, Member, Request
from cohost.ports import FloatArray
from cohost.store import people, profiles, requests, rounds
from cohost.store.audit import OPERATOR
from cohost.store.profiles import StoredProfile
from cohost.testing import HashEmbedder
from cohost.withdrawal import withdraw
from tests.cohost.match_case import here
from tests.cohost.test_rounds import WORDS, answer, invited, made, notes, of, on, pairs, write

__all__ = ["on"]  # the fixture


class Meddling(HashEmbedder):
    """Does something while texts are embedded."""

    def __init__(self, meddle: Callable[[], object] | None) -> None:
        super().__init__()
        self.meddle = meddle

    def embed(self, texts: Sequence[str]) -> FloatArray:
        if self.meddle:
            then, self.meddle = self.meddle, None
            then()
        return super().embed(texts)


def claimed(story: Story) -> Request:
    story.core.rounds.make(story.cast.caller("hana"), {}, story.clock() + timedelta(days=9), OPERATOR)
    with story.core.store.write() as tx:
        request = requests.claim(tx, story.clock())
    assert request is not None
    return request


def tools(story: Story, meddle: Callable[[], object] | None = None) -> Tools:
    with story.core.store.read() as tx:
        community = people.community(tx, HERE)
    return Tools(story.core.store, story.core.search, None, story.clock, community, embedder=Meddling(meddle), run=here)


def test_a_worker_that_dies_before_the_drafts_are_stored_costs_nobody_their_introduction(on: Story, clock) -> None:  # type: ignore[no-untyped-def]
    request = claimed(on)
    match.propose(request, tools(on))  # and it is gone
    (view,) = on.core.rounds.listed(HERE)
    assert (view.round.status, view.introductions) == ("waiting", ())
    clock.forward(minutes=6)  # its lease is over
    on.work()
    (view,) = on.core.rounds.listed(HERE)
    assert view.round.status == "proposed"
    assert pairs(view) == {frozenset({"ada", "ben"}), frozenset({"cora", "dan"})}


def test_a_worker_that_dies_after_the_drafts_are_stored_proposes_nobody_twice(on: Story, clock) -> None:  # type: ignore[no-untyped-def]
    request = claimed(on)
    jobs.run(request, tools(on), max_characters=10_000)
    clock.forward(minutes=6)
    on.work()
    (view,) = on.core.rounds.listed(HERE)
    assert len(view.introductions) == 2


def test_a_worker_that_was_thought_dead_leaves_the_round_to_the_other(on: Story, clock) -> None:  # type: ignore[no-untyped-def]
    slow = claimed(on)

    def meanwhile() -> None:
        clock.forward(minutes=6)
        on.work()

    assert jobs.run(slow, tools(on, meanwhile), max_characters=10_000) == []
    (view,) = on.core.rounds.listed(HERE)
    assert (view.round.status, len(view.introductions)) == ("proposed", 2)


def test_what_a_broken_try_stored_stands_and_the_others_are_matched(on: Story) -> None:
    view = made(on)
    first, lost = of(view, "ada"), of(view, "cora")
    with on.core.store.write() as tx:  # as if the worker had gone between two transactions
        withdraw(tx, lost, "Gone.", now=on.clock())
        rounds.again(tx, view.round.id, view.round.asked)
        again = Request("rq_again", HERE, "match", {"round_id": view.round.id}, None, None, "waiting", 0, on.clock())
        requests.add(tx, again)
    on.work()
    after = on.core.rounds.view(HERE, view.round.id)
    assert sorted(one.status for one in after.introductions) == ["pending", "pending", "withdrawn"]
    assert (of(after, "ada").id, pairs(after)) == (first.id, pairs(view))


def test_a_round_of_many_is_stored_in_several_steps(on: Story) -> None:
    with on.core.store.write() as tx:
        for at in range(2 * jobs.AT_ONCE + 10):
            people.put_member(tx, HERE, Member(f"m{at}", f"M {at}"), on.clock())
            profiles.put(tx, HERE, StoredProfile(f"m{at}", {}, (), ("introductions",)), on.clock())
    made_of = jobs.run(claimed(on), tools(on), max_characters=10_000)
    (view,) = on.core.rounds.listed(HERE)
    assert (len(made_of), len(view.introductions), view.round.status) == (57, 57, "proposed")


def test_somebody_erased_while_the_round_is_matched_stands_in_no_draft(on: Story) -> None:
    request = claimed(on)
    jobs.run(request, tools(on, lambda: on.core.erasure.erase(HERE, "ben", OPERATOR)), max_characters=10_000)
    (view,) = on.core.rounds.listed(HERE)
    assert pairs(view) == {frozenset({"cora", "dan"})}
    assert "tying knots" not in str([row["payload"] for row in on.rows("suggestions") if "ben" in str(row)])


def test_a_round_whose_job_is_switched_off_has_failed_and_can_be_matched_anew(on: Story) -> None:
    on.core.rounds.make(on.cast.caller("hana"), {}, on.clock() + timedelta(days=9), OPERATOR)
    on.settings(jobs=())
    on.work()
    (view,) = on.core.rounds.listed(HERE)
    assert view.round.status == "failed"
    on.settings(jobs=("match",))
    on.core.rounds.again(on.cast.caller("hana"), view.round.id, locked=[], dropped=[], actor=OPERATOR)
    on.work()
    (view,) = on.core.rounds.listed(HERE)
    assert (view.round.status, len(view.introductions)) == ("proposed", 2)


def test_two_who_say_yes_at_once_learn_the_names_at_once_and_one_time(on: Story) -> None:
    view = made(on)
    for one in view.introductions:
        on.approve(one)
    on.work()
    ids = {who: invited(on, who).id for who in WORDS}
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda who: _accept(on, who, ids[who]), WORDS))
    on.work()
    for who in WORDS:
        assert sum("You both said yes" in note for note in notes(on, who)) == 1


def test_of_two_workers_one_reminds_and_one_closes(on: Story, clock) -> None:  # type: ignore[no-untyped-def]
    view = made(on)
    for one in view.introductions:
        on.approve(one)
    on.work()
    clock.forward(days=6)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: on.core.invitations.step(), range(4)))
    on.work()
    assert [len(notes(on, who)) for who in WORDS] == [2, 2, 2, 2]
    clock.forward(days=6)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: on.core.invitations.step(), range(4)))
    assert {invited(on, who).exchanged_at for who in WORDS} == {None}
    assert on.core.invitations.step() is False


def test_who_never_comes_is_found_though_they_say_nothing(on: Story) -> None:
    for name in WORDS:
        write(on, name, purposes=("introductions",))
    for _ in range(3):  # ben is with another one each time, and none of them meets him
        view = made(on)
        for one in view.introductions:
            on.approve(one)
        on.work()
        for who in WORDS:
            answer(on, who, accept=True)
        with_ben = next(iter(set(of(view, "ben").destination.member_ids) - {"ben"}))
        _tell(on, with_ben, met=False)
        for who in set(WORDS) - {"ben", with_ben}:
            _tell(on, who, met=True)
    (pause,) = on.core.rounds.pauses(HERE)
    assert (pause.member_id, pause.times) == ("ben", 3)
    assert "though everybody had said yes" in pause.text


def test_being_left_out_of_a_study_group_does_not_hide_having_been_left_out_of_introductions(on: Story) -> None:
    write(on, "dan", purposes=())  # an odd number, and a rule that allows no three
    write(on, "cora", languages=["Basque"])
    view = made(on, shared_language=True)
    assert set(view.round.left_out) == {"cora"}
    made(on, shape="groups", purpose="groups")  # nobody opted in to groups
    write(on, "cora", languages=["English"])
    with on.core.store.read() as tx:
        skipped = {one.member_id: one.skipped for one in present(tx, HERE, "introductions", on.clock()).profiles}
    assert skipped == {"ada": 0, "ben": 0, "cora": 1, "dan": 0}


def test_what_gives_away_who_it_is_stands_in_no_invitation(on: Story) -> None:
    write(on, "ben", offers=["Reading charts with Ben"], goals=["sail to the island"])
    view = made(on)
    shown = of(view, "ada")
    assert "with Ben" not in shown.payload["invitations"]["ada"]
    assert "sail to the island" in shown.payload["invitations"]["ada"]


@pytest.mark.parametrize("text", ["ask Ben!", "me@harbour.example", "www.harbour.example", "//harbour"])
def test_names_and_addresses_give_away_who_it_is(text: str) -> None:
    assert tells_who(text, "Ben of the Harbour")


def test_short_words_of_a_name_give_nobody_away() -> None:
    assert not tells_who("to be or not to be", "Jo To")


def _accept(story: Story, who: str, invitation_id: str) -> None:
    story.core.invitations.answer(Caller(HERE, "member", who, "key", "key_x"), invitation_id, accept=True)


def _tell(story: Story, who: str, *, met: bool) -> None:
    caller = Caller(HERE, "member", who, "key", "key_x")
    story.core.invitations.outcome(caller, invited(story, who).id, met=met, again=None)
