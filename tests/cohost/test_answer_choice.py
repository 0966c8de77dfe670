"""Which parts an answer quotes, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime

from cohost.jobs.answer_choice import choose, disagree, joined
from cohost.model import Passage
from cohost.ports import ScoredSentence

WORDS = 150


def passages(*texts: str) -> list[Passage]:
    """Each of its own source, the first one the oldest."""
    return [
        Passage(
            "course",
            f"s{n}",
            "Lesson",
            (),
            "",
            0,
            len(text),
            text,
            1.0,
            updated_at=datetime(2026, 1, n + 1, tzinfo=UTC),
        )
        for n, text in enumerate(texts)
    ]


def part(found: list[Passage], at: int, text: str, relevance: float, paragraph: int = 0) -> ScoredSentence:
    start = found[at].text.index(text)
    return ScoredSentence(at, start, start + len(text), text, relevance, paragraph)


def texts(chosen: list[ScoredSentence]) -> list[str]:
    return [one.text for one in chosen]


def test_the_best_part_alone_where_nothing_comes_near_it():
    found = passages("Reef early. Ropes are dear.", "Paint dries slowly.")
    scored = [
        part(found, 0, "Reef early.", 0.9),
        part(found, 0, "Ropes are dear.", 0.4),
        part(found, 1, "Paint dries slowly.", 0.4),
    ]
    assert texts(choose(scored, WORDS)) == ["Reef early."]


def test_what_stands_beside_the_best_part_needs_less_than_what_stands_elsewhere():
    found = passages("Reef early. Wind rises fast.", "Sails tear in wind.")
    scored = [
        part(found, 0, "Reef early.", 1.0),
        part(found, 1, "Sails tear in wind.", 0.8),
        part(found, 0, "Wind rises fast.", 0.77),
    ]
    assert texts(choose(scored, WORDS)) == ["Reef early.", "Wind rises fast."]


def test_what_points_back_brings_what_it_points_at():
    found = passages("The keel is heavy. This holds the boat upright.")
    scored = [part(found, 0, "This holds the boat upright.", 0.9), part(found, 0, "The keel is heavy.", 0.2)]
    assert joined(choose(scored, WORDS), found) == [(0, 0, len(found[0].text))]


def test_the_same_words_are_quoted_once():
    found = passages("Close the hatches before you sail.", "You close the hatches before you sail.")
    scored = [part(found, 0, found[0].text, 0.9), part(found, 1, found[1].text, 0.9)]
    assert choose(scored, WORDS) == scored[:1]


def test_the_same_words_with_other_numbers_are_a_disagreement_and_the_newest_comes_first():
    found = passages("The harbour opens at 7 in the morning.", "The harbour opens at 9 in the morning.")
    scored = [part(found, 0, found[0].text, 0.9), part(found, 1, found[1].text, 0.88)]
    chosen = choose(scored, WORDS)
    assert disagree(chosen, found)
    assert [at for at, *_ in joined(chosen, found, newest_first=True)] == [1, 0]


def test_other_words_with_other_numbers_are_no_disagreement():
    found = passages("The harbour opens at 7 in the morning.", "A berth for the night costs 30 euros in summer.")
    scored = [part(found, 0, found[0].text, 0.9), part(found, 1, found[1].text, 0.88)]
    assert not disagree(choose(scored, WORDS), found)


def test_an_answer_keeps_to_its_length_but_for_the_first_part():
    found = passages("one two three four five six. seven eight nine.")
    scored = [part(found, 0, "one two three four five six.", 0.9), part(found, 0, "seven eight nine.", 0.9)]
    assert texts(choose(scored, 3)) == ["one two three four five six."]
    assert len(choose(scored, 9)) == 2


def test_rows_of_numbers_are_not_taken_for_the_same():
    found = passages("1 2 3 4\n5 6 7 8")
    scored = [part(found, 0, "1 2 3 4", 0.9), part(found, 0, "5 6 7 8", 0.9)]
    assert len(choose(scored, WORDS)) == 2
