"""A draft in other words: shorter, warmer, simpler, or one of its variations; what it quotes never changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from story import HERE, Story
from test_discuss import ROPES, drafts
from test_occasions import busy_week, kickoff, recap, say, tell, welcome

from cohost.discuss.patterns import FORMATS, patterns
from cohost.discuss.payload import PromptPayload
from cohost.discuss.pieces import fixed, pieces
from cohost.discuss.repeats import ALIKE
from cohost.discuss.reword import HOWS, How, by_rules
from cohost.discuss.reword_model import ASKED
from cohost.errors import Conflict, InvalidInput, ModelUnavailable, NotFound, StaleVersion
from cohost.model import UNASKED, SourceInput
from cohost.rewording import KEPT, Rewording
from cohost.store import audit
from cohost.store.audit import OPERATOR
from cohost.suggestion import Suggestion
from cohost.testing import ScriptedModel
from cohost.tone import EXCLUDED

QUOTED = "> The rope holds.\n\nFrom “Ropes”"


@pytest.fixture
def on(story: Story) -> Story:
    story.settings(jobs=("discuss",))
    story.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", ROPES), OPERATOR)
    return story


def reword(story: Story, one: Suggestion, how: How, who: str = "hana", *, model: Any = None) -> Suggestion:
    core = story.core
    service = Rewording(core.store, core.clock, core.embedder, model) if model else core.rewording
    return service.reword(story.cast.caller(who), one.id, one.version, how)


def draft(body: str, *, form: str = "question", low: str = "One word.") -> PromptPayload:
    return PromptPayload(format=form, title="Ropes", text=f"{QUOTED}\n\n{body}", concept="rope", low_effort=low)


def said(changed: PromptPayload | None) -> str:
    assert changed is not None
    assert changed.text.startswith(QUOTED)
    return changed.text.removeprefix(QUOTED).strip()


class TestRules:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("Which knot do you trust (at sea, say), and why? What about ashore?", "Which knot do you trust?"),
            ("Ropes are old. Here is a thought: which knot do you trust most?", "Which knot do you trust most?"),
            ("Because of “the turn”? What else plays a part here?", None),  # both are needed
            ("“A turn (tight)”: who has been there before? Tell us.", "“A turn (tight)”: who has been there before?"),
        ],
    )  # fmt: skip
    def test_shorter_keeps_the_core_and_every_quote(self, before: str, after: str | None) -> None:
        changed = by_rules("shorter", draft(before))
        assert changed is None if after is None else said(changed) == after

    def test_shorter_leaves_the_easy_way_its_core(self) -> None:
        changed = by_rules(
            "shorter", draft("Which one?", low="No time to argue? Write A or B; a word on why is welcome.")
        )
        assert changed is not None
        assert changed.low_effort == "Write A or B."

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "How near are you to that on an ordinary day, and what would help you with the next step?",
                "How near are you to that on most days? What would help you with the next step?",
            ),
            ("Utilise it – as most people here do – prior to the turn.", "Use it before the turn."),
            (
                "What would you utilise? “Utilise it” is all it says.",
                "What would you use? “Utilise it” is all it says.",
            ),
            ("Which one is it?", None),
        ],
    )
    def test_simpler_splits_and_takes_plain_words_outside_of_quotes(self, before: str, after: str | None) -> None:
        changed = by_rules("simpler", draft(before))
        assert changed is None if after is None else said(changed) == after

    def test_warmer_adds_a_closing_then_an_opening_and_then_says_no(self) -> None:
        first = by_rules("warmer", draft("Which knot do you trust?"))
        assert said(first).startswith("Which knot do you trust?\n\n")
        assert first is not None
        second = by_rules("warmer", first)
        assert said(second).endswith(said(first))
        assert second is not None
        assert by_rules("warmer", second) is None

    def test_warmer_avoids_excluded_words(self) -> None:
        for _ in range(2):
            changed = by_rules("warmer", draft("Which?"), ("welcome", "answer", "curious"))
            assert "welcome" not in said(changed)
            assert "answer" not in said(changed)

    @pytest.mark.parametrize("how", HOWS)
    def test_no_pattern_loses_what_it_quotes_or_what_it_asks(self, how: How) -> None:
        tried = 0
        for form in FORMATS:
            for text in (text for texts in patterns()[form].by_kind.values() for text in texts):
                words = {"concept": "*bowline*", "one": "a *bowline*", "title": "Ropes"}
                body = text.format(**words, first="the rope holds", second="it slips")
                old = draft(body, form=form, low=patterns()[form].low_effort)
                new = by_rules(how, old)
                if new is None:
                    continue
                tried += 1
                assert sorted(fixed(new.text)) == sorted(fixed(old.text))
                assert len(pieces(new).text.split()) <= len(old.text.split()) or how != "shorter"
                assert "?" in said(new) or "?" not in body or form in ("share", "challenge")
                assert "  " not in said(new)
        assert tried > {"shorter": 45, "warmer": 50, "simpler": 10}[how]


class TestService:
    def test_a_rewording_is_a_new_version_and_the_old_one_can_be_taken_again(self, on: Story) -> None:
        (one, *_) = drafts(on, 1, format="question")
        new = reword(on, one, "warmer")
        assert (new.version, new.status) == (one.version + 1, "pending")
        assert new.payload["reworded"] == "Made warmer by rules."
        assert new.payload["earlier"][0]["text"] == one.payload["text"]
        assert new.evidence == one.evidence
        back = on.core.rewording.take(on.cast.caller("hana"), one.id, new.version, "earlier", 1)
        assert (back.payload["text"], back.payload["reworded"]) == (one.payload["text"], "")
        assert back.payload["earlier"][0]["text"] == new.payload["text"]  # nothing is lost
        with on.core.store.read() as tx:
            done = [row for row in audit.rows(tx, HERE) if row.action == "suggestion.reworded"]
        assert [(row.actor, row.details["how"]) for row in done] == [("hana", "earlier 1"), ("hana", "warmer")]

    def test_an_old_version_a_wrong_number_and_no_host_are_refused(self, on: Story) -> None:
        (one, *_) = drafts(on, 1)
        with pytest.raises(StaleVersion):
            reword(on, replace(one, version=one.version + 1), "shorter")
        with pytest.raises(InvalidInput, match="no wording 3"):
            on.core.rewording.take(on.cast.caller("hana"), one.id, one.version, "variations", 3)
        with pytest.raises(NotFound):
            reword(on, one, "shorter", "ada")
        assert on.now(one) == one

    def test_when_nothing_can_be_changed_it_says_so(self, on: Story) -> None:
        (one, *_) = drafts(on, 1, format="question")
        shorter = reword(on, one, "shorter")
        with pytest.raises(Conflict, match="cannot be made shorter"):
            reword(on, shorter, "shorter")
        assert on.now(one) == shorter

    def test_what_was_decided_is_not_reworded(self, on: Story) -> None:
        (one, *_) = drafts(on, 1)
        on.decide("reject", one)
        with pytest.raises(Conflict):
            reword(on, on.now(one), "shorter")

    def test_a_reworded_draft_is_posted_as_it_reads(self, on: Story) -> None:
        (one, *_) = drafts(on, 1, format="question")
        done = on.publish(reword(on, one, "warmer"))
        assert (done.status, done.original_payload) == ("published", None)  # a host changed nothing by hand
        assert done.payload["reworded"] == "Made warmer by rules."

    def test_a_changed_lesson_takes_all_wordings_away(self, on: Story) -> None:
        (one,) = drafts(on, 1, format="question", theme="ropes")
        new = reword(on, one, "shorter")
        on.core.intake.put(HERE, "course", SourceInput("ropes", "lesson", "Ropes", "# Ropes\n\nGone."), OPERATOR)
        on.core.intake.put(HERE, "course", SourceInput("tides.md", "lesson", "Tides", "# Tides\n\nGone."), OPERATOR)
        gone = on.now(new)
        assert (gone.status, gone.payload["earlier"], gone.payload["text"]) == ("withdrawn", [], "")

    def test_only_so_many_earlier_wordings_are_kept_and_the_first_among_them(self, on: Story) -> None:
        (one, *_) = drafts(on, 1, format="question")
        first, now = one.payload["text"], one
        for n in range(KEPT + 2):
            title, *rest = pieces(PromptPayload.model_validate(now.payload)).parts
            now = reword(on, now, "warmer", model=ScriptedModel([{"parts": [f"{title}{'!' * n}!", *rest]}]))
            assert now.payload["reworded"] == "Made warmer by scripted."
        assert len(now.payload["earlier"]) == KEPT
        assert now.payload["earlier"][0]["text"] == first

    def test_welcomes_recaps_and_kick_offs_keep_names_links_and_lists(self, on: Story) -> None:
        busy_week(on)
        tell(on, "ada", asks=["help with ropes"], goals=["sail at night"])
        tell(on, "ben", offers=["help with ropes"])
        say(on, "bens", "ben", "Come and see my boat.", title="My boat", day=4)
        on.settings(jobs=("discuss",), unasked_off=UNASKED)
        for one in (welcome(on), recap(on), kickoff(on)):
            for how in HOWS:
                try:
                    new = reword(on, on.now(one), how)
                except Conflict as told:
                    assert "edit it" in str(told).lower()  # noqa: PT017  either is right, and each says what it did
                else:
                    assert sorted(fixed(new.payload["text"])) == sorted(fixed(one.payload["text"]))
                    assert new.evidence == one.evidence
                    assert [line for line in new.payload["text"].splitlines() if line.startswith(("-", ">"))] == [
                        line for line in one.payload["text"].splitlines() if line.startswith(("-", ">"))
                    ]


def _parts_like(one: Suggestion, title: str) -> list[str]:
    """What a model could answer: its own title, the rest with a word more."""
    old = pieces(PromptPayload.model_validate(one.payload))
    return [title.strip(), *(f"So: {part}" for part in old.parts[1:-1]), old.low_effort]


class TestModel:
    @pytest.fixture
    def one(self, on: Story) -> Suggestion:
        return drafts(on, 1, format="question")[0]

    def test_its_words_take_the_place_of_the_loose_parts(self, on: Story, one: Suggestion) -> None:
        model = ScriptedModel([{"parts": _parts_like(one, "Your ropes")}])
        new = reword(on, one, "simpler", model=model)
        assert (new.provenance.made_by, new.provenance.prompt) == ("scripted", "reword")
        assert new.payload["text"].split("\n\n")[:2] == one.payload["text"].split("\n\n")[:2]
        assert "So: " in new.payload["text"]
        assert ASKED["simpler"] in model.prompts[0].system

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda parts: parts[:-1],  # one is missing
            lambda parts: [parts[0], parts[1].replace("?", "."), *parts[2:]],  # asks nothing
            lambda parts: [parts[0], f"{parts[1]} In 1999.", *parts[2:]],  # a number that is nowhere
            lambda parts: [parts[0], f"{parts[1]} “Ropes are alive.”", *parts[2:]],  # a quotation that is nowhere
            lambda parts: [parts[0], f"> {parts[1]}", *parts[2:]],
            lambda parts: [parts[0], parts[1] + " and so on" * 40, *parts[2:]],
            lambda parts: [f"An amazing title {parts[0]}", *parts[1:]],
        ],
    )
    def test_what_cannot_be_checked_is_not_used(self, on: Story, one: Suggestion, spoil: Any) -> None:
        on.settings(jobs=("discuss",), words_excluded=("amazing",))
        new = reword(on, one, "warmer", model=ScriptedModel([{"parts": spoil(_parts_like(one, "Ropes"))}]))
        assert new.payload["reworded"] == "Made warmer by rules."
        assert new.provenance.fallback in ("wrong_shape", EXCLUDED)
        assert "So: " not in new.payload["text"]

    def test_a_model_that_is_down_leaves_it_to_the_rules(self, on: Story, one: Suggestion) -> None:
        new = reword(on, one, "shorter", model=ScriptedModel([ModelUnavailable("timeout", "late")]))
        assert (new.payload["reworded"], new.provenance.fallback) == ("Made shorter by rules.", "timeout")

    def test_shorter_must_be_shorter(self, on: Story, one: Suggestion) -> None:
        new = reword(on, one, "shorter", model=ScriptedModel([{"parts": _parts_like(one, "A much longer title " * 5)}]))
        assert new.provenance.fallback == "wrong_shape"


class TestVariations:
    def test_they_stand_in_one_draft_on_the_same_evidence(self, on: Story) -> None:
        made = drafts(on, 3, variations=3)
        with_others = [one for one in made if one.payload["variations"]]
        assert with_others
        assert len(made) <= 3  # the others are no drafts of their own
        for one in with_others:
            texts = {one.payload["text"], *(other["text"] for other in one.payload["variations"])}
            assert len(texts) == 1 + len(one.payload["variations"])
            (item,) = one.evidence
            assert all(" ".join(item.quote.split()) in text for text in texts)
            for other in one.payload["variations"]:
                assert "?" in other["text"] or other["format"] in ("share", "challenge")

    def test_none_comes_near_to_another_draft(self, on: Story) -> None:
        made = drafts(on, 4, variations=3)
        texts = [
            [f"{w['title']}\n{w['text']}" for w in (one.payload, *one.payload["variations"])] for one in made
        ]  # fmt: skip
        vectors = [on.core.embedder.embed(some) for some in texts]
        for n, some in enumerate(vectors):
            for other in vectors[n + 1 :]:
                assert float((some @ other.T).max()) < ALIKE

    def test_one_form_asked_for_has_other_words_of_that_form(self, on: Story) -> None:
        made = drafts(on, 6, format="question", variations=2)
        assert {w["format"] for one in made for w in one.payload["variations"]} <= {"question"}

    def test_the_host_takes_one_and_the_other_stays_beside(self, on: Story) -> None:
        one = next(one for one in drafts(on, 3, variations=2) if one.payload["variations"])
        other = one.payload["variations"][0]
        new = on.core.rewording.take(on.cast.caller("hana"), one.id, one.version, "variations", 1)
        assert (new.payload["text"], new.payload["format"]) == (other["text"], other["format"])
        assert new.payload["variations"][0]["text"] == one.payload["text"]
        assert on.publish(new).payload["text"] == other["text"]


def test_over_http(client: Any, as_: Any, on: Story) -> None:
    (one, *_) = drafts(on, 1, format="question")
    path, sent = f"/v1/suggestions/{one.id}", {"version": one.version, "how": "warmer"}
    done = client.post(f"{path}/reworded", headers=as_("hana"), json=sent)
    assert (done.status_code, done.json()["version"]) == (200, one.version + 1)
    assert client.post(f"{path}/reworded", headers=as_("hana"), json=sent).status_code == 409
    back = {"version": one.version + 1, "among": "earlier", "number": 1}
    assert (
        client.post(f"{path}/wording", headers=as_("hana"), json=back).json()["payload"]["text"] == one.payload["text"]
    )
    assert client.post(f"{path}/wording", headers=as_("hana"), json={**back, "number": 9}).status_code == 422
    assert client.post(f"{path}/reworded", headers=as_("mo"), json=sent).status_code == 403
    asked = {"space_id": "lounge", "number": 1, "variations": 4}
    assert client.post("/v1/discussion-prompts", headers=as_("hana"), json=asked).status_code == 422
