"""HTML: the main content as a browser would show it, without styling. Markdown arrives here too, rendered."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from knowledge.extract.decode import decode
from knowledge.extract.document import Document
from knowledge.extract.writer import Writer

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer form "
    "header hr legend li main menu p section summary tbody thead tfoot caption".split()
)
# Not text, or text only for machines; `nav` is the site's, not the page's.
_UNSEEN = frozenset(
    "script style noscript template nav svg iframe object embed head title meta link video audio canvas button select "
    "option datalist textarea input img picture map frameset dialog".split()
)
_UNSEEN_ROLES = frozenset({"navigation", "search", "banner", "contentinfo"})
_UNSEEN_CLASSES = frozenset({"headerlink", "hash-link", "anchor-link", "footnote-ref", "footnote-backref"})
_HIDING_STYLE = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_DEEPEST = 100  # levels of nesting read with structure; pages have 30, and each level takes several frames
_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)
_XML_PROLOG = re.compile(r"^\s*<\?xml[^>]*>")  # XHTML is read as HTML; the prolog only provokes a warning
_TEX = "application/x-tex"


def read(data: bytes, name: str) -> Document:
    """The text of `main`, else of a single `article`, else of the body; title from its h1, else from `title`."""
    declared = _CHARSET.search(data[:2_048])
    soup = _parse(decode(data, declared=declared.group(1).decode("ascii") if declared else None))
    writer = Writer()
    _Walk(writer).run(_main(soup))
    heading = next((heading.title for heading in writer.headings if heading.level == 1), "")
    return writer.document(name, "page", title=heading or (soup.title.get_text() if soup.title else ""))


def write_html(html: str, writer: Writer) -> None:
    """Write rendered Markdown: all of it is content."""
    _Walk(writer).run(_parse(html))


def _parse(html: str) -> BeautifulSoup:
    # lxml closes what is left open as browsers do, bounds the depth of nesting, and loads nothing from outside.
    return BeautifulSoup(f"<body>{html}" if not html.strip() else _XML_PROLOG.sub("", html), "lxml")


def _main(soup: BeautifulSoup) -> Tag:
    articles = soup.find_all("article")
    chosen = soup.find("main") or soup.find(role="main") or (articles[0] if len(articles) == 1 else None)
    return chosen if isinstance(chosen, Tag) and chosen.get_text(strip=True) else soup


class _Walk:
    """One pass over the tree: inline words gather until a block begins or ends."""

    def __init__(self, writer: Writer, *, nesting: int = 0) -> None:
        self._writer = writer
        self._nesting = nesting
        self._words: list[str] = []
        self._marker = ""  # of the list item whose first line is still to come
        self._depth = 0  # of lists

    def run(self, root: Tag) -> None:
        self._children(root)
        self._flush()

    def _children(self, element: Tag) -> None:
        if self._nesting > _DEEPEST:
            self._words.append(element.get_text(" "))
            return
        self._nesting += 1
        for child in element.children:
            self._node(child)
        self._nesting -= 1

    def _node(self, node: PageElement) -> None:
        if isinstance(node, Tag):
            if not _unseen(node):
                self._element(node)
        elif type(node) is NavigableString:  # subclasses are comments, doctypes, scripts
            self._words.append(re.sub(r"[ \t\n]+", " ", node))

    def _element(self, element: Tag) -> None:
        name = element.name
        if name == "br":
            self._words.append("\n")
        elif name == "math":
            self._words.append(_formula(element))
        elif name in _HEADINGS or name in _BLOCKS or name in {"ul", "ol", "pre", "table"}:
            self._flush()
            self._block(element)
            self._flush()
        else:
            self._children(element)

    def _block(self, element: Tag) -> None:
        name = element.name
        if name in _HEADINGS:
            self._heading(element)
        elif name in {"ul", "ol"}:
            self._list(element)
        elif name == "pre":
            self._marker = ""
            self._writer.verbatim(_preformatted(element))
        elif name == "table" and not _only_layout(element):
            self._table(element)
        else:
            self._children(element)

    def _heading(self, element: Tag) -> None:
        self._marker = ""
        self._children(element)
        self._writer.heading(_HEADINGS[element.name], self._taken(), str(element.get("id") or ""))

    def _list(self, element: Tag) -> None:
        number = _number(element.get("start"), 1)
        for child in element.children:
            if not isinstance(child, Tag) or _unseen(child):
                continue
            if child.name == "li":
                number = _number(child.get("value"), number)
                self._item(child, f"{number}. " if element.name == "ol" else "- ")
                number += 1
            else:  # a list directly inside a list is not valid, and common
                self._element(child)

    def _item(self, element: Tag, marker: str) -> None:
        self._marker = "  " * self._depth + marker
        self._depth += 1
        self._children(element)
        self._flush()
        self._depth -= 1
        self._marker = ""

    def _table(self, element: Tag) -> None:
        self._marker = ""
        caption = element.find("caption")
        if isinstance(caption, Tag):
            self._children(caption)
            self._flush()
        self._writer.table([[self._cell(cell) for cell in _cells(row)] for row in _rows(element)])

    def _cell(self, element: Tag) -> str:
        inner = Writer()
        _Walk(inner, nesting=self._nesting).run(element)
        return inner.text

    def _flush(self) -> None:
        text = self._taken()
        if text and self._marker:
            self._writer.item(self._marker + text)
            self._marker = ""
        elif text:
            self._writer.paragraph(text)

    def _taken(self) -> str:
        text = re.sub(r" *\n *", "\n", re.sub(r" +", " ", "".join(self._words)))
        self._words.clear()
        return text.strip(" \n")


def _unseen(element: Tag) -> bool:
    if element.name in _UNSEEN or element.has_attr("hidden") or element.get("aria-hidden") == "true":
        return True
    if element.name in {"header", "footer"} and element.find("h1") is None:
        return element.find_parent(["article", "main"]) is None
    return (
        element.get("role") in _UNSEEN_ROLES
        or not _UNSEEN_CLASSES.isdisjoint(element.get_attribute_list("class"))
        or _HIDING_STYLE.search(str(element.get("style") or "")) is not None
    )


def _formula(element: Tag) -> str:
    """The TeX source where the page carries it, else the symbols in a row."""
    source = element.find("annotation", attrs={"encoding": _TEX})
    return f"${source.get_text().strip()}$" if source else element.get_text(" ", strip=True)


def _preformatted(element: Tag) -> str:
    for line_break in element.find_all("br"):
        line_break.replace_with("\n")
    return element.get_text()


def _rows(table: Tag) -> Iterator[Tag]:
    return (row for row in table.find_all("tr") if row.find_parent("table") is table)


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["td", "th"], recursive=False) if not _unseen(cell)]


def _only_layout(table: Tag) -> bool:
    """A table that arranges blocks side by side, not data."""
    cells = sum(len(_cells(row)) for row in _rows(table))
    return cells < 2 or table.find(["table", "pre", *_HEADINGS]) is not None


def _number(value: object, default: int) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else default
