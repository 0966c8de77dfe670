"""What a lesson is about, and which of its sentences can stand above a post."""

from __future__ import annotations

from cohost.ports import LessonText
from knowledge.concepts import LessonConcepts, quotable
from knowledge.said import particular

LESSON = """A function-calling model acts for you because it was trained on calls of functions. The adapter holds few
weights, so that the adapter is quick to train on one machine. The adapter is a small layer that is put on top of a
large one.
"""


def read(core, *lessons: LessonText):
    return LessonConcepts(core.embedder).read(lessons)


def test_a_term_is_not_the_half_of_a_longer_one(core):
    (found,) = read(core, LessonText("The adapter", LESSON * 2))
    assert "adapter" in {one.term for one in found}
    assert not {"calling", "function"} & {one.term for one in found}


def test_no_sentence_is_told_twice_and_a_term_has_its_best_one_first(core):
    (found,) = read(core, LessonText("The adapter", LESSON))
    assert len({one.start for one in found}) == len(found)
    weights = [one.weight for one in found if one.term == "adapter"]
    assert len(weights) == 2  # two sentences speak of it
    assert weights == sorted(weights, reverse=True)


def test_a_name_keeps_its_capitals_and_a_noun_loses_those_of_its_sentence(core):
    text = "Gluten is a net of two proteins that holds the gas. Because gluten relaxes, WordPiece keeps pieces of words apart."
    (found,) = read(core, LessonText("Gluten and WordPiece", text * 2))
    assert {"gluten", "WordPiece"} & {one.term for one in found} == {one.term for one in found}


def test_a_lesson_about_taking_the_course_is_left_alone(core):
    assert read(core, LessonText("Quiz: the adapter", LESSON * 2)) == [[]]


def test_what_all_lessons_speak_of_is_no_lessons_own(core):
    told = read(core, *(LessonText(f"The adapter {n}", LESSON * 2) for n in range(9)))
    assert {one.own for found in told for one in found if one.term == "adapter"} == {False}


def test_the_topic_of_one_lesson_among_many_is_its_own_and_comes_first(core):
    others = [
        LessonText(f"Knots {n}", "A bowline holds when the rope is wet. Tie the bowline again.") for n in range(9)
    ]
    told = read(core, LessonText("The adapter", LESSON * 2), *others)[0]
    assert (told[0].term, told[0].own) == ("adapter", True)


def test_code_and_sentences_that_need_others_are_not_quoted():
    kept = "A bowline makes a loop that does not slip under any load."
    text = f"{kept} It was known to the sailors of many countries long ago. As shown above, the loop is tied in four moves."
    assert [text[slice(*span)] for span in quotable(LessonText("Knots", text))] == [kept]
    assert quotable(LessonText("Knots", text, apart=((0, 20),))) == []


def test_a_sentence_that_could_stand_anywhere_is_less_particular_than_one_of_its_lesson():
    anywhere = "Python offers many good ways to work with your own data."
    somewhere = "Python keeps the reference count of each object in its header."
    assert particular(anywhere, "Python") < particular(somewhere, "Python")
    assert particular("", "Python") == 0
