"""The pages on which hosts build their Big Purpose, set themes, and pick guidelines."""

from __future__ import annotations

import html
import re

import pytest
from console_visitor import Visitor, field

from cohost.store import people

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

ANSWERS = {
    "who": "people who sail", "together": "plan a trip each month\nshare charts", "brings": "everyone sails home safely",
    "goals": "", "voice": "We",
}  # fmt: skip


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


def community(core):
    with core.store.read() as tx:
        return people.community(tx, "harbour")


def sentences(page):
    return [html.unescape(found) for found in re.findall(r'name="sentence" value="([^"]*)"', page)]


def test_a_host_answers_chooses_and_takes_an_earlier_version_again(hana, core):
    page = hana.submit("/purpose/drafts", on="/purpose", **ANSWERS).text
    offered = sentences(page)
    assert len(offered) >= 3
    parts = {"for_whom": "People who sail", "goals": "", "activities": "Trips", "outcome": "Home", "own": ""}
    saved = hana.submit("/purpose", on="/purpose", version=field(page, "version"), sentence=offered[1], **parts)
    assert "Saved." in saved.text
    assert offered[1] in html.unescape(saved.text)
    assert "by Hana" in saved.text
    assert (community(core).big_purpose.sentence, community(core).big_purpose.activities) == (offered[1], ("Trips",))
    again = hana.submit("/purpose/restore", on="/purpose", version="1", seen="2").text
    assert "version 1 again" in again
    assert (community(core).big_purpose.version, community(core).big_purpose.sentence) == (3, "")


def test_a_hosts_own_words_go_before_the_drafts(hana, core):
    sent = {"version": "1", "sentence": "Drafted.", "own": "We sail.", "for_whom": "", "goals": "", "activities": ""}
    hana.submit("/purpose", on="/purpose", outcome="", **sent)
    assert community(core).big_purpose.sentence == "We sail."


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/purpose/drafts", ANSWERS | {"brings": ""}, "what it brings"),
        ("/purpose/drafts", ANSWERS | {"together": "sail\n" * 6}, "at most 5 lines"),
        ("/purpose", {"version": "1", "sentence": "", "own": ""}, "Choose a sentence"),
        ("/purpose", {"version": "7", "own": "We sail."}, "now it is 1"),
        ("/purpose", {"version": "1", "own": "We sail.", "goals": "x" * 1001}, "1,000 characters each"),
        ("/purpose", {"version": "1", "own": "We sail.", "activities": "x\n" * 101}, "at most 100 lines"),
        ("/purpose", {"version": "9" * 15, "own": "We sail."}, "now it is 1"),
        ("/purpose/restore", {"version": "9", "seen": "1"}, "no version 9"),
        ("/purpose/restore", {"version": "9" * 15, "seen": "1"}, "no version 2147483647"),
        ("/purpose/themes", {"period": "May", "title": "Tides"}, "no month and no week"),
        ("/purpose/themes/remove", {"period": "2026-05"}, "no theme"),
        ("/purpose/guidelines", {"picked": "kindness", "text-kindness": "Be kind."}, "Tick at least one"),
        ("/purpose/guidelines/proposals", {"self-promotion": "perhaps"}, "answered by one of"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(hana, core, path, fields, said):
    before = community(core)
    answer = hana.submit(path, on="/purpose", **fields)
    assert 400 <= answer.status_code < 500
    assert said in html.unescape(answer.text)
    assert community(core) == before


def test_what_was_typed_stays_beside_the_refusal(hana):
    assert "plan a trip each month" in hana.submit("/purpose/drafts", on="/purpose", **(ANSWERS | {"who": "…"})).text


def test_themes_are_set_and_removed(hana, core):
    assert "Spring tides" in hana.submit("/purpose/themes", on="/purpose", period="2026-W12", title="Spring tides").text
    assert [one.period for one in core.themes.listed("harbour")] == ["2026-W12"]
    assert "Spring tides" not in hana.submit("/purpose/themes/remove", on="/purpose", period="2026-W12").text


def test_proposals_are_picked_and_edited(hana, core):
    page = hana.submit("/purpose/guidelines/proposals", on="/purpose/guidelines", **{"self-promotion": "no"}).text
    assert "not to sell" in page
    sent = {"picked": "self-promotion", "text-self-promotion": "Sell nothing here.", "text-kindness": "Not ticked."}
    hana.submit("/purpose/guidelines", on="/purpose/guidelines", **sent)
    assert community(core).guidelines == ("Be kind.", "Sell nothing here.")


def test_the_pages_are_for_hosts(client, core):
    mo = Visitor(client, core).sign_in("mo")
    assert [mo.get(path).status_code for path in ("/purpose", "/purpose/guidelines")] == [403, 403]
