"""Hosts read what the co-host proposes, and decide."""

from __future__ import annotations

import re

import pytest
from console_visitor import Visitor, field

from cohost.errors import DeliveryUncertain
from cohost.store import suggestions

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # pages know no database

QUESTION = "When do spring tides come?"
QUOTE = "Spring tides come twice a month, at new moon and at full moon."


@pytest.fixture
def ada(client, core):
    return Visitor(client, core).sign_in("ada")


@pytest.fixture
def hana(client, core):
    return Visitor(client, core).sign_in("hana")


def work(core):
    while core.worker.step():
        pass


def asked(ada, core, question=QUESTION, space="course"):
    """The path of the suggestion that came of a question."""
    ada.submit("/ask", on="/ask", question=question, space=space)
    work(core)
    with core.store.read() as tx:
        return f"/queue/{suggestions.queue(tx, 'harbour')[-1].id}"


def decide(who, path, verdict, **fields):
    return who.submit(f"{path}/decision", on=path, verdict=verdict, version=field(who.text(path), "version"), **fields)


@pytest.fixture
def path(ada, core):
    return asked(ada, core)


def test_the_queue_shows_what_waits_and_for_whom(hana, path):
    page = hana.text("/queue")
    assert QUESTION in page
    assert "Asked by Ada" in page
    assert "Will be seen by every member (Course)" in page
    assert re.search(r"Confidence (low|fair|high) \(\d\.\d\d\)", page)
    assert "without a language model" in page
    assert re.search(r'Pending <span class="count">1<', page)


def test_a_quote_is_highlighted_inside_its_source(hana, path):
    page = hana.text(path)
    marked = " ".join(re.findall(r"<mark>(.*?)</mark>", page, re.DOTALL))
    assert QUOTE in " ".join(marked.split())
    assert "Tides › Spring tides" in page
    assert re.search(r'href="/board/course/sources/tides.md\?start=\d+&amp;end=\d+#quote"', page)


def test_the_link_of_a_quote_leads_to_the_marked_words(hana, path):
    link = re.search(r'href="(/board/course/sources/tides.md\?start=[^"#]*)', hana.text(path))[1].replace("&amp;", "&")
    assert '<mark id="quote">Spring tides come twice' in hana.text(link)


def test_an_approved_answer_is_posted_and_can_be_taken_back(hana, path, core, ada):
    answer = decide(hana, path, "approve")
    assert "Thank you. Approved, and about to be posted." in answer.text
    work(core)
    assert "What readers see" in hana.text(path)
    assert "Approved by a person" in ada.text("/board/course")
    assert "has been taken back" in hana.submit(f"{path}/undo", on=path).text
    assert "Approved by a person" not in ada.text("/board/course")


def test_both_texts_stand_side_by_side_after_an_edit(hana, path, core):
    answer = decide(hana, path, "edit", text=f"Dear Ada,\r\n\r\n> {QUOTE}\r\n\r\nFair winds!")
    assert answer.status_code == 200
    assert "The draft and what was approved" in answer.text
    assert "<ins>" in answer.text
    assert "Fair winds!" in answer.text


def test_a_quote_that_was_changed_is_refused_and_the_text_kept(hana, path):
    answer = decide(hana, path, "edit", text="> Spring tides come thrice a month.\n\nMy own words.")
    assert answer.status_code == 422
    assert "Quote exactly, or say it in your own words" in answer.text
    assert "My own words.</textarea>" in answer.text


def test_a_rejection_keeps_its_reason(hana, path):
    answer = decide(hana, path, "reject", reason="Too short & too dry.")
    assert "Rejected. Nothing was posted." in answer.text
    assert "“Too short &amp; too dry.”" in answer.text


def test_escalating_keeps_it_pending(hana, path):
    assert "Escalated to Hana" in decide(hana, path, "escalate", reason="Your topic.").text
    assert QUESTION in hana.text("/queue?status=pending")


def test_second_host_is_told_who_decided_what(hana, path, client, core, as_):
    client.put("/v1/members/ben", headers=as_("hana"), json={"name": "Ben", "role": "host"})
    ben = Visitor(client, core).sign_in("ben")
    seen = field(ben.text(path), "version")
    decide(hana, path, "approve")
    late = ben.submit(f"{path}/decision", on=path, verdict="reject", version=seen)
    assert late.status_code == 409
    assert "Hana approved this just now, so nothing was changed." in late.text


def test_a_decision_on_an_older_version_is_refused_with_the_current_one(hana, path):
    seen = field(hana.text(path), "version")
    decide(hana, path, "escalate")
    late = hana.submit(f"{path}/decision", on=path, verdict="edit", version=seen, text="My words.")
    assert late.status_code == 409
    assert "This changed while you were reading" in late.text
    assert "My words.</textarea>" in late.text


def test_an_abstention_is_answered_in_own_words(hana, ada, core):
    path = asked(ada, core, question="Which brand of oilskin is best for toddlers?")
    page = hana.text(path)
    assert "Why there is no draft" in page
    assert "Answer in your own words" in page
    assert decide(hana, path, "edit", text="Ask at the chandlery on the quay.").status_code == 200
    work(core)
    assert "Ask at the chandlery on the quay." in ada.text("/board/course")


class LostReplies:
    """A platform that never says whether it posted."""

    name = "board"
    proves = "nothing"
    can_reverse = False
    steps: frozenset[str] = frozenset()
    max_characters = 20_000

    def publish(self, community_id, message, key):
        raise DeliveryUncertain("The platform did not answer.")


@pytest.mark.parametrize(("sent", "status"), [("yes", "Posted in the community."), ("no", "about to be posted")])
def test_a_host_says_whether_an_uncertain_answer_was_posted(hana, path, core, sent, status):
    core.connectors.built_in["board"] = LostReplies()
    decide(hana, path, "approve")
    work(core)
    assert path in hana.text("/queue?status=failed")
    assert "It may or may not have been posted" in hana.text(path)
    assert status in hana.submit(f"{path}/delivery", on=path, sent=sent).text


def test_what_cannot_be_undone_says_what_to_do_by_hand(hana, path, core):
    decide(hana, path, "approve")
    work(core)
    core.connectors.built_in["board"] = LostReplies()
    answer = hana.submit(f"{path}/undo", on=path)
    assert answer.status_code == 409
    assert "by hand" in answer.text


def test_a_draft_whose_source_is_gone_says_so(hana, path, client, as_):
    client.delete("/v1/spaces/course/sources/tides.md", headers=as_("hana"))
    page = hana.text(path)
    assert "Withdrawn" in page
    assert QUOTE not in page


def test_what_the_cohost_saw_is_part_of_the_page(hana, path):
    page = hana.text(path)
    assert "The passages it was shown" in page
    assert "tides.md in course, version 1" in page


@pytest.mark.parametrize("address", ["/queue", "/queue/{}", "/upload", "/people", "/community", "/audit"])
def test_a_member_finds_the_pages_of_hosts_closed(ada, path, address):
    answer = ada.get(address.format(path.rsplit("/")[-1]))
    assert answer.status_code == 403
    assert "This page is for hosts" in answer.text


def test_a_moderator_sees_no_answers_and_a_kind_line(path, client, core):
    mo = Visitor(client, core).sign_in("mo")
    page = mo.text("/queue")
    assert "You decide flags" in page
    assert QUESTION not in page
    assert mo.get(path).status_code == 404


def test_a_filter_that_does_not_exist_is_a_page_with_a_sentence(hana):
    answer = hana.get("/queue?status=<script>")
    assert answer.status_code == 422
    assert "<script" not in answer.text
