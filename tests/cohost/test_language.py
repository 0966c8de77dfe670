"""The language of a text, told only where it is plain."""

from __future__ import annotations

import pytest

from cohost.language import in_another_language, language

ENGLISH = "Spring tides come twice a month, when the moon is new and when it is full."
GERMAN = "Springtiden kommen zweimal im Monat, bei Neumond und bei Vollmond, und das Wasser ist hoch."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Quand viennent les marées de vive-eau ?", "fr"),
        ("¿Cuándo vienen las mareas vivas?", "es"),
        ("Quando viene la marea, e perché è più alta?", "it"),
        ("Когда приходит прилив?", "cyrillic"),
        ("大潮はいつ来ますか", "ja"),
        ("如何使用 Python dict comprehension?", "zh"),
        ("pH?", None),
        ("", None),
        ("`if the cat is in the hat: return`", None),
    ],
)
def test_language_is_told_where_it_is_plain(text: str, told: str | None) -> None:
    assert language(text) == told


@pytest.mark.parametrize(
    ("answer", "question", "different"),
    [
        (GERMAN, "When should I leave the mooring?", True),
        (ENGLISH, "Wann muss ich die Leinen loswerfen?", True),
        (ENGLISH, "When should I leave the mooring?", False),
        (ENGLISH, "Mooring?", False),  # the question does not tell
        ("Bei Neumond.", "When should I leave the mooring?", False),  # the answer is too short to tell
        ("np.einsum('ij,jk', a, b)", "How do I multiply the matrices?", False),
    ],
)
def test_only_plainly_different_languages_differ(answer: str, question: str, different: bool) -> None:
    assert in_another_language(answer, question) is different
