"""Markdown and MDX: parsed, rendered to HTML, and read as what a reader would see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from knowledge.extract.decode import decode
from knowledge.extract.document import Document
from knowledge.extract.html import write_html
from knowledge.extract.mdx import components, mdx
from knowledge.extract.writer import Writer

_ANCHOR = re.compile(r"(?:\[\[([^\[\]\n]+)\]\]|\{#([\w.:-]+)\})$")
# Behind a paragraph, four blanks make code of the fence itself; the author meant its contents.
_INDENTED_FENCE = re.compile(r"\A(`{3,}|~{3,})[^\n`]*\n(.*?)^\1[ \t]*\n*\Z", re.DOTALL | re.MULTILINE)
_NESTED = re.compile(r"(?:[\[{\-]\s*+){50}")  # openings in a row; honest front matter has two
_CALLOUT = re.compile(r"^\[!\w+\][+-]?[ \t]*\n?")


def read(data: bytes, name: str) -> Document:
    """Title from the front matter, else the first heading, else the name."""
    writer = Writer()
    title = write_markdown(decode(data), writer, is_mdx=name.lower().endswith(".mdx"))
    return writer.document(name, "lesson", title=title)


def write_markdown(source: str, writer: Writer, *, is_mdx: bool = False) -> str:
    """Write a Markdown text; returns the title of its front matter, empty if it has none."""
    parser = _parser(is_mdx)
    environment: dict[str, object] = {}
    tokens = parser.parse(source, environment)
    write_html(parser.renderer.render(tokens, parser.options, environment), writer)
    return _front_title(tokens)


@cache
def _parser(is_mdx: bool) -> MarkdownIt:
    md = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    md.use(front_matter_plugin).use(footnote_plugin).use(tasklists_plugin)
    # Without spaces and digits at the dollar signs, prices stay prices.
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True, allow_blank_lines=False)
    md.use(mdx if is_mdx else components)
    md.core.ruler.before("inline", "written_marks", _written_marks)
    for kind, sign in (("math_inline", "$"), ("math_inline_double", "$$"), ("math_block", "$$")):
        md.add_render_rule(kind, _formula_rule(sign))
    md.add_render_rule("math_block_label", _formula_rule("$$"))
    return md


def _formula_rule(sign: str):  # type: ignore[no-untyped-def]  # the library's rule type is a bound method
    def render(self: object, tokens: Sequence[Token], index: int, options: object, env: object) -> str:
        formula = escape(f"{sign}{tokens[index].content.strip()}{sign}")
        return f"<p>{formula}</p>" if tokens[index].block else formula

    return render


def _written_marks(state: StateCore) -> None:
    """Give headings the slug written behind them, and take markers off callouts and indented fences."""
    for index, token in enumerate(state.tokens):
        if token.type == "code_block":
            token.content = _INDENTED_FENCE.sub(r"\2", token.content)
        if token.type != "inline":
            continue
        opener = state.tokens[index - 1]
        if opener.type == "heading_open" and (anchor := _ANCHOR.search(token.content.rstrip())):
            opener.attrSet("id", (anchor.group(1) or anchor.group(2)).strip())
            token.content = token.content[: anchor.start()].rstrip()
        elif index > 1 and state.tokens[index - 2].type == "blockquote_open":
            token.content = _CALLOUT.sub("", token.content)


def _front_title(tokens: Sequence[Token]) -> str:
    content = next((token.content for token in tokens if token.type == "front_matter"), "")
    if _NESTED.search(content):  # the parser's time grows with the square of the depth
        return ""
    try:
        fields = yaml.safe_load(content)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ):  # a template, or the 31st of February; the first heading serves
        return ""
    title = fields.get("title") if isinstance(fields, Mapping) else None
    return str(title) if isinstance(title, str | int | float) else ""
