"""Markdown to HTML that is safe to show, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

# What a post or an answer may contain. No images (they would tell a stranger's server who reads), no classes, no ids.
TAGS = frozenset("p br strong em s code pre blockquote ul ol li h2 h3 h4 h5 h6 hr table thead tbody tr th td a".split())
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https"}
LINK_REL = "nofollow noopener noreferrer"
ON_THE_BOARD = re.compile(r"/board/[^/?#\\]+/sources/[^?#\\]+")  # the only pages of ours that a text may link to
DEEPEST = 6  # HTML knows no heading below h6


def markdown(text: str, *, top_heading: int = 3) -> Markup:
    """Render Markdown; its first heading level becomes `top_heading`, so that the page keeps one outline."""
    html = _parser(top_heading).render(text)
    return Markup(clean(html))  # noqa: S704  cleaned on the way in


def clean(html: str) -> str:
    """HTML with only the allowed tags; links only to http and https, and to what stands on the board."""
    return nh3.clean(
        html, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=LINK_REL, url_relative=_on_the_board,
        clean_content_tags={"script", "style"},
    )  # fmt: skip


def _on_the_board(address: str) -> str | None:
    """An address without a scheme only where it leads to a post or a lesson; dots would lead a browser elsewhere."""
    return address if ON_THE_BOARD.fullmatch(address) and ".." not in unquote(address) else None


@cache
def _parser(top_heading: int) -> MarkdownIt:
    """HTML in the text stays text: it is escaped, not passed on. A line break is kept, as people mean it in a post."""
    md = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    md.add_render_rule("image", _image_as_words)
    md.core.ruler.push("headings", lambda state: _lower_headings(state, top_heading))
    return md


def _image_as_words(_renderer: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return escape(tokens[index].content)


def _lower_headings(state: StateCore, top_heading: int) -> None:
    levels = [int(token.tag[1]) for token in state.tokens if token.type == "heading_open"]
    shift = top_heading - min(levels, default=top_heading)
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(max(int(token.tag[1]) + shift, top_heading), DEEPEST)}"
