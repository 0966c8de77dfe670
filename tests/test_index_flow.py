"""The product's story with each vector index: ask, draft, approve, publish; then the source changes, and goes."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from index_case import settled, wait_until
from story import QUESTION, QUOTE, Story

from cohost.bootstrap import App

EACH = pytest.mark.parametrize("vector_index", ["exact", "chroma", "server"])
ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@EACH
@ONCE
def test_from_question_to_publication_and_to_a_source_that_goes(
    core: App, story: Story, client: TestClient, vector_index: str
) -> None:
    assert ("course", "tides.md") in story.search(QUESTION)  # while the index is still being filled
    wait_until(lambda: settled(core.index))
    assert story.search(QUESTION)[0] == ("course", "tides.md")
    assert ("den", "key") not in story.search("Where is the spare key of the boathouse?")
    published = story.publish(story.draft())
    assert published.status == "published"
    assert QUOTE in published.payload["text"]

    story.put("course", "more.md", "The harbour master rings a bell when the spring tide turns.")
    assert ("course", "more.md") in story.search("Who rings a bell when the spring tide turns?")
    story.delete("course", "more.md")
    assert ("course", "more.md") not in story.search("Who rings a bell when the spring tide turns?")
    wait_until(lambda: settled(core.index))
    drift = [line for line in client.get("/metrics").text.splitlines() if line.startswith("cohost_index_drift{")]
    spaces = 0 if vector_index == "exact" else 2  # the two that hold anything
    assert len(drift) == spaces
    assert all(line.endswith(" 0.0") for line in drift)
