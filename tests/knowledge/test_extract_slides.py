"""PowerPoint: titles, bodies, tables, groups and what the speaker says."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Inches

from knowledge.extract import extract
from knowledge.extract.document import Document

BOX = (Inches(1), Inches(1), Inches(3), Inches(1))


def read(deck: Any, name: str = "deck.pptx") -> Document:
    output = io.BytesIO()
    deck.save(output)
    return extract(output.getvalue(), name)


def slide(deck: Any, title: str, *body: str, layout: int = 1) -> Any:
    added = deck.slides.add_slide(deck.slide_layouts[layout])
    added.shapes.title.text = title
    if body:
        added.placeholders[1].text = "\n".join(body)
    return added


@pytest.fixture
def deck() -> Any:
    return Presentation()


def test_slides_with_bodies_and_notes_in_order(deck: Any) -> None:
    slide(deck, "The deck", "by us", layout=0)
    second = slide(deck, "Why tokens", "small", "fast")
    second.placeholders[1].text_frame.paragraphs[1].level = 1
    second.notes_slide.notes_text_frame.text = "Say this slowly.\n\nThen [!NOTE] pause."
    document = read(deck)
    assert document.text == (
        "The deck\n\nby us\n\nWhy tokens\n\n- small\n  - fast\n\nSay this slowly.\n\nThen [!NOTE] pause."
    )
    assert [(heading.level, heading.title) for heading in document.headings] == [(1, "The deck"), (2, "Why tokens")]
    starts = {place.value: document.text[place.start :][:8] for place in document.places}
    assert starts == {"1": "The deck", "2": "Why toke"}
    assert document.title == "The deck"


def test_tables_groups_and_code_are_read(deck: Any) -> None:
    shapes = slide(deck, "All kinds", layout=5).shapes
    table = shapes.add_table(2, 2, *BOX).table
    for cell, text in zip(table.iter_cells(), ("k", "v", "x", "1"), strict=True):
        cell.text = text
    group = shapes.add_group_shape().shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "in a group"
    lines = shapes.add_textbox(*BOX).text_frame.paragraphs[0]
    lines.text = "if x:\v    y()"
    for run in lines.runs:
        run.font.name = "Consolas"
    document = read(deck)
    assert document.text == "All kinds\n\nk | v\nx | 1\n\nin a group\n\nif x:\n    y()"
    assert [document.text[start:end] for start, end in document.whole] == ["k | v\nx | 1", "if x:\n    y()"]


def test_a_title_that_the_program_made_up_is_not_used(deck: Any) -> None:
    deck.core_properties.title = "PowerPoint Presentation"
    slide(deck, "Real one")
    assert read(deck).title == "Real one"


def test_slides_without_words_leave_no_place(deck: Any) -> None:
    for title in ("a b", "", "c d"):
        slide(deck, title, layout=5)
    assert [place.value for place in read(deck).places] == ["1", "3"]


def test_a_cover_without_a_title_does_not_make_the_agenda_the_title(deck: Any) -> None:
    slide(deck, "", "Knots for beginners")
    slide(deck, "Agenda", "Bowline")
    assert read(deck, "knots-for-beginners/slides.pptx").title == "Knots for beginners"
