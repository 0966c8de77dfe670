"""Parts of speech tell which terms are names of something, and which sentences stand for themselves."""

from __future__ import annotations

import pytest

from knowledge.grammar import is_clause, is_subject, is_told_to, phrase_at, stands_alone, subject_of, words_of


def named(sentence: str, term: str) -> str | None:
    """The whole name of something that a term is in."""
    start = sentence.index(term)
    at = phrase_at(words_of(sentence), start, start + len(term))
    return None if at is None else sentence[slice(*at)]


@pytest.mark.parametrize(
    ("sentence", "term", "name"),
    [
        ("Keep a ripe starter in the fridge.", "starter", "ripe starter"),
        ("The coil fold keeps the gas.", "coil fold", "coil fold"),
        ("The coil fold keeps the gas.", "coil", None),  # half of a name
        ("The surface is dry and hotter than the oven.", "hotter", None),  # no name
        ("Take the far edge and pull it until it resists.", "resists", None),
        ("Bread with 5 per cent protein rises.", "protein", None),  # a piece of a figure
        ("Tying ropes takes a while.", "Tying ropes", None),  # something one does
    ],
)
def test_a_term_is_told_by_the_name_that_it_is_in(sentence, term, name):
    assert named(sentence, term) == name


@pytest.mark.parametrize(
    ("sentence", "alone"),
    [
        ("A dough keeps well when it is cold.", True),
        ("It keeps well when the room is cold.", False),
        ("At this temperature the starch is open.", False),
        ("In a sweet dough it eats the crumb.", False),  # what "it" means stands somewhere else
        ("While rye doughs are heavy and hard to shape.", False),  # half a sentence
        ("While rye doughs are heavy, wheat doughs are light.", True),
        ("A loaf of bread with a thick dark crust.", False),  # nothing is said
    ],
)
def test_a_sentence_stands_alone_when_all_it_points_to_is_in_it(sentence, alone):
    assert stands_alone(sentence) is alone


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Hold the blade flat.", True), ("Slowly pour the water in.", True), ("Do not open the oven.", True),
        ("The blade is flat.", False), ("Baking takes an hour.", False),
    ],
)  # fmt: skip
def test_who_is_told_to_do_something_is_known_by_the_first_verb(sentence, told):
    assert is_told_to(sentence) is told


def test_the_subject_stands_before_the_verb_and_after_no_preposition():
    sentence = "The crust of a loaf keeps the crumb moist."
    at = subject_of(words_of(sentence))
    assert at is not None
    assert sentence[slice(*at)] == "crust"
    assert not is_subject(words_of(sentence), sentence.index("loaf"))
    assert not is_subject(words_of(sentence), sentence.index("crumb"))


def test_a_clause_has_somebody_or_something_that_acts():
    assert is_clause("the knot holds when wet")
    assert not is_clause("a slip knot")
    assert not is_clause("is often wet")


def test_words_know_their_place_in_the_sentence():
    sentence = "Don’t press on a well-risen dough."
    assert [sentence[word.start : word.end] for word in words_of(sentence)] == [
        word.text for word in words_of(sentence)
    ]
    assert words_of("") == ()
