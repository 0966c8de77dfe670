"""Words that a community does not want its co-host to use."""

from __future__ import annotations

import re
from collections.abc import Collection

EXCLUDED = "excluded_word"  # why the embedded default stepped in
MOST, LONGEST = 50, 40  # words or short phrases, and characters of each
# What others said or called something: block quotes, quotations, links, and the places of a pattern.
_OF_OTHERS = re.compile(r"^[ \t]*>.*$|“[^”]*”|\[[^\]]*\]\(<?[^)>]*>?\)|\{\w+\}", re.MULTILINE)


class NoWords(Exception):
    """Nothing hand-written is left that avoids the excluded words; the message is for hosts."""


def excluded(text: str, words: Collection[str]) -> str:
    """The first excluded word or phrase, as the community wrote it, that stands in a text outside of what it quotes; or ""."""
    own = _OF_OTHERS.sub(" ", text)
    return next((word for word in words if _pattern(word).search(own)), "")


def warning(text: str, words: Collection[str]) -> str:
    """What a host is told of a draft that holds one all the same, as a name or where there is one wording only; or ""."""
    word = excluded(text, words)
    return (
        f"It says “{word}”, which you excluded: that is a name or a term, or there are no other words for it."
        if word
        else ""
    )


def allowed(texts: Collection[str], words: Collection[str]) -> tuple[str, ...]:
    """Those that use no excluded word."""
    return tuple(text for text in texts if not excluded(text, words))


def no_words(what: str, words: Collection[str]) -> NoWords:
    """What a host is told."""
    return NoWords(f"All hand-written words for {what} hold one that you excluded ({', '.join(words)}).")


def _pattern(word: str) -> re.Pattern[str]:
    """Whole words in any case, white space as it comes."""
    said = r"\s+".join(map(re.escape, word.split()))
    return re.compile(rf"(?<!\w){said}(?!\w)", re.IGNORECASE)
