"""A space that teaches gets hints and places to read, never the solution."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from cohost.bootstrap import App
from cohost.store import places
from cohost.testing import ScriptedModel
from tests.api.console_visitor import Visitor
from tests.cohost.answer_case import MOORING, SPRING, invented, said, with_model
from tests.story import HERE, Cast, Story

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HINT = "Think of where sun and moon stand."


@pytest.fixture
def teaching(story: Story) -> Story:
    with story.core.store.write() as tx:
        places.set_answers(tx, places.space(tx, HERE, "course").pk, "tutor")
    return story


def test_draft_without_a_model_says_where_to_read_and_not_the_answer(teaching: Story) -> None:
    drafted = teaching.draft()
    assert drafted.status == "pending"
    assert said(drafted)[0].startswith("Read the part that begins “Spring tides come")
    assert "at new moon" not in drafted.payload["text"]
    assert "— Tides › Spring tides" in drafted.payload["text"]
    source = teaching.source("course", "tides.md")
    assert source is not None
    assert all(source.text[e.start : e.end] == e.quote for e in drafted.evidence)
    assert teaching.publish(drafted).status == "published"


@sqlite
def test_code_is_never_part_of_a_hint(teaching: Story) -> None:
    code = "```python\ndef spring_tides(moon):\n    return moon in ('new', 'full')\n```"
    teaching.put(
        "course", "code.md", f"# Spring tides in code\n\n{code}\n\nRun this function for spring tides twice a month."
    )
    teaching.delete("course", "tides.md")
    drafted = teaching.draft(text="Which function of the moon tells when spring tides come?")
    assert "return moon" not in str(drafted.payload)


@sqlite
def test_other_spaces_are_answered_in_full(teaching: Story) -> None:
    assert SPRING in teaching.draft(space="lounge").payload["text"]


@sqlite
def test_private_question_about_a_teaching_space_gets_hints_too(teaching: Story) -> None:
    assert "at new moon" not in teaching.draft(space=None).payload["text"]


@sqlite
def test_model_is_asked_for_hints_and_what_gives_the_solution_away_is_dropped(teaching: Story) -> None:
    code = "```python\nprint('new and full')\n```"
    claims = [invented(HINT, SPRING), invented(SPRING, SPRING), invented(code, MOORING)]
    model = ScriptedModel([{"answerable": True, "claims": claims}])
    drafted = with_model(teaching.core, teaching.cast, model).draft()
    assert model.prompts[0].name == drafted.provenance.prompt == "answer-tutor"
    assert model.prompts[0].job == "answer"
    assert "Do not give the solution" in model.prompts[0].system
    assert said(drafted) == [HINT]
    assert drafted.provenance.dropped_claims == 2


def test_setting_travels_over_the_api_and_stays_when_left_out(client: TestClient, cast: Cast) -> None:
    body = {"name": "Course", "kind": "course", "visibility": "members"}
    host, platform = cast.headers("hana"), cast.headers("platform")
    assert client.get("/v1/spaces/course", headers=host).json()["answers"] == "full"
    assert client.put("/v1/spaces/course", json={**body, "answers": "tutor"}, headers=host).json()["answers"] == "tutor"
    assert client.put("/v1/spaces/course", json=body, headers=platform).json()["answers"] == "tutor"
    assert client.put("/v1/spaces/course", json={**body, "answers": "full"}, headers=host).json()["answers"] == "full"
    assert client.put("/v1/spaces/course", json={**body, "answers": "none"}, headers=host).status_code == 422


@sqlite
def test_hosts_switch_it_in_the_console_and_members_do_not(client: TestClient, core: App) -> None:
    hana, ada = (Visitor(client, core).sign_in(name) for name in ("hana", "ada"))
    page = hana.submit("/board/course/answers", on="/board/course", tutor="on").text
    assert "How questions are answered here: with hints" in page
    assert "How questions are answered here" not in ada.text("/board/course")
    assert ada.submit("/board/course/answers", on="/ask").status_code == 403
    assert "in full" in hana.submit("/board/course/answers", on="/board/course").text
