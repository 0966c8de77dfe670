"""Where links, code and other constructs stand in a Markdown text: offsets, found by a CommonMark parser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

Kind = Literal["code", "fence", "indented", "definition", "link", "image", "autolink", "entity", "escape"]
Rule = Callable[[StateInline, bool], bool]
BlockRule = Callable[[StateBlock, int, int, bool], bool]

INLINE: dict[str, Kind] = {
    "backticks": "code",
    "link": "link",
    "image": "image",
    "autolink": "autolink",
    "entity": "entity",
    "escape": "escape",
}
BLOCKS: dict[str, Kind] = {"fence": "fence", "code_block": "indented"}


@dataclass(frozen=True)
class Span:
    """A construct at `text[start:end]`."""

    kind: Kind
    start: int
    end: int
    label: tuple[int, int] = (0, 0)  # of a link or image: what is shown
    target: str = ""  # of a link or autolink, percent-encoded
    unclosed: str = ""  # of a fence that runs on to the end of the text: the marks that would close it


def find(text: str) -> list[Span]:
    """All spans, by start; a link may contain others, apart from that they do not overlap.

    Raw HTML is not looked for: its tags are text here. `text` must have `\\n` line ends and no control characters.
    """
    env: dict[str, object] = {"definitions": []}
    tokens = _parser().parse(text, env)
    lines = text.split("\n")
    starts = _line_starts(lines)
    blocks = list(_blocks(tokens, lines, starts)) + list(_definitions(env, starts))
    taken = {n for token in tokens if token.type in BLOCKS and token.map for n in range(*token.map)}
    taken |= {n for first, end in _lines_of_definitions(env) for n in range(first, end)}
    contents = _contents(tokens, lines, starts, taken)
    inline = [span for content, places in contents for span in _spans(content, places, env)]
    return sorted(blocks + inline, key=lambda span: (span.start, -span.end))


@cache
def _parser() -> MarkdownIt:
    """CommonMark without HTML; inline parts are parsed by `_spans`, which needs to know where they stand."""
    parser = MarkdownIt("commonmark", {"html": False})
    parser.disable(["html_block", "html_inline"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # also javascript: is a link, to be removed
    rules = dict(zip(parser.inline.ruler.get_active_rules(), parser.inline.ruler.getRules(""), strict=True))
    for name, kind in INLINE.items():
        parser.inline.ruler.at(name, _recording(kind, rules[name]))
    blocks = dict(zip(parser.block.ruler.get_active_rules(), parser.block.ruler.getRules(""), strict=True))
    parser.block.ruler.at("reference", _recording_lines(blocks["reference"]))
    return parser


def _recording(kind: Kind, rule: Rule) -> Rule:
    def recorded(state: StateInline, silent: bool) -> bool:
        start, made = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent and state.env.get("state") is state:
            label, target = _label(state, kind, start), _target(state.tokens[made:])
            state.env["found"].append((kind, start, state.pos, label, target))
        return True

    return recorded


def _label(state: StateInline, kind: Kind, start: int) -> tuple[int, int]:
    if kind not in ("link", "image"):
        return (0, 0)
    bracket = start if kind == "link" else start + 1
    return bracket + 1, state.md.helpers.parseLinkLabel(state, bracket, kind == "link")


def _target(tokens: list[Token]) -> str:
    return next((str(token.attrGet("href")) for token in tokens if token.type == "link_open"), "")


def _recording_lines(rule: BlockRule) -> BlockRule:
    def recorded(state: StateBlock, first: int, end: int, silent: bool) -> bool:
        if not rule(state, first, end, silent):
            return False
        if not silent:
            state.env["definitions"].append((first, state.line))
        return True

    return recorded


def _line_starts(lines: list[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _blocks(tokens: list[Token], lines: list[str], starts: list[int]) -> Iterator[Span]:
    for token in tokens:
        if token.type in BLOCKS and token.map:
            first, end = token.map[0], min(token.map[1], len(lines))
            unclosed = ""
            if token.type == "fence" and token.level == 0 and not _closes(lines[first:end], token.markup):
                unclosed = token.markup
            yield Span(BLOCKS[token.type], starts[first], starts[end] - 1, unclosed=unclosed)


def _closes(lines: list[str], marks: str) -> bool:
    return len(lines) > 1 and lines[-1].strip().startswith(marks) and not lines[-1].strip().strip(marks[0])


def _lines_of_definitions(env: dict[str, object]) -> list[tuple[int, int]]:
    return env["definitions"]  # type: ignore[return-value]  # filled by `_recording_lines`


def _definitions(env: dict[str, object], starts: list[int]) -> Iterator[Span]:
    for first, end in _lines_of_definitions(env):
        yield Span("definition", starts[first], starts[end] - 1)


def _contents(
    tokens: list[Token], lines: list[str], starts: list[int], taken: set[int]
) -> Iterator[tuple[str, list[int]]]:
    """Each piece of inline content with the offset of each of its characters; lines that belong to none stand alone."""
    for token in tokens:
        if token.type == "inline" and token.map:
            places = _places(token.content, token.map[0], lines, starts)
            if places is not None:
                taken |= set(range(*token.map))
                yield token.content, places
    for number, line in enumerate(lines):
        if number not in taken:
            yield line, list(range(starts[number], starts[number] + len(line) + 1))


def _places(content: str, first: int, lines: list[str], starts: list[int]) -> list[int] | None:
    """Offsets of content whose lines lost quote marks and indentation; None where a line cannot be found again."""
    places: list[int] = []
    for number, part in enumerate(content.split("\n"), start=first):
        column = lines[number].rfind(part)
        if column < 0:
            return None
        begin = starts[number] + column
        places.extend(range(begin, begin + len(part) + 1))  # the last one is the line's end
    return places


def _spans(content: str, places: list[int], env: dict[str, object]) -> Iterator[Span]:
    parser = _parser()
    state = StateInline(content, parser, {**env, "found": []}, [])
    state.env["state"] = state
    parser.inline.tokenize(state)
    for kind, start, end, label, target in state.env["found"]:
        yield Span(kind, places[start], places[end - 1] + 1, (places[label[0]], places[label[1]]), target)
