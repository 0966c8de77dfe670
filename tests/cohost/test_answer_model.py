"""The job `answer` with a language model, end to end over a real server: only what was proved is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cohost.bootstrap import App
from cohost.jobs.answer_payload import INTRODUCTION
from tests.cohost.answer_case import (
    MOORING,
    NEAP,
    PULL,
    SPRING,
    chat,
    claiming,
    invented,
    number_of,
    said,
    user_part,
    with_model,
)
from tests.openai_server import Json, OpenAIServer
from tests.story import Cast, Story

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def told(core: App, cast: Cast, server: OpenAIServer) -> Story:
    return with_model(core, cast, chat(core, server))


def test_answer_in_the_models_words_is_proved_approved_and_published(told: Story, server: OpenAIServer) -> None:
    server.answer = claiming(("They come at new and at full moon.", SPRING), ("Sail two hours early.", MOORING))
    drafted = told.draft()
    assert drafted.status == "pending"
    assert drafted.provenance.made_by == "gpt-test-2026-01-01"
    assert (drafted.provenance.prompt, drafted.provenance.fallback) == ("answer", "")
    assert drafted.provenance.input_tokens > drafted.provenance.output_tokens > 0
    assert [item.quote for item in drafted.evidence] == [SPRING, MOORING]
    published = told.publish(drafted)
    assert published.status == "published"
    text = told.outbox(published)[0].message.text
    assert (
        text
        == "They come at new and at full moon.\n\n— Tides › Spring tides\n\nSail two hours early.\n\n— Tides › Spring tides"
    )


def test_quote_is_found_up_to_white_space_and_shown_as_it_stands(told: Story, server: OpenAIServer) -> None:
    quote = "pull in one line, and the water rises highest."  # the lesson breaks the line before `rises`
    server.answer = claiming(("Both pull together.", quote))
    [item] = told.draft().evidence
    source = told.source("course", "tides.md")
    assert source is not None
    assert item.quote == "pull in one line, and the water\nrises highest."
    assert source.text[item.start : item.end] == item.quote


@sqlite
def test_quote_of_another_passage_than_named_is_cited_where_it_stands(told: Story, server: OpenAIServer) -> None:
    told.put("course", "knots.md", "A bowline makes a loop when spring tides pull hard at the mooring.", title="Knots")

    def wrong_number(body: Json) -> Json:
        right = number_of(user_part(body), SPRING)
        return {"answerable": True, "claims": [invented("Twice a month.", SPRING, passage=2 if right == 1 else 1)]}

    server.answer = wrong_number
    [item] = told.draft().evidence
    assert (item.source_id, item.quote) == ("tides.md", SPRING)


@sqlite
@pytest.mark.parametrize("passage", [1, 0, -1, 99])
def test_claim_with_an_invented_quote_is_dropped_and_counted(told: Story, server: OpenAIServer, passage: int) -> None:
    def half_true(body: Json) -> Json:
        good = claiming(("Twice a month.", SPRING))(body)["claims"]
        return {"answerable": True, "claims": [invented("Daily.", "Spring tides come daily.", passage), *good]}

    server.answer = half_true
    drafted = told.draft()
    assert said(drafted) == ["Twice a month."]
    assert drafted.provenance.dropped_claims == 1
    assert "dropped because their quote was not found: 1" in drafted.rationale


@sqlite
def test_claim_of_which_one_quote_is_invented_is_dropped_whole(told: Story, server: OpenAIServer) -> None:
    quotes = [{"passage": 1, "quote": SPRING}, {"passage": 1, "quote": "Spring tides are blue."}]
    server.answer = {"answerable": True, "claims": [{"text": "Blue, twice a month.", "quotes": quotes}]}
    assert told.draft().status == "abstained"


@sqlite
@pytest.mark.parametrize("quote", ["Spring tides come daily.", SPRING.upper(), "", "   ", "Spring tides … full moon."])
def test_nothing_proved_is_an_abstention_that_says_so(told: Story, server: OpenAIServer, quote: str) -> None:
    server.answer = {"answerable": True, "claims": [invented("Surely.", quote)]}
    made = told.draft()
    assert made.status == "abstained"
    assert "none of its quotes could be found" in made.rationale
    assert (made.provenance.dropped_claims, made.payload["claims"]) == (1, [])
    assert made.evidence[0].source_id == "tides.md"  # the nearest place, for the host


@sqlite
def test_claim_without_a_quote_is_dropped(told: Story, server: OpenAIServer) -> None:
    server.answer = {"answerable": True, "claims": [{"text": "Trust me.", "quotes": []}]}
    assert told.draft().provenance.dropped_claims == 1


@sqlite
def test_model_that_finds_no_answer_makes_an_abstention(told: Story, server: OpenAIServer) -> None:
    made = told.draft()
    assert (made.status, made.rationale) == ("abstained", "The language model found no answer in the material.")


@sqlite
def test_claims_of_an_answer_that_says_it_is_none_are_not_shown(told: Story, server: OpenAIServer) -> None:
    server.answer = {"answerable": False, "claims": [invented("Perhaps.", SPRING)]}
    made = told.draft()
    assert (made.status, made.payload["claims"]) == ("abstained", [])


@sqlite
def test_question_far_from_all_material_is_not_sent_anywhere(told: Story, server: OpenAIServer) -> None:
    assert told.draft(text="Which cheese goes with quince?").status == "abstained"
    assert server.requests == []


@sqlite
def test_long_answer_is_cut_after_its_last_whole_claim_that_fits(told: Story, server: OpenAIServer) -> None:
    told.settings(answer_words=20)
    server.answer = claiming(("one " * 12, SPRING), ("two " * 8, MOORING), ("three", PULL))
    drafted = told.draft()
    assert [len(text.split()) for text in said(drafted)] == [12, 8]
    assert [item.quote for item in drafted.evidence] == [SPRING, MOORING]  # nothing is cited for what is not said
    assert drafted.provenance.cut_claims == 1
    assert "left out to keep the answer short: 1" in drafted.rationale
    assert "at most 20 words" in server.bodies[0]["messages"][0]["content"]


@sqlite
def test_one_claim_longer_than_an_answer_may_be_gives_way_to_quotes(told: Story, server: OpenAIServer) -> None:
    server.answer = claiming(("word " * 151, SPRING))
    drafted = told.draft()
    assert (drafted.status, drafted.provenance.made_by) == ("pending", "embedded")
    assert drafted.provenance.fallback == "too_long"


@sqlite
def test_answer_in_the_askers_language_keeps_quotes_in_theirs(told: Story, server: OpenAIServer) -> None:
    server.answer = claiming(("Springtiden kommen zweimal im Monat, bei Neumond und bei Vollmond.", SPRING))
    drafted = told.draft(text="Wann kommen die Springtiden, bei Vollmond?")
    assert drafted.provenance.made_by != "embedded"
    assert said(drafted) == ["Springtiden kommen zweimal im Monat, bei Neumond und bei Vollmond."]
    assert drafted.evidence[0].quote == SPRING


@sqlite
def test_words_of_a_foreign_source_are_no_answer_in_a_wrong_language(told: Story, server: OpenAIServer) -> None:
    german = "Springtiden heißen auf Englisch spring tides und kommen bei Neumond und bei Vollmond."
    told.put("course", "de.md", german, title="Gezeiten")
    server.answer = claiming((german, german))
    drafted = told.draft(text="When do the spring tides come?")
    assert drafted.provenance.made_by != "embedded"
    assert told.publish(drafted).payload["text"].startswith(f"{INTRODUCTION}\n\n> {german}")


@sqlite
def test_follow_up_is_shown_to_the_model_with_what_was_said_before(told: Story, server: OpenAIServer) -> None:
    history = [
        {"role": "member", "text": "When do spring tides come?"},
        {"role": "cohost", "text": "At new and at full moon."},
    ]
    server.answer = claiming(("At the half moons.", NEAP))
    asked = told.core.questions.ask(
        told.cast.caller("ada"), "And when do the neap tides come?", space_id="course", history=history
    )
    told.work()
    assert said(told.of(asked)[-1]) == ["At the half moons."]
    user = user_part(server.bodies[0])
    assert (
        user.index("member: When do spring tides come?")
        < user.index("cohost: At new")
        < user.index("And when do the neap")
    )


@sqlite
def test_old_turns_give_way_to_the_latest(told: Story, server: OpenAIServer) -> None:
    history = [{"role": "member", "text": f"turn {n} {'spring tides ' * 200}"} for n in range(9)]
    asked = told.core.questions.ask(told.cast.caller("ada"), "When do they come?", space_id="course", history=history)
    told.work()
    assert told.of(asked)
    user = user_part(server.bodies[0])
    assert "turn 8" in user
    assert "turn 0" not in user


def test_source_edited_while_the_model_answers_is_answered_anew(told: Story, server: OpenAIServer) -> None:
    def edits_meanwhile(body: Json) -> Json:
        made = claiming(("Twice a month.", SPRING))(body)
        told.put("course", "tides.md", "Spring tides come at new moon and at full moon, every time.", title="Tides")
        server.answer = claiming(("At both moons.", "Spring tides come at new moon and at full moon, every time."))
        return made

    server.answer = edits_meanwhile
    asked = told.ask()
    told.work()
    [drafted] = told.of(asked)
    assert (drafted.status, said(drafted)) == ("pending", ["At both moons."])
    assert len(server.requests) == 2


def test_answer_whose_source_is_edited_after_approval_is_not_sent(told: Story, server: OpenAIServer) -> None:
    server.answer = claiming(("Twice a month.", SPRING))
    drafted = told.draft()
    told.approve(drafted)
    told.put("course", "tides.md", "Spring tides come three times a month.", title="Tides")
    told.work()
    assert told.now(drafted).status == "withdrawn"
    assert told.core.questions.get(told.cast.caller("ada"), drafted.request_id or "").answer is None


def test_private_text_is_in_no_prompt_for_a_space(told: Story, server: OpenAIServer) -> None:
    told.draft(text="Where does the spare key of the boathouse lie at spring tides?", space="course")
    told.put("lounge", "wet.md", "The boathouse is wet at spring tides, so keep the spare key in a dry place.")
    told.draft(text="Where does the spare key of the boathouse lie at spring tides?", space="lounge")
    assert server.bodies
    assert "flower pot" not in str(server.bodies)


@sqlite
@pytest.mark.parametrize("mode", ["good", "no_schema", "only_plain", "fenced", "ignores", "fussy"])
def test_draft_is_the_same_whatever_the_server_can_do(told: Story, server: OpenAIServer, mode: str) -> None:
    server.mode = mode
    server.answer = claiming(("Twice a month.", SPRING))
    drafted = told.draft()
    assert (said(drafted), drafted.evidence[0].quote) == (["Twice a month."], SPRING)
    assert drafted.provenance.fallback == ""
