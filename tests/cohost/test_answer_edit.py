"""An edit is read as it will be posted: no trick of Markdown makes a quote of what was never said."""

from __future__ import annotations

from typing import Any

import pytest
from story import QUOTE, Story

from cohost.errors import InvalidInput
from cohost.suggestion import Suggestion

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # reading an edit needs no database
FALSE = "Spring tides come thrice a month."


@pytest.fixture
def draft(story: Story) -> Suggestion:
    return story.draft()


@pytest.mark.parametrize(
    "text",
    [
        f"\u200b> {FALSE}",
        f"![](https://x.example/i.png)> {FALSE}",
        f"- > {FALSE}",
        f"1. So:\n   > {FALSE}",
        f"<div>\n> {FALSE}",
        f"Well,\r\n> {FALSE}",
    ],
)
def test_a_false_quote_in_disguise_is_refused(story: Story, draft: Suggestion, text: str) -> None:
    with pytest.raises(InvalidInput, match="not in a source"):
        story.decide("edit", draft, payload={"text": text})
    with pytest.raises(InvalidInput, match="not in a source"):
        story.decide("edit", draft, payload={"claims": [{"text": text}]})


def test_a_quote_in_a_list_is_cited_below_it(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload={"text": f"- First:\n  > {QUOTE}\n- Then ask Mo."})
    assert ([item.quote for item in done.evidence], done.payload["claims"][0]["by"]) == ([QUOTE], "host")
    assert done.payload["text"].endswith("\n- Then ask Mo.\n\n— Tides › Spring tides")


def test_a_quote_from_a_source_that_was_not_cited_is_found(story: Story, draft: Suggestion) -> None:
    story.put("lounge", "moon", "# Moon\n\n## In June\n\nThe moon is full on Friday.", title="Moon")
    done = story.decide("edit", draft, payload={"text": "Look:\n\n> The moon is full on Friday."})
    (item,) = done.evidence
    assert (item.space_id, item.source_id, item.headings[-1]) == ("lounge", "moon", "In June")
    assert done.payload["text"] == "Look:\n\n> The moon is full on Friday.\n\n— Moon › In June"


def test_a_quote_from_a_private_space_is_not_found(story: Story, draft: Suggestion) -> None:
    with pytest.raises(InvalidInput, match="not in a source that all readers may read"):
        story.decide("edit", draft, payload={"text": "> The spare key of the boathouse"})


def test_words_of_a_private_space_cannot_be_spread_over_sentences(story: Story, draft: Suggestion) -> None:
    with pytest.raises(InvalidInput, match="not all readers may read"):
        story.decide("edit", draft, payload={"text": "The spare key of\n\nthe boathouse lies under the third pot."})


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"txt": "Twice a month."}, "payload"),  # a slip that would approve the draft as it was
        ({"question": "What?"}, "payload"),
        ({"text": "Twice.", "question": "What?"}, "payload.question"),
        ({"text": "a" * 100_001}, "payload.text"),
        ({"claims": [{"text": "x"}] * 51}, "payload.claims"),
        ({"claims": [{"text": "a" * 100_001}]}, "payload.claims"),
        (
            {"claims": [{"text": "x", "quotes": [{"space_id": "a", "source_id": "b", "quote": "c"}] * 11}]},
            "payload.claims",
        ),
        ({"text": "Twice.", "claims": [{"text": "Thrice."}]}, "payload"),
    ],
)
def test_what_cannot_be_meant_is_named(story: Story, draft: Suggestion, payload: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        story.decide("edit", draft, payload=payload)
    assert refused.value.field == field


def test_an_introduction_goes_with_the_last_quote(story: Story, draft: Suggestion) -> None:
    done = story.decide("edit", draft, payload={"text": "Here is what our material says:\n\nAsk Mo."})
    assert done.payload["text"] == "Ask Mo."


def test_windows_line_ends_change_nothing(story: Story, draft: Suggestion) -> None:
    text = draft.payload["text"].replace("\n", "\r\n")
    assert story.decide("edit", draft, payload={"text": text}).payload == draft.payload
