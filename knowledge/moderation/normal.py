"""The text as a reader sees it, with the way back to the original: tricks of spelling and of invisible characters undone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MOST_MARKS = 1  # combining marks on one letter that a language needs; the rest is decoration
_CYRILLIC_AND_GREEK = "аеорсухіјѕһԁԛԝкмтвнАЕОРСУХІЈЅВНКМТαορυνικτΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_READ_AS = "aeopcyxijshdqwkmtbhAEOPCYXIJSBHKMTaopuviktABEZHIKMNOPTYX"
_LOOKALIKES = dict(zip(_CYRILLIC_AND_GREEK, _READ_AS, strict=True))
_LEET = str.maketrans("013457@$!€", "oieastasie")
_LATIN = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_DISGUISED = re.compile(r"(?<![\w@$!€*])[\w@$!€*]+(?![\w@$€*])")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){2,}[^\W\d_](?!\w)")
_STRETCHED = re.compile(r"(.)\1{2,}", re.DOTALL)


@dataclass(frozen=True)
class Normal:
    """A text made plain; `offsets[i]` is where the i-th character stood, and one entry more ends the text."""

    text: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the plain text, as a span of the original."""
        return (self.offsets[start], self.offsets[end - 1] + 1) if end > start else (self.offsets[start],) * 2


def normalise(text: str, hidden: Iterable[tuple[int, int]] = ()) -> Normal:
    """Compatibility forms folded, invisible and piled-up marks dropped, look-alikes in Latin words read as Latin.

    The spans in `hidden` are read as one space each: quotes, code.
    """
    kept: list[tuple[str, int]] = []
    position = 0
    for start, end in sorted(hidden):
        kept += _plain(text, position, start)
        if end > max(start, position):
            kept.append((" ", max(start, position)))
        position = max(position, end)
    kept += _plain(text, position, len(text))
    letters = "".join(char for char, _ in kept)
    return Normal(_latin(letters), (*(at for _, at in kept), len(text)))


def words(text: str) -> list[tuple[str, int, int]]:
    """Words in lower case with their spans; a disguised or spaced-out word is read as one."""
    spaced = [(match.start(), match.end()) for match in _SPACED.finditer(text)]
    found = [(re.sub(r"[ .\-_*]", "", text[s:e]).casefold(), s, e) for s, e in spaced]
    for match in _DISGUISED.finditer(text):
        if not any(s <= match.start() < e for s, e in spaced):
            found += _readings(match[0], match.start())
    return sorted(found, key=lambda word: word[1])


def undisguised(text: str) -> str:
    """The text with every disguised or spaced-out word as it is read, for a model that knows words by their spelling."""
    made, position = [], 0
    for word, start, end in words(text):
        if start >= position and word != _short(text[start:end]):
            made += [text[position:start], word]
            position = end
    return "".join(made) + text[position:]


def _readings(token: str, at: int) -> list[tuple[str, int, int]]:
    bare = token.strip("!*")
    if re.search(r"[0-9@$!€]", bare) and len(_LATIN.findall(bare)) * 3 >= len(bare):
        return [(_short(bare.translate(_LEET)), at, at + len(token))]
    return [(_short(m[0]), at + m.start(), at + m.end()) for m in _WORD.finditer(token)]


def _short(word: str) -> str:
    return _STRETCHED.sub(r"\1", word.casefold().replace("’", "'"))


def _plain(text: str, start: int, end: int) -> list[tuple[str, int]]:
    kept: list[tuple[str, int]] = []
    marks = 0
    for at in range(start, max(start, end)):
        char = text[at]
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS or category in ("Cf", "Cs", "Co") or (category == "Cc" and char not in "\n\t"):
            continue
        kept += [(folded, at) for folded in unicodedata.normalize("NFKC", char)]
    return kept


def _latin(text: str) -> str:
    """Letters of other scripts inside words that are otherwise Latin, as what they look like."""

    def read(match: re.Match[str]) -> str:
        word = match[0]
        foreign = [char for char in word if char in _LOOKALIKES]
        if not foreign or not _LATIN.search(word):
            return word
        return "".join(_LOOKALIKES.get(char, char) for char in word)

    return re.sub(r"[^\W\d_]+", read, text)
