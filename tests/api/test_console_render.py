"""Texts of any author become HTML that is safe and looks as meant."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from api.console.compare import side_by_side
from api.console.reading import blocks, in_context, is_markdown
from api.console.render import TAGS, markdown

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "<a href='javascript:alert(1)' onclick=alert(1)>x</a>",
    "<style>*{display:none}</style>",
    "<form action=/sign-out>",
    "```<script>```",
    "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    '[x](https://a.example "onmouseover=alert(1)")',
    "[x](/sign-out)",
    "[x](//a.example/board/a/sources/b)",
    "[x](/board/../sign-out)",
    "[x](/board/%2e%2e/sources/%2e%2e/%2E%2E/sign-out)",
    "[x](/board/a/sources/b?next=/sign-out)",
    "[x](</board/a\\sources/b>)",
    "[x](board/a/sources/b)",
    "<iframe src=//a.example>",
    "[a]: javascript:alert(1)\n\n[a]",
]


class Tags(HTMLParser):
    """What a browser would see."""

    def __init__(self, html):
        super().__init__()
        self.names, self.attributes = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_runs_comes_out(text):
    seen = Tags(markdown(text))
    assert seen.names <= TAGS
    assert {name for name, _ in seen.attributes} <= {"href", "title", "rel"}
    assert all(value.startswith("https://") for name, value in seen.attributes if name == "href")


def test_a_link_to_a_post_on_the_board_stays():
    assert 'href="/board/bake-table/sources/week%201/a.md"' in markdown(
        "[x](</board/bake-table/sources/week%201/a.md>)"
    )


def test_headings_join_the_outline_of_the_page():
    html = markdown("# One\n\n### Three", top_heading=3)
    assert "<h3>One</h3>" in html
    assert "<h5>Three</h5>" in html


def test_a_line_break_stays_one():
    assert "flour<br" in markdown("flour\nwater")


def test_an_extracted_text_is_no_markdown():
    assert is_markdown("# Tides\n\n*Hello*", {"headings": [[0, 1, "Tides", "tides"]], "file": False})
    assert not is_markdown("Tides\n\nHello", {"headings": [[0, 1, "Tides", "tides"]], "file": True})
    assert not is_markdown("Tides\n\nHello", {"headings": [[0, 1, "Tides", "tides"]]})


def test_a_text_is_read_in_blocks_with_headings_places_lists_and_tables():
    text = "Tides\n\nA rope <b>\n\nNeap | Spring\nlow | high\n\n- one\n- two"
    structure = {"headings": [[0, 1, "Tides", "tides"]], "places": [[0, "page", "1"], [7, "page", "2"]]}
    heading, rope, table, items = blocks(text, structure)
    assert (heading.kind, heading.level, heading.slug, heading.place) == ("heading", 2, "tides", "page 1")
    assert (rope.html, rope.place) == ("A rope &lt;b&gt;", "page 2")
    assert table.rows == (("Neap", "Spring"), ("low", "high"))
    assert items.rows == (("- one",), ("- two",))


def test_a_quote_is_marked_across_blocks():
    first, second = blocks("Leave early.\n\nCome home.", {}, mark=(6, 18))
    assert first.html == 'Leave <mark id="quote">early.</mark>'
    assert second.html == "<mark>Come</mark> home."


def test_a_quote_is_shown_with_whole_words_around_it():
    text = "before " * 100 + "QUOTE" + " after" * 100
    shown = in_context(text, 700, 705)
    assert shown.quote == "QUOTE"
    assert set(shown.before.split()) == {"before"}
    assert set(shown.after.split()) == {"after"}
    assert shown.cut_before
    assert shown.cut_after


def test_a_change_is_marked_on_both_sides():
    old, new = side_by_side("Feed it <twice> a day.", "Feed it once a day.")
    assert "<del>&lt;twice&gt;</del>" in old
    assert "<ins>once</ins>" in new


def test_very_long_texts_are_compared_by_line():
    lines = [f"line {n} of many words" for n in range(2000)]
    old, new = side_by_side("\n".join(lines), "\n".join([*lines, "one more"]))
    assert "one more" in new
    assert "<ins>" in new
    assert "line 3 of" in old
