"""What a sentence says of a term, and the two sides of a contrast in its own words."""

from __future__ import annotations

import pytest

from knowledge.pieces import pieces_of
from knowledge.telling import kind_of


@pytest.mark.parametrize(
    ("sentence", "first", "second"),
    [
        (
            "A braided rope keeps its shape, whereas a laid rope turns under load.",
            "A braided rope keeps its shape", "a laid rope turns under load",
        ),
        (
            "Although the knots look alike, the second one slips when it is wet.",
            "the knots look alike", "the second one slips when it is wet",
        ),
        ("White flour works too, but it often takes a week longer.", "White flour works too", "it often takes a week longer"),
    ],
)  # fmt: skip
def test_the_sides_of_a_contrast_are_its_own_words(sentence, first, second):
    assert pieces_of(sentence) == (first, second)


@pytest.mark.parametrize(
    "sentence",
    [
        "The idea is: rather than talk, do it.",
        "Tie a bowline and not a slip knot, but gently.",
        "Ropes are sold by the metre in every harbour.",
    ],
)
def test_sides_that_are_no_clauses_are_left_out(sentence):
    assert pieces_of(sentence) == ("", "")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("contrast", "A braided rope keeps its shape, whereas a laid rope turns under load."),
        ("reason", "The fold keeps the gas, because you never press on the dough."),
        ("number", "The bread is done after about 20 minutes in the oven."),
        ("pitfall", "Too much salt slows the yeast down."),
        ("advice", "Never press on the top of a dough that has risen."),
        ("advice", "You should always coil a wet rope loosely."),
        ("comparison", "A wet rope is weaker than a dry one."),
        ("use", "A heaving line lets you throw a heavy rope."),
        ("example", "Stopper knots such as the figure of eight hold in a block."),
        ("condition", "Once the rope is wet, the knot holds."),
        ("any", "Ropes are sold by the metre in every harbour."),
        ("any", "Coil the rope and hang it up."),
        ("any", "The most common knot on a pier is the bowline."),  # there is nothing to try both ways
    ],
)
def test_a_sentence_is_told_by_the_words_that_give_it_away(kind, sentence):
    assert kind_of(sentence, (40, 44)) == kind


def test_a_sentence_defines_only_its_own_subject():
    assert kind_of("An icon font is a font of symbols.", (3, 12)) == "definition"
    assert kind_of("An example of an icon font is the one we have.", (17, 26)) != "definition"


def test_what_a_thing_with_a_name_of_its_own_is_is_told_by_its_use():
    assert kind_of("LangGraph is a framework for the flow of an agent.", (0, 9)) == "use"
