"""The pages of introductions: a profile, a round, an invitation, and how it went."""

from __future__ import annotations

import pytest
from console_visitor import Visitor
from story import HERE

from api.console.introductions import picture

PROFILE = {
    "purposes": "introductions", "asks": "reading charts", "offers": "tying knots", "goals": "", "interests": "old maps",
    "languages": "English", "about": "", "level": "1", "time_zone": "Europe/Lisbon", "free": "mon 18-21", "capacity": "",
}  # fmt: skip
RULES = {
    "title": "Spring",
    "shape": "pairs",
    "group_size": "4",
    "overlap_hours": "0",
    "no_repeat_rounds": "6",
    "days": "7",
}


@pytest.fixture
def written(core, client, story):
    story.settings(jobs=("match",))
    for who, change in (("ada", {}), ("ben", {"asks": "tying knots", "offers": "reading charts"})):
        visitor = Visitor(client, core).sign_in(who)
        sent = {**PROFILE, **change, "shown": ["asks", "offers", "interests", "languages"]}
        assert "Saved." in visitor.submit("/introductions", on="/introductions", **sent).text


def test_a_round_from_the_form_to_names_and_back(core, client, written, story):
    hana = Visitor(client, core).sign_in("hana")
    assert "2 of them could meet somebody" in hana.submit("/match", on="/match", **RULES, look="yes").text
    assert "is being matched" in hana.submit("/match", on="/match", **RULES).text
    story.work()
    (view,) = core.rounds.listed(HERE)
    path = f"/match/{view.round.id}"
    page = hana.text(path)
    assert "Introduce Ada and Ben" in page
    assert "Ben offers “reading charts”, and Ada asks for “reading charts”." in page
    detail = hana.text(f"/queue/{view.introductions[0].id}")
    assert "What each of them reads first" in detail
    hana.submit(path, on=path, do="approve")
    story.work()
    for who in ("ada", "ben"):
        visitor = Visitor(client, core).sign_in(who)
        (invitation,) = core.invitations.listed(story.cast.caller(who))
        sent = {"invitation": invitation.id, "answer": "accept"}
        assert "Thank you." in visitor.submit("/introductions/answer", on="/introductions", **sent).text
    ada = Visitor(client, core).sign_in("ada")
    assert "meet Ben" in ada.text("/introductions")
    (invitation,) = core.invitations.listed(story.cast.caller("ada"))
    ada.submit("/introductions/outcome", on="/introductions", invitation=invitation.id, outcome="again")
    assert "1 would meet again" in Visitor(client, core).sign_in("hana").text("/match")


def test_rules_are_chosen_in_an_order_and_told_where_they_are_not_kept(core, client, written, story):
    hana = Visitor(client, core).sign_in("hana")
    chosen = {"rule_0": "distribute:languages", "rule_1": "cluster:level"}
    page = hana.submit("/match", on="/match", **RULES, **chosen, look="yes").text
    assert "Not together: people who share a language. It cannot be kept for all:" in page
    assert "Together: people on one level. Nothing known is in its way." in page
    hana.submit("/match", on="/match", **RULES, **chosen)
    story.work()
    (view,) = core.rounds.listed(HERE)
    page = hana.text(f"/match/{view.round.id}")
    assert "Not together: people who share a language: kept in 0 of 1." in page
    assert "Not kept here. Not together: people who share a language." in page


def test_a_round_that_is_being_approved_tells_how_many_are_to_come(core, client, written, story, monkeypatch):
    monkeypatch.setattr("cohost.round_approval.AT_ONCE", 0)  # nothing at once
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/match", on="/match", **RULES)
    story.work()
    (view,) = core.rounds.listed(HERE)
    path = f"/match/{view.round.id}"
    hana.submit(path, on=path, do="approve")
    page = hana.text(path)
    assert "Introductions still to come: 1." in page
    assert "Match anew" not in page
    monkeypatch.setattr("cohost.round_approval.AT_ONCE", 5)
    story.work()
    assert "still to come" not in hana.text(path)


def test_what_a_reworded_profile_changed_stands_on_the_round(core, client, written, story):
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/match", on="/match", **RULES)
    story.work()
    (view,) = core.rounds.listed(HERE)
    path = f"/match/{view.round.id}"
    ben = {**PROFILE, "asks": "tying knots", "offers": "folding charts", "shown": ["offers"]}
    Visitor(client, core).sign_in("ben").submit("/introductions", on="/introductions", **ben)
    assert "since something they relied on changed: 1." in Visitor(client, core).sign_in("hana").text(path)


def test_a_host_matches_anew_without_two_people_together(core, client, written, story):
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/match", on="/match", **RULES)
    story.work()
    (view,) = core.rounds.listed(HERE)
    path = f"/match/{view.round.id}"
    hana.submit(path, on=path, do="again", drop=view.introductions[0].id)
    story.work()
    assert "Left out" in hana.text(path)


def test_a_profile_that_cannot_be_read_says_so_and_keeps_the_old_one(core, client, written, story):
    ada = Visitor(client, core).sign_in("ada")
    refused = ada.submit("/introductions", on="/introductions", **(PROFILE | {"free": "monday"}))
    assert "Nothing was saved" in refused.text
    assert ">monday</textarea>" in refused.text  # what was typed is not lost
    assert core.profiles.own(story.cast.caller("ada")).fields["free"] == ["mon 18-21"]


def test_rounds_are_for_hosts_and_a_wrong_rule_is_named(core, client, written):
    assert Visitor(client, core).sign_in("mo").get("/match").status_code == 403
    hana = Visitor(client, core).sign_in("hana")
    assert "group_size" in hana.submit("/match", on="/match", **(RULES | {"group_size": "9"})).text


def test_a_host_says_what_counts_and_sees_what_a_number_is_made_of(core, client, written, story):
    hana = Visitor(client, core).sign_in("hana")
    hana.submit("/match", on="/match", **RULES, weight_rhythm="none", weight_asks_offers="double")
    story.work()
    (view,) = core.rounds.listed(HERE)
    assert view.asked.weights == {"rhythm": 0.0, "asks_offers": 2.0}
    page = hana.text(f"/match/{view.round.id}")
    assert "What one asks for and the other offers: 1.00" in page
    assert "Writing about as often" not in page
    assert page.count("<circle") == 2


def test_a_picture_of_five_is_a_ring_within_its_frame():
    made = picture(["Ada", "Ben", "Cora", "Dan", "Eve"])
    assert len({(dot.x, dot.y) for dot in made.dots}) == 5
    assert all(0 < dot.x < 360 and 0 < dot.y < made.height - 20 for dot in made.dots)
