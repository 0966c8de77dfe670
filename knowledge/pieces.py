"""What a sentence turns on: the two sides of a contrast, a reason and its effect, an advice, a figure; all verbatim."""

from __future__ import annotations

import re
from typing import Final

from cohost.ports import TellingKind

FEWEST, MOST = 3, 16  # words of a piece: less says nothing, more is the sentence once more
_HEDGE = re.compile(
    r"^(?:and|or|but|so|then|that|which|who|also|just|even|however|thus|therefore|it|this)\b,?\s+", re.I
)
_FIGURE: Final = re.compile(
    r"(?:(?:about|around|over|under|at least|at most|less than|more than|up to|only) )?\d[\d.,]*(?:\s?(?:to|-|–)\s?\d[\d.,]*)?"
    r"\s?(?:degrees|°\s?C|°|grams?|g\b|kg|per ?cent|%|minutes?|hours?|days?|times|FPS|[GM]B|tokens?|layers?|parameters)", re.I,
)  # fmt: skip
# Of a kind: patterns with the groups `first` and `second`, the surest first.
SPLITS: Final[dict[TellingKind, tuple[re.Pattern[str], ...]]] = {
    "contrast": tuple(re.compile(text, re.I | re.S) for text in (
        r"^(?:although|even though|while|whereas|unlike) (?P<first>[^,;]+), (?P<second>[^;]+)$",
        r"^(?P<first>[^;]+?),? (?:whereas|while|in contrast to|as opposed to) (?P<second>[^;,]+)$",
        r"^(?P<first>[^;:]+?),? (?:rather than|instead of|but not) (?P<second>[^;,]+)",
        r"^(?P<first>[^;,]+), (?:but|yet) (?P<second>[^;]+)$",
        r"^(?P<first>[^;]+?);(?: on the other hand,?| in contrast,?)? (?P<second>[^;]+)$",
    )),
    "reason": tuple(re.compile(text, re.I | re.S) for text in (
        r"^because (?P<first>[^,;]+), (?P<second>[^;]+)$",
        r"^(?P<second>[^;]+?),? because (?P<first>[^;]+)$",
        r"^(?P<first>[^;]+?),? (?:so that|which means(?: that)?|therefore|as a result,?|which is why) (?P<second>[^;]+)$",
        r"^(?P<first>[^;,]+?) (?:leads? to|causes?) (?P<second>[^;]+)$",
        r"^(?P<second>[^;]+?),? in order (?P<first>to [^;,]+)",
    )),
    "advice": tuple(re.compile(text, re.I | re.S) for text in (
        r"(?<!that )(?<!if )(?<!when )\b(?:you )?(?P<first>(?:should|must)(?: not| always| never)? [^,;:]+)",
        r"(?<!we )(?<!you )(?<!I )(?P<first>\b(?:needs? to|has to) [^,;:]+)",
        r"(?<!not )\b(?P<first>(?:always|make sure|it helps to) [^,;:]+)",
        r"(?:^|[,;:–] )(?P<first>(?:avoid|never|be careful|beware) [^,;:]+)",
    )),
    "pitfall": tuple(re.compile(text, re.I | re.S) for text in (
        r"(?P<first>[^,;:]*\btoo (?:much|many|little|early|late|long|hot|cold|fast|slow)\b[^,;:]*)",
        r"(?P<first>[^,;:]+\b(?:fails?|wrong|problems?|danger(?:ous)?|mistakes?)\b[^,;:]*)",
    )),
    "example": (re.compile(r"\b(?:such as|for example,?|for instance,?|e\.g\.,?) (?P<first>[^;:]+)", re.I | re.S),),
    "definition": (
        re.compile(r"^.{2,60}?\b(?:is|are|means|refers to|describes) (?P<first>(?:an?|the)\b[^;:]+)", re.S),
    ),
}  # fmt: skip
_STRANDED: Final = re.compile(r"^(?:which|who|that|whose|of|to be|is|are|was|were)\b", re.I)  # its subject is elsewhere
TWO_SIDED: Final = frozenset({"contrast", "reason"})


def pieces_of(sentence: str, kind: TellingKind) -> tuple[str, str]:
    """`(first, second)`, each as it stands in the sentence; empty where it cannot be told surely."""
    said = " ".join(sentence.split()).rstrip(".")
    if kind == "number":
        figure = _FIGURE.search(said)
        return (figure[0], "") if figure else ("", "")
    for pattern in SPLITS.get(kind, ()):
        found = pattern.search(said)
        if found is None:
            continue
        named = found.groupdict()
        first, second = _trimmed(named["first"] or ""), _trimmed(named.get("second") or "")
        if first and (second or kind not in TWO_SIDED):
            return first, second
    return "", ""


def _trimmed(piece: str) -> str:
    """Without the word that leads into it; nothing where it is too short, too long, cut in a bracket or off its subject."""
    bare = piece.strip(" ,;:")
    kept = "" if _STRANDED.match(bare) else _HEDGE.sub("", bare)
    fits = FEWEST <= len(kept.split()) <= MOST
    return kept if fits and kept.count("(") == kept.count(")") and kept.count("“") == kept.count("”") else ""
