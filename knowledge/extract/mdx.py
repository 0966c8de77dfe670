"""What MDX adds to Markdown (components, expressions, template blocks), as parser rules: so code stays untouched."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_NAME = re.compile(r"</?([A-Za-z][\w.:-]*)?(?=[\s/>{])")
_LONGEST_TAG = 50_000  # characters; a quiz with all its choices is one tag of several thousand
# {/* comment */}, {#if …} {:else} {/if} {@html …}, and the {" "} that keeps a space
_EXPRESSION = re.compile(r"""\{\s*/\*.{0,5000}?\*/\s*\}|\{[#:/@][^{}]*\}|\{\s*(["'])\s*\1\s*\}""", re.DOTALL)
_MODULE = re.compile(
    r"import\s+(?:[\w$*{][^;\n]*\sfrom\s+)?['\"]|import\s*\{\s*$|import\s+[\w$]+\s*,\s*\{"
    r"|export\s+(?:default\b|(?:async\s+)?function\b|(?:const|let|var|class)\s+[\w$]|\{|\*\s)"
)
_STRINGS = "\"'`"
_MOST_VAIN = 500_000  # characters read in a text for tags that turned out not to end; more is an attack on our time


def components(md: MarkdownIt) -> None:
    """Capitalised tags vanish with all their props; what stands between them is read as Markdown."""
    interrupts: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    md.block.ruler.before("html_block", "component_lines", _component_lines, interrupts)
    md.inline.ruler.before("html_inline", "component", _component)


def mdx(md: MarkdownIt) -> None:
    """Also drop module lines and expressions, and read Markdown inside plain HTML tags that fill their lines."""
    components(md)
    md.options["mdx"] = True
    md.disable("code")  # indentation is not code in MDX
    md.block.ruler.before("component_lines", "module_lines", _module_lines)
    md.inline.ruler.before("html_inline", "expression", _expression)
    md.block.ruler.before("component_lines", "expression_lines", _expression_lines, {"alt": ["paragraph", "list"]})


def tag_end(source: str, start: int) -> int | None:
    """The offset behind the tag that begins at `start`, its quoted and braced props included; None if it is no tag."""
    name = _NAME.match(source, start)
    if name is None:
        return None
    position, last = name.end(), min(len(source), start + _LONGEST_TAG)
    while position < last:
        character = source[position]
        if character == ">":
            return position + 1
        if character in "\"'":
            position = _string_end(source, position, last)
        elif character == "{":
            position = _brace_end(source, position, last)
        elif character == "<":
            return None
        else:
            position += 1
    return None


def _tag_end(state: StateBlock | StateInline, start: int) -> int | None:
    vain = state.env.get("vain", 0)
    if vain > _MOST_VAIN:
        return None
    end = tag_end(state.src, start)
    if end is None:
        state.env["vain"] = vain + min(len(state.src) - start, _LONGEST_TAG)
    return end


def _brace_end(source: str, start: int, last: int) -> int:
    depth, position = 0, start
    while position < last:
        character = source[position]
        if source.startswith("/*", position):
            closing = source.find("*/", position + 2, last)
            if closing < 0:
                return last
            position = closing + 2
            continue
        if character in _STRINGS:
            position = _string_end(source, position, last)
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        position += 1
        if depth == 0:
            return position
    return last


def _string_end(source: str, start: int, last: int) -> int:
    """Behind the closing quote; a quote that its line does not close was an apostrophe."""
    quote, position = source[start], start + 1
    while position < last:
        character = source[position]
        if character == "\\":
            position += 1
        elif character == quote:
            return position + 1
        elif character == "\n" and quote == "'":
            return start + 1
        position += 1
    return start + 1


def _is_component(tag: str) -> bool:
    return tag.lstrip("</")[:1].isupper() or tag in {"<>", "</>"}


def _component_lines(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """One or more tags that fill their lines: components leave nothing, HTML tags (MDX only) stay as tags."""
    position = state.bMarks[start_line] + state.tShift[start_line]
    if state.is_code_block(start_line) or not state.src.startswith("<", position):
        return False
    kept, end = _tags_of_line(state, position)
    if end is None or end > state.eMarks[end_line - 1]:
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.content = kept
        state.line = start_line + 1 + state.src.count("\n", position, end)
        token.map = [start_line, state.line]
    return True


def _tags_of_line(state: StateBlock, position: int) -> tuple[str, int | None]:
    """The HTML tags to keep, and where the line ends behind the tags; None when something else stands there."""
    source, kept = state.src, ""
    while True:
        end = _tag_end(state, position)
        if end is None:
            return "", None
        tag = source[position:end]
        if not _is_component(tag):
            if not state.md.options.get("mdx"):
                return "", None
            kept += _plain_tag(tag)
        while source.startswith((" ", "\t"), end):
            end += 1
        if end == len(source) or source[end] == "\n":
            return kept + "\n", end
        position = end


def _plain_tag(tag: str) -> str:
    """An HTML tag; with braces in its props only its name, since they are program text."""
    name = _NAME.match(tag)
    return tag if "{" not in tag or name is None else f"{name.group()}>"


def _component(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "<":
        return False
    end = _tag_end(state, state.pos)
    if end is None or not _is_component(state.src[state.pos : end]):
        return False
    state.pos = end
    return True


def _expression(state: StateInline, silent: bool) -> bool:
    match = _expression_at(state, state.pos)
    if match is None:
        return False
    if not silent and match.group(1):
        state.pending += " "
    state.pos = match.end()
    return True


def _expression_at(state: StateBlock | StateInline, position: int) -> re.Match[str] | None:
    # The search for an end first: without one, the pattern would read to the end of the text for every brace.
    return _EXPRESSION.match(state.src, position) if state.src.find("}", position) > 0 else None


def _expression_lines(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    position = state.bMarks[start_line] + state.tShift[start_line]
    match = _expression_at(state, position)
    if match is None or state.src[match.end() : state.eMarks[end_line - 1]].partition("\n")[0].strip():
        return False
    if not silent:
        state.line = start_line + 1 + state.src.count("\n", position, match.end())
    return True


def _module_lines(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """An import or export at the left margin, up to the next blank line."""
    position = state.bMarks[start_line]
    if state.level or not _MODULE.match(state.src[position : state.eMarks[start_line]]):
        return False
    if not silent:
        line = start_line
        while line < end_line and not state.isEmpty(line):
            line += 1
        state.line = line
    return True
