"""The pages on which hosts look after their community."""

from __future__ import annotations

import html
import re

import pytest
from console_visitor import Visitor

from cohost.budget import StoredBudget
from cohost.store import people
from cohost.structured import Usage

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

FORM = {
    "name": "Harbour School", "version": "1", "for_whom": "sailors", "goals": "Sail home\n\nTie a bowline",
    "activities": "", "outcome": "Everyone sails.", "guidelines": "Be kind.", "caution": "careful",
    "answer_words": "120", "waiting_text": "One moment.", "words_excluded": "amazing\ngame changer",
}  # fmt: skip


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


def community(core):
    with core.store.read() as tx:
        return people.community(tx, "harbour")


def test_a_host_changes_the_big_purpose_and_the_settings(hana, core):
    assert "Saved." in hana.submit("/community", on="/community", **FORM).text
    now = community(core)
    assert now.big_purpose.goals == ("Sail home", "Tie a bowline")
    assert now.big_purpose.version == 2
    assert now.settings.caution == "careful"
    assert now.settings.waiting_text == "One moment."
    assert now.settings.words_excluded == ("amazing", "game changer")


def test_what_is_not_ticked_comes_only_when_asked_for(hana, core):
    hana.submit("/community", on="/community", **FORM, by_itself=["prompt", "welcome"])
    assert community(core).settings.unasked_off == ("recap", "kickoff")
    page = hana.text("/community")
    assert re.findall(r'name="by_itself" value="(\w+)" checked', page) == ["prompt", "welcome"]


def test_too_many_words_to_avoid_are_refused_and_kept(hana):
    answer = hana.submit("/community", on="/community", **{**FORM, "words_excluded": "\n".join(map(str, range(51)))})
    assert answer.status_code == 422
    assert "Words to avoid" in answer.text
    assert "\n50</textarea>" in answer.text


def test_saving_what_was_there_changes_nothing(hana, core):
    before = community(core)
    page = hana.text("/community")
    lines = re.findall(r'<input[^>]*name="(name|version|answer_words|waiting_text)"[^>]*value="([^"]*)"', page)
    texts = re.findall(
        r'<textarea id="(for_whom|goals|activities|outcome|words_excluded)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL
    )
    fields = {name: html.unescape(value) for name, value in lines + texts}
    fields["by_itself"] = re.findall(r'name="by_itself" value="(\w+)" checked', page)
    hana.submit("/community", on="/community", **fields, guidelines="Be kind.", caution="balanced")
    assert community(core) == before


def test_two_hosts_do_not_overwrite_each_other(hana):
    hana.submit("/community", on="/community", **FORM)
    late = hana.submit("/community", on="/community", **{**FORM, "outcome": "Mine", "version": "1"})
    assert late.status_code == 409
    assert "Mine" in late.text


def test_a_value_out_of_bounds_is_named_and_the_rest_kept(hana):
    answer = hana.submit("/community", on="/community", **{**FORM, "answer_words": "5"})
    assert answer.status_code == 422
    assert "Longest answer" in answer.text
    assert "Everyone sails." in answer.text


def test_a_host_makes_a_sign_in_link_that_signs_that_person_in(hana, client, core):
    page = hana.submit("/people/sign-in-link", on="/people", member="ada").text
    assert "A sign-in link for Ada" in page
    path = re.search(r'value="[^"]*(/sign-in/[^"]*)"', page)[1]
    ada = Visitor(client, core)
    ada.submit(path, on=path)
    assert "Ask a question" in ada.text("/")
    assert path not in hana.text("/people")


def test_no_link_is_made_for_somebody_who_is_not_here(hana):
    answer = hana.submit("/people/sign-in-link", on="/people", member="stranger")
    assert answer.status_code == 422
    assert "not an active member" in answer.text


def test_the_audit_says_who_did_what(hana):
    hana.submit("/people/sign-in-link", on="/people", member="ada")
    page = hana.text("/audit")
    assert "Hana" in page
    assert "sign in link" in page


def test_the_audit_is_paged(hana):
    for _ in range(51):
        hana.submit("/people/sign-in-link", on="/people", member="ada")
    older = re.search(r'href="(/audit\?before=\d+)"', hana.text("/audit"))[1]
    assert "source" in hana.text(older)


def test_a_host_reads_what_the_language_model_cost(hana, core, clock):
    assert "No language model is connected" in hana.text("/community")
    budget = StoredBudget(core.store, 10_000, clock)
    budget.settle(budget.reserve("harbour", "answer", 10), Usage(1_000, 234))
    clock.forward(days=1)
    budget.settle(budget.reserve("harbour", "answer", 10), Usage(5, 1))
    row = hana.text("/community").partition("What the language model costs")[2]
    assert re.search(r"Answer</th><td>6</td><td>1,240</td>", row)
