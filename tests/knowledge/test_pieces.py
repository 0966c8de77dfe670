"""What a sentence turns on, in its own words."""

from __future__ import annotations

import pytest

from cohost.ports import LessonText
from knowledge.concepts import LessonConcepts
from knowledge.pieces import pieces_of
from knowledge.telling import kind_of


@pytest.mark.parametrize(
    ("kind", "sentence", "first", "second"),
    [
        (
            "contrast", "A braided rope keeps its shape, whereas a laid rope turns under load.",
            "A braided rope keeps its shape", "a laid rope turns under load",
        ),
        (
            "reason", "The coil fold keeps the gas, because you never press on the dough.",
            "you never press on the dough", "The coil fold keeps the gas",
        ),
        ("advice", "A rye dough should be quite sour, and warm.", "should be quite sour", ""),
        ("number", "It is done after about 20 minutes in the oven.", "about 20 minutes", ""),
        ("advice", "The top dries out: never press on it with dry hands.", "never press on it with dry hands", ""),
        ("pitfall", "Too much salt slows the yeast down.", "Too much salt slows the yeast down", ""),
        ("definition", "An icon font is a font that contains symbols.", "a font that contains symbols", ""),
    ],
)  # fmt: skip
def test_the_pieces_of_a_sentence_are_its_own_words(kind, sentence, first, second):
    assert pieces_of(sentence, kind) == (first, second)
    assert first in sentence


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("contrast", "The idea is: rather than talk, do it."),
        ("advice", "A framework is not always needed for this."),
        ("advice", "Streaming is useful if you need to read much."),
        ("pitfall", "Salts differ in weight, which is why recipes in spoons go wrong so often."),
        ("advice", "The dough keeps its gas if you never press on it."),
        ("any", "Ropes are sold by the metre in every harbour."),
    ],
)
def test_what_cannot_be_told_surely_is_left_out(kind, sentence):
    assert pieces_of(sentence, kind) == ("", "")


def test_what_one_is_told_not_to_do_is_an_advice_and_no_state_of_things():
    assert kind_of("Never press on the top of a dough that has risen.", (18, 21)) == "advice"
    assert kind_of("The fold keeps the gas, because you never press on it.", (4, 8)) == "reason"


def test_a_sentence_defines_only_its_own_subject():
    assert kind_of("An icon font is a font of symbols.", (3, 12)) == "definition"
    assert kind_of("An example of an icon font is the one we use.", (17, 26)) != "definition"


LESSON = """A function-calling model acts for you because it was trained on calls of functions. The adapter holds few
weights, so that the adapter is quick to train on one machine. The adapter is a small layer that is put on top of a
large one.
"""


def test_a_term_is_not_the_half_of_a_longer_one(core):
    (found,) = LessonConcepts(core.embedder).read([LessonText("The adapter", LESSON * 2)])
    assert "adapter" in {one.term for one in found}
    assert not {"calling", "function"} & {one.term for one in found}


def test_a_lesson_about_taking_the_course_is_left_alone(core):
    assert LessonConcepts(core.embedder).read([LessonText("Quiz: the adapter", LESSON * 2)]) == [[]]


def test_what_all_lessons_speak_of_is_no_lessons_own(core):
    lessons = [LessonText(f"The adapter {n}", LESSON * 2) for n in range(9)]
    found = [one for told in LessonConcepts(core.embedder).read(lessons) for one in told]
    assert {one.own for one in found if one.term == "adapter"} == {False}


def test_the_topic_of_one_lesson_among_many_is_its_own_and_comes_first(core):
    others = [
        LessonText(f"Knots {n}", "A bowline holds when the rope is wet. Tie the bowline again.") for n in range(9)
    ]
    told = LessonConcepts(core.embedder).read([LessonText("The adapter", LESSON * 2), *others])[0]
    assert (told[0].term, told[0].own) == ("adapter", True)
