"""What of a passage can be quoted by itself, and what only announces it."""

from __future__ import annotations

import pytest

from knowledge.announcing import announces, heads_no_content
from knowledge.asked import defines, kind_asked
from knowledge.parts import LONGEST, parts_of


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in parts_of(text)]


def test_sentences_of_one_paragraph_belong_together():
    text = "A bowline holds under load. It is easy to untie.\n\nA sheet bend joins two ropes of different size."
    assert [paragraph for *_, paragraph in parts_of(text)] == [0, 0, 1]


@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_a_line_with_a_colon_is_quoted_with_its_list(gap):
    text = f"Three ropes hold a mast:{gap}- the forestay\n- the backstay\n- two shrouds"
    assert quoted(text) == [text]


def test_a_line_without_an_end_above_a_list_leads_to_it():
    text = "Before you cast off, check these things in order\n\n1. Close the seacocks.\n2. Start the engine."
    assert quoted(text) == [text]


def test_code_comes_with_the_line_that_leads_to_it():
    shown = "Reading the log takes two lines:\n\nwith open(name) as file:\n    lines = file.readlines()"
    assert quoted(f"{shown}\n\nEach line is one day at sea.") == [shown, "Each line is one day at sea."]


def test_code_by_itself_answers_nothing():
    assert quoted("import sails\nsails.set(area=12)\nprint(sails.wind)") == []


def test_a_table_stays_whole_below_its_line():
    text = "The knots and what they are for:\n\nKnot | Use\nbowline | a loop that holds\nreef knot | tying up a sail"
    assert quoted(text) == [text]


def test_short_lines_of_a_slide_are_a_list():
    text = "Clear the deck of lines\nTie down the dinghy\nClose all the hatches\nPut on your harness"
    assert quoted(text) == [text]


def test_a_list_that_is_too_long_is_quoted_by_its_items():
    items = [f"- Item number {n} says something about a sail that is worth knowing at sea." for n in range(30)]
    assert len("\n".join(items)) > LONGEST
    assert quoted("\n".join(items)) == items


@pytest.mark.parametrize(
    "text",
    [
        "Knots for beginners\n\nA bowline holds under load and is easy to untie.",  # a title
        "Where do ropes wear out first?\n\nA bowline holds under load and is easy to untie.",
        "The parts of the boat are as follows:\n\nA bowline holds under load and is easy to untie.",  # a picture is lost
    ],
)
def test_what_says_nothing_is_left_out(text):
    assert quoted(text) == ["A bowline holds under load and is easy to untie."]


@pytest.mark.parametrize(
    "text", ["", "\n\n", ":", "- ", "|", "a" * 5000, "- a\n" * 3000, "x:\n\n" * 300, "«…» :\n\n- é"]
)
def test_every_part_lies_within_the_text(text):
    for start, end, _ in parts_of(text):
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "In this section we look at knots.", "Now that you know the ropes, we can set sail.", "Let's hoist the sail!",
        "- Understand how wind moves a boat", "How to read the sky", "By the end of the day you are a sailor.",
        "Check out the chart room for more.", "We've already seen how a keel works.",
    ],
)  # fmt: skip
def test_an_announcement_is_told(text):
    assert announces(text)


@pytest.mark.parametrize(
    "text",
    [
        "A keel keeps the boat from drifting sideways.", "Reef the sail before the wind rises.",
        "How far a boat heels depends on its sails: take them in early.", "Wait until the tide turns.",
    ],
)  # fmt: skip
def test_what_tells_is_no_announcement(text):
    assert not announces(text)


def test_headings_above_aims_and_links_are_known():
    assert heads_no_content("What will you learn?")
    assert heads_no_content("Learning objectives")
    assert not heads_no_content("Reading the sky")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is a bowline?", "A bowline is a loop that does not slip."),
        ("can somebody explain what the lee shore is", "The lee shore is the one that the wind blows to."),
        ("What are shrouds good for?", "Shrouds are the ropes beside the mast."),
        ("what does VMG mean", "VMG (velocity made good) is the speed towards the mark."),
    ],
)
def test_a_definition_is_told_by_what_it_begins_with(question, sentence):
    assert defines(question, sentence)


@pytest.mark.parametrize("sentence", ["A reef is a fold of the sail.", "Tie a bowline twice.", "The bowline holds."])
def test_other_sentences_define_nothing(sentence):
    assert not defines("What is a bowline?", sentence)
    assert not defines("How do I tie it?", sentence)


def test_a_difference_is_asked_for_before_a_meaning():
    assert kind_asked("What is the difference between a sheet and a halyard?") == "difference"
