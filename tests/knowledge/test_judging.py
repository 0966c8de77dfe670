"""What the judge of answers looks at, each part by itself."""

from __future__ import annotations

import numpy as np
import pytest

from cohost.model import Passage
from cohost.ports import TokenVectors
from cohost.testing import HashEmbedder
from knowledge.answerable import FEATURES, Answerability, features, load, together
from knowledge.asked import holds, kind_asked
from knowledge.select import score_sentences
from knowledge.wordwise import meeting


def passage(text: str, *, title: str = "Tides") -> Passage:
    return Passage("course", "tides", title, (), "", 0, len(text), text, score=0.9, cosine_similarity=0.5)


@pytest.mark.parametrize(
    ("question", "kind", "answer", "none"),
    [
        ("How many buckets do I need?", "number", "Take three buckets.", "Take buckets."),
        ("when do we sail", "time", "We sail on Monday at 9:30.", "We sail together."),
        ("Who rows?", "person", "This year the rower is Ada.", "Somebody rows."),
        ("Where is the key?", "place", "It hangs in the shed.", "It hangs."),
        ("Why is it late?", "reason", "It is late because of fog.", "It is late."),
        ("How do I reef?", "way", "Use the second line.", "Reefing, a sailor's art."),
        ("What is a reef?", "meaning", "A reef is a fold of the sail.", "Reefs fold sails."),
    ],
)
def test_a_question_asks_for_a_kind_of_thing(question, kind, answer, none):
    assert kind_asked(question) == kind
    assert (holds(kind, answer), holds(kind, none)) == (1.0, 0.0)


def test_where_nothing_particular_is_asked_every_sentence_is_as_good():
    assert kind_asked("Tell me about reefs") is None
    assert holds(None, "anything") == 0.5


def test_words_are_met_by_meaning_and_the_worst_is_told():
    tide, moon, rope = np.eye(3, dtype=np.float32)
    question = TokenVectors(("tide", "and", "rope"), np.stack([tide, moon, rope]))
    text = TokenVectors(("moon", "tide"), np.stack([moon, tide]))
    met = meeting(question, text)
    assert met.pieces == pytest.approx(2 / 3)  # tide and "and" are met, rope is not
    assert met.words == pytest.approx(1 / 2)  # "and" does not count
    assert met.worst == 0.0


def test_pieces_of_one_word_count_as_one():
    one, two = np.eye(2, dtype=np.float32)
    question = TokenVectors(("moor", "##ing"), np.stack([one, two]))
    assert meeting(question, TokenVectors(("moor",), one[None])).worst == pytest.approx(0.5)


def test_a_text_without_words_meets_nothing():
    empty = TokenVectors((), np.zeros((0, 2), dtype=np.float32))
    one = TokenVectors(("tide",), np.ones((1, 2), dtype=np.float32))
    assert meeting(one, empty).worst == meeting(empty, one).pieces == 0.0


@pytest.mark.parametrize("text", ["Spring tides come at new moon.", "?", "", "One. Two. " * 500, "\u200b\n\n"])
def test_features_are_bounded_whatever_the_text(text):
    found = features("When do spring tides come?", [passage(text)], HashEmbedder())
    assert found.shape == (1, len(FEATURES))
    assert np.all(np.abs(found) <= 1.001)


def test_no_passage_has_no_features():
    assert features("When?", [], HashEmbedder()).shape == (0, len(FEATURES))


TEXTS = (
    "Spring tides come at new moon.",
    "Boats are made of wood.",
    "Spring tides follow the moon.",
    "Rope is strong.",
)


@pytest.mark.parametrize("gone", range(len(TEXTS)))
def test_less_material_never_answers_more_probably(gone):
    judge = Answerability(np.linspace(-1, 2, len(FEATURES), dtype=np.float32), -2.0, "some weights")
    question, whole = "When do spring tides come?", [passage(text) for text in TEXTS]
    less = [one for n, one in enumerate(whole) if n != gone]
    assert judge.probability(question, less, HashEmbedder()) < judge.probability(question, whole, HashEmbedder())


def test_two_passages_as_good_as_each_other_say_a_little_more_than_one():
    assert together(np.array([1.0])) == pytest.approx(1.0)
    assert together(np.array([1.0, 1.0])) == pytest.approx(1.0 + np.log(2) / 2)  # the root of 2 on the odds
    assert together(np.array([1.0, -20.0])) == pytest.approx(1.0)


def test_where_nothing_was_found_nothing_answers():
    assert load().probability("When do spring tides come?", [], HashEmbedder()) == 0.0


def test_the_sentence_that_answers_comes_first():
    text = "Tides are a large subject. Spring tides come at new moon and at full moon. Boats are made of wood."
    best = score_sentences("When do spring tides come?", [passage(text)], HashEmbedder(), load())[0]
    assert best.text == "Spring tides come at new moon and at full moon."
    assert text[best.start : best.end] == best.text
