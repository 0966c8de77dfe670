"""Plain code after a language model: what it wrote becomes Markdown that can be posted, whatever it was talked into."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cohost.markdown_spans import Span, find

REMOVED = "(link removed)"
MENTION_REMOVED = "(mention)"
PASSES = 30  # each takes away one layer of a construct; ordinary text needs one, nested tricks a few

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Letters by their category, but without a shape: they hide text as well as a zero-width space does.
_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
_SELECTORS = range(0xE0100, 0xE01F0)  # variation selectors that can carry bytes unseen
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2")  # Arabic number signs
_JOINERS = "\u200c\u200d"  # needed within Persian, Indic scripts and emoji, a hiding place elsewhere

# Ends at white space, at quotation marks and angle brackets, at a backtick (a code span) and at East Asian punctuation.
_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]+://|\bh[tx]{2}ps?:[/\\]+|\bwww\d?\.(?=\w)|\b(?:javascript|vbscript|mailto|tel|sms|magnet|blob):(?=\S)"
    r"|\bdata:[\w.+-]+/[\w.+-]+[;,])[^\s<>\"`、。，；：！？）】」》]*",
    re.IGNORECASE,
)
_AFTER_URL = ".,;:!?'*_~)]}|\\"  # belongs to the sentence when it stands last
# Clients turn these into links without a scheme. Endings that are also file names or `ASP.NET` are left out.
_DOMAIN = re.compile(
    r"(?<![\w@./-])((?:[\w-]+\.)*[\w-]+)\."
    r"((?:(?i:com|org|info|biz|xyz|top|site|online|shop|club|icu)|net)(?![\w-]|\.\w)"
    r"|(?i:io|dev|app|ai|co|me|gg|ly|to|tv|us|uk|de|eu|ru|cn|fr|nl|it|es|ws|cc|gl|link|click|live)(?=/\w))"
)
_PLATFORM_MENTION = re.compile(
    r"<(?:@[!&]?[A-Z0-9]+|#[A-Z0-9]{2,}|!(?:channel|here|everyone|all|subteam)\b)[^<>\n]{0,80}>"
)
_EVERYONE = re.compile(r"[@\uff20\ufe6b](?=everyone|here\b|channel\b)", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)[@\uff20\ufe6b](?=[\w*])")  # `@**name**` is one too; `anna@example.org` is none
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK_TAIL = re.compile(r"\](?=\()")


def clean(text: str, allowed_urls: Collection[str] = ()) -> str:
    """Markdown without images, HTML, hidden characters or working mentions, and with no URL but `allowed_urls`.

    A link to anything else leaves its text; a bare URL leaves a note in its place. Cleaning twice changes nothing more.
    """
    allowed = _Allowed.of(allowed_urls)
    for number in range(2 * PASSES):
        if number == PASSES:
            text = re.sub(r"[\[\]<>`&\\]", "", text)  # built to resist: give up all structure
        cleaned = _pass(_visible(text), allowed)
        if cleaned == text:
            break
        text = cleaned
    return text


def urls_in(text: str) -> frozenset[str]:
    """Every URL with a scheme that stands in a text, in links or bare: what a quoted passage brings along."""
    targets = {span.target for span in find(_visible(text)) if span.target}
    bare = {match[0][: _body_length(match[0])] for match in _URL.finditer(text)}
    return frozenset(url for url in targets | bare if "://" in url)


@dataclass(frozen=True)
class _Allowed:
    """The URLs that may stand, by themselves and as a parser writes them."""

    by_form: Mapping[str, str]

    @classmethod
    def of(cls, urls: Iterable[str]) -> _Allowed:
        fit = [url for url in urls if re.match(r"(?:https?:)?/", url) and not re.search(r"[\s<>\"`]", url)]
        return cls({form: url for url in fit for form in (*_forms(url), url)})


def _forms(url: str) -> list[str]:
    return [span.target for span in find(f"[x](<{url}>)") if span.kind == "link"]


def _visible(text: str) -> str:
    """Without control, format, tag and shapeless characters; joiners stay between letters that need them."""
    shown = "".join(char for char in _LINE_ENDS.sub("\n", text) if _has_shape(char))
    padded = f" {shown} "
    return "".join(
        char
        for before, char, after in zip(padded, shown, padded[2:], strict=False)
        if char not in _JOINERS or (_joinable(before) and _joinable(after))
    )


def _has_shape(char: str) -> bool:
    if char in "\n\t" or " " <= char <= "~" or char in _JOINERS or char in _VISIBLE_FORMAT:
        return True
    if char in _SHAPELESS or ord(char) in _SELECTORS:
        return False
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def _joinable(char: str) -> bool:
    return char > "\x7f" and unicodedata.category(char)[0] in "LMS"


def _pass(text: str, allowed: _Allowed) -> str:
    spans = find(text)
    closing = next((span.unclosed for span in spans if span.unclosed), "")
    cleaned = _range(text, (0, len(text)), spans, allowed)
    return f"{cleaned.rstrip()}\n{closing}" if closing else cleaned


def _range(text: str, within: tuple[int, int], spans: list[Span], allowed: _Allowed) -> str:
    """Clean a part of the text: the spans in it each in their way, the rest as prose."""
    parts, position = [], within[0]
    for span in spans:
        if span.start < position or span.end > within[1]:
            continue  # before this part, behind it, or inside a span that is done
        parts.append(_prose(text[position : span.start], allowed))
        parts.append(_span(text, span, spans, allowed))
        position = span.end
    parts.append(_prose(text[position : within[1]], allowed))
    return "".join(parts)


def _span(text: str, span: Span, spans: list[Span], allowed: _Allowed) -> str:
    source = text[span.start : span.end]
    match span.kind:
        case "definition":
            return ""
        case "link" | "image":
            inner = [other for other in spans if span.start < other.start and other.end <= span.label[1]]
            return _link(span, _range(text, span.label, inner, allowed), allowed)
        case "autolink":
            return _autolink(source, span, allowed)
        case "code" | "fence":
            return _code(source, allowed)
        case "indented":  # chat platforms do not take this for code and would notify
            return _MENTION.sub("@ ", _code(source, allowed))
        case "entity":
            return _entity(source)
        case "escape":
            return source[1] if source[1] in ":/@." else source  # escaped, these still make links and mentions


def _link(span: Span, label: str, allowed: _Allowed) -> str:
    url = allowed.by_form.get(span.target) if span.kind == "link" else None
    if url is None:
        return label
    if not label.strip():
        return f"<{url}>"
    return f"[{label}](<{url}>)" if re.search(r"[()\\]", url) else f"[{label}]({url})"


def _autolink(source: str, span: Span, allowed: _Allowed) -> str:
    if span.target in allowed.by_form:
        return source
    address = source[1:-1]
    return address if "@" in address and ":" not in address else REMOVED


def _entity(source: str) -> str:
    """The character itself, so that the next pass sees it; the signs of HTML stay as they are."""
    meant = html.unescape(source)
    if meant in "<>&":
        return source
    return " " if meant.isspace() else meant


def _code(source: str, allowed: _Allowed) -> str:
    """Code stays as it is, but for URLs and for what some platforms act upon even in code."""
    shown = _PLATFORM_MENTION.sub(MENTION_REMOVED, source)
    return _EVERYONE.sub("@ ", _URL.sub(lambda match: _bare(match[0], allowed), shown))


def _prose(source: str, allowed: _Allowed) -> str:
    parts, position = [], 0
    shown = _PLATFORM_MENTION.sub(MENTION_REMOVED, source)
    for match in _URL.finditer(shown):
        parts += [_words(shown[position : match.start()]), _bare(match[0], allowed)]
        position = match.end()
    return "".join([*parts, _words(shown[position:])])


def _words(source: str) -> str:
    text = _DOMAIN.sub(r"\1[.]\2", source)
    text = _LINK_TAIL.sub("] ", _TAG.sub("&lt;", text))
    return _MENTION.sub("@ ", _EVERYONE.sub("@ ", text))


def _bare(found: str, allowed: _Allowed) -> str:
    """A URL in the text: kept when allowed, punctuation behind it aside."""
    shortest = _body_length(found)
    for length in range(len(found), shortest - 1, -1):
        if found[:length] in allowed.by_form:
            return found
    return REMOVED + found[shortest:]


def _body_length(url: str) -> int:
    body = url.rstrip(_AFTER_URL)
    opened = body.count("(") - body.count(")")
    closing = re.match(r"\)*", url[len(body) :])
    return len(body) + min(max(opened, 0), len(closing[0]) if closing else 0)  # `…/b_(c)` ends with its own bracket
