"""The product's story, told over HTTP: from a lesson to an approved answer in the community, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cohost.bootstrap import App

LESSON = """# Rye

## The starter

A rye starter is ready when it floats in a glass of water. Feed it twice a day with equal weights of flour and water.

## The oven

Heat the oven for one hour before the bread goes in. Spray the walls with water, so that the crust opens.
"""
READY = "A rye starter is ready when it floats in a glass of water."


@pytest.fixture(params=["exact"])
def vector_index(request: pytest.FixtureRequest) -> str:
    """Every kind of index is told the same story."""
    return str(request.param)


@dataclass(frozen=True)
class Community:
    """What people do here by HTTP, and what the worker does meanwhile."""

    client: TestClient
    as_: Callable[[str], dict[str, str]]
    core: App

    def call(self, who: str, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.client.request(method, f"/v1/{path}", headers=self.as_(who), json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def put(self, text: str, *, status: int = 200) -> Any:
        lesson = {"kind": "lesson", "title": "Rye bread", "text": text}
        return self.call("hana", "PUT", "spaces/course/sources/rye.md", lesson, status=status)

    def ask(self, who: str, text: str) -> Any:
        return self.call(who, "POST", "questions", {"text": text, "space_id": "course"}, status=202)

    def look(self, who: str, question: Any) -> Any:
        return self.call(who, "GET", f"questions/{question['id']}")

    def work(self) -> None:
        while self.core.worker.step():
            pass

    def waiting(self) -> Any:
        """The one draft in the host's queue."""
        (draft,) = self.call("hana", "GET", "suggestions?status=pending")["items"]
        return draft

    def decide(self, draft: Any, verdict: str, **more: Any) -> Any:
        body = {"verdict": verdict, "version": draft["version"], **more}
        return self.call("hana", "POST", f"suggestions/{draft['id']}/decision", body)

    def posts(self) -> list[Any]:
        """What the co-host posted in the course."""
        found = self.call("ada", "GET", "spaces/course/sources")["items"]
        return [source for source in found if source["origin"] == "cohost"]


@pytest.fixture
def here(client: TestClient, as_: Callable[[str], dict[str, str]], core: App) -> Community:
    return Community(client, as_, core)


def test_from_a_lesson_to_an_answer_in_the_community_and_back(here: Community) -> None:
    # a host puts material, a member asks and gets passages at once
    assert here.put(LESSON, status=201)["outcome"] == "added"
    asked = here.ask("ada", "When is a rye starter ready?")
    assert READY in asked["passages"][0]["text"]
    assert (asked["status"], asked["answer"], asked["approved_answers"]) == ("waiting", None, [])

    # the worker drafts; nothing is posted, and the member learns nothing of the draft
    here.work()
    draft = here.waiting()
    assert READY in [item["quote"] for item in draft["evidence"]]
    assert (here.posts(), here.look("ada", asked)["suggestion_id"]) == ([], None)

    # the host adds a sentence of her own and approves, the worker publishes
    edited = draft["payload"]["text"] + "\n\nBring yours on Friday!"
    approved = here.decide(draft, "edit", payload={"text": edited})
    assert (approved["status"], approved["original_payload"]) == ("approved", draft["payload"])
    here.work()
    (post,) = here.posts()
    answered = here.look("ada", asked)
    assert (answered["status"], answered["notice"]) == ("answered", "")
    assert answered["answer"]["text"] == edited
    assert READY in [cited["quote"] for cited in answered["answer"]["citations"]]
    assert answered["answer"]["citations"][0]["source_id"] == "rye.md"

    # who asks nearly the same is offered what was approved
    again = here.ask("ben", "A rye starter is ready when?")
    assert [offered["text"] for offered in again["approved_answers"]] == [edited]

    # taken back, it is gone from the space, and the question is open again
    assert here.call("hana", "POST", f"suggestions/{draft['id']}/undo")["status"] == "undone"
    assert here.posts() == []
    assert here.look("ada", asked)["status"] == "waiting"
    assert here.look("ben", again)["approved_answers"] == []
    assert post["id"] not in {passage["source_id"] for passage in here.look("ben", again)["passages"]}


def test_a_source_edited_between_draft_and_sending_stops_the_sending(here: Community) -> None:
    here.put(LESSON, status=201)
    asked = here.ask("ada", "When is a rye starter ready?")
    here.work()
    draft = here.waiting()
    assert here.decide(draft, "approve")["status"] == "approved"

    here.put(LESSON.replace("floats in", "sinks in"))
    stopped = here.call("hana", "GET", f"suggestions/{draft['id']}")
    assert (stopped["status"], stopped["evidence"], READY in str(stopped)) == ("withdrawn", [], False)
    here.work()
    assert (here.posts(), here.look("ada", asked)["status"]) == ([], "waiting")

    # a new draft quotes what the lesson says now
    anew = here.waiting()
    assert "sinks in a glass" in anew["payload"]["text"]
    here.decide(anew, "approve")
    here.work()
    assert "sinks in a glass" in here.look("ada", asked)["answer"]["text"]
