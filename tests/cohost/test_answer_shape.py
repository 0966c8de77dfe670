"""How an embedded answer reads: lists whole, one place for quotes from one place, disagreement said, too little asked back."""

from __future__ import annotations

import pytest

from cohost.jobs.answer_clarify import RATIONALE
from cohost.jobs.answer_payload import DIFFERENT
from cohost.jobs.follow_up import says_too_little
from tests.story import Story

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LIST = "A spring tide needs three things:\n\n- a new or full moon\n- the sun in one line with it\n- a day or two of patience"


def test_a_list_is_quoted_with_the_line_that_leads_to_it(story: Story) -> None:
    story.delete("course", "tides.md")
    story.put("course", "needs.md", f"# Spring tides\n\n{LIST}\n\nBoats are made of wood.")
    drafted = story.draft(text="Which things does a spring tide need, what has a spring tide to do with the moon?")
    shown = drafted.evidence[0].quote
    assert "three things:" in shown
    assert "patience" in shown


def test_quotes_from_one_place_name_it_once(story: Story) -> None:
    story.delete("course", "tides.md")
    told = "Spring tides come at new moon and at full moon. They are made of water. Spring tides come twice a month."
    story.put("course", "again.md", f"# Spring tides\n\n{told}")
    drafted = story.draft(text="When do spring tides come?")
    assert drafted.payload["text"].count("— ") == 1


def test_sources_that_disagree_are_shown_newest_first_and_the_member_is_told(story: Story) -> None:
    story.delete("course", "tides.md")
    story.put("course", "old.md", "# Spring tides\n\nSpring tides come every 14 days at new moon and at full moon.")
    story.put("course", "new.md", "# Spring tides\n\nSpring tides come every 15 days at new moon and at full moon.")
    drafted = story.draft(text="Every how many days do spring tides come?")
    assert drafted.payload["text"].startswith(DIFFERENT)
    assert "disagree" in drafted.rationale
    assert [item.source_id for item in drafted.evidence] == ["new.md", "old.md"]
    assert story.publish(drafted).status == "published"


def test_a_question_that_names_nothing_is_asked_back(story: Story) -> None:
    story.put("course", "ropes.md", "# Ropes\n\nA rope lasts for five years at sea, and ten in a dry shed.")
    drafted = story.draft(text="How long does it take?")
    assert drafted.status == "pending"
    assert drafted.rationale == RATIONALE
    assert drafted.payload["text"].startswith("Could you say a little more about what you mean?")
    assert len(drafted.evidence) > 1


@pytest.mark.parametrize("question", ["How long?", "what temperature", "how much does it cost?", "help please"])
def test_what_names_nothing_is_known(question: str, database_url: str) -> None:
    assert says_too_little(question, [])
    assert not says_too_little(question, [{"role": "member", "text": "When do spring tides come?"}])


@pytest.mark.parametrize("question", ["What is a neap tide?", "how long do spring tides last?", "moorings?"])
def test_what_names_something_is_answered(question: str, database_url: str) -> None:
    assert not says_too_little(question, [])
