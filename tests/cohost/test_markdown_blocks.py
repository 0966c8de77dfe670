"""Blocks and quotes are what a reader of the Markdown sees."""

from __future__ import annotations

import pytest

from cohost.markdown_blocks import blocks


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("> one", ["one"]),
        ("See:\n> one", ["one"]),
        ("> one\nand on", ["one\nand on"]),  # goes on without a mark
        ("> one\n\n> two", ["one", "two"]),
        ("> one\n>\n> still one", ["one\n\nstill one"]),
        ("> > one\n> two", ["> one\ntwo"]),
        ("- > one\n- two", ["one"]),
        ("1. two\n   > one", ["one"]),
        ("```\n> code\n```", []),
        ("    > code", []),
        ("a > b", []),
        ("<div>\n> one", ["one"]),  # HTML is text
        ("[a]: https://one.example\n\n> one", ["one"]),
        ("", []),
    ],
)
def test_quotes_are_found_wherever_they_stand(text: str, quotes: list[str]) -> None:
    assert [quote for block in blocks(text) for quote in block.quotes] == quotes


def test_nothing_is_lost_between_the_blocks() -> None:
    text = "# One\n\ntwo\nthree\n\n[a]: https://one.example\n\n- four\n- five\n\n```\nsix\n\n\nseven\n```\n\n> eight"
    assert "\n\n".join(block.text for block in blocks(text)) == text
    assert [block.is_quote for block in blocks(text)] == [False] * 5 + [True]
