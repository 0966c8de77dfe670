"""A host's answers, in the form that a sentence needs: people, something they do, a whole clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cohost.purpose.words import (
    DETERMINERS,
    FINITE,
    MODALS,
    PREPOSITIONS,
    SINGULAR,
    SUBJECTS,
    is_thing,
    is_verb,
    plain_of_ing,
    plain_of_s,
    with_s,
    words,
)

LOOKED_AT = 8  # words in which a clause shows its verb
_ENDS = " \t\n.,;:!?…-–—•*\"“”'"
_BEFORE_WHO = r"(?:(?:we|i)\s+bring\s+together|bring\s+together|it\s+is\s+for|this\s+is\s+for|for)\s+"
_BEFORE_DOING = (
    r"(?:in\s+order\s+to|together,?\s+we|we\s+(?:all\s+)?(?:will|can|want\s+to)|we\s+all|we"
    r"|they|you|members|to|let's|i)\s+"
)
_BEFORE_BRINGS = r"(?:so\s+that|so|in\s+the\s+end,?|that|it\s+brings|it\s+gives)\s+"
_COORDINATED = re.compile(r"((?:,\s+|\band\s+|\bor\s+))(\w+ing)\b")
_RELATIVE = frozenset("who that which whose where whether when because if".split())


@dataclass(frozen=True)
class Phrase:
    """`doubt` tells the host how it was read, where that was not plain."""

    text: str
    doubt: str = ""


def people(answer: str) -> Phrase:
    """As it follows "bring together"."""
    text = _lowered(_without(answer, _BEFORE_WHO))
    first = _first(text)
    if first in ("who", "whose"):
        return Phrase(f"people {text}")
    singular = first in ("a", "an", "someone", "somebody")
    return Phrase(text, f"“{text}” is one person. Say it of many, such as “people who …”." if singular else "")


def doing(answer: str) -> Phrase:
    """As it follows "in order to"."""
    text = _lowered(_without(answer, _BEFORE_DOING))
    verbal = _verbal(text) or _verbal(_lowered(answer))
    if verbal:
        return Phrase(verbal)
    whole = _lowered(_bare(answer))
    if _is_clause(whole):
        return Phrase(f"make sure that {whole}")
    if first_ing(text):
        return Phrase(f"spend time {text}")
    text = _with_article(text)
    told = _first(text) in DETERMINERS or any(is_thing(word) for word in text.split())
    doubt = f"“{text}” was read as a thing that you share. If it is something you do, begin with a verb that is more common."
    return Phrase(f"share {text}", "" if told else doubt)


def bringing(answer: str, *, voice: str) -> Phrase:
    """As it follows "so that"."""
    text = _lowered(_without(answer, _BEFORE_BRINGS))
    if _first(text) in SUBJECTS or _is_clause(text):
        return Phrase(agreeing(text))
    verbal = _verbal(text.removeprefix("to ")) if _first(text) != "more" else ""
    who = _subject(text, voice)
    if verbal:
        return Phrase(f"{who} can {verbal}")
    if first_ing(text):
        return Phrase(f"{who} can spend time {text}")
    return Phrase(f"{who} {'come' if who in ('we', 'you') else 'comes'} away with {text}")


def joined(parts: Sequence[str]) -> str:
    """a, b and c; "a, and b" where a part has an "and" of its own."""
    if len(parts) < 2:
        return "".join(parts)
    clear = any(re.search(r"\band\b|,", part) for part in parts)
    before = ", ".join(parts[:-1])
    return f"{before}, and {parts[-1]}" if clear or len(parts) > 2 and any("," in part for part in parts) else (
        f"{before} and {parts[-1]}"
    )  # fmt: skip


def first_ing(text: str) -> bool:
    """Whether it begins with an -ing form whose verb is not known, as in "kayaking on rivers"."""
    tokens = text.split()
    one = tokens[0].casefold() if tokens else ""
    return one.endswith("ing") and len(one) > 5 and not (len(tokens) > 1 and is_thing(tokens[1]))


def _verbal(text: str) -> str:
    """With its verbs in the plain form; "" where it does not begin with a verb."""
    head, _, rest = text.partition(" ")
    if head.endswith(","):
        head, rest = head[:-1], f", {rest}"
    following = rest.split()[0].strip(",") if rest else ""
    if is_thing(following) or not head:
        return ""
    if is_verb(head):
        return text
    plain = plain_of_ing(head)
    if plain:
        others = rest if following.endswith("ing") else _plain_verbs(rest)
        return f"{plain} {others}".replace(" ,", ",").strip()
    plain = plain_of_s(head)
    return (
        f"{plain} {rest}".replace(" ,", ",") if plain and following and following.casefold() not in PREPOSITIONS else ""
    )


def _plain_verbs(rest: str) -> str:
    """What is joined to an -ing form is one itself: "baking bread and sharing it"."""
    return _COORDINATED.sub(lambda found: f"{found[1]}{plain_of_ing(found[2]) or found[2]}", rest)


def _is_clause(text: str) -> bool:
    """Whether a verb follows a subject near the beginning."""
    tokens = [token.strip(",").casefold() for token in text.split()[:LOOKED_AT]]
    if not tokens or _verbal(text):
        return False
    for before, word in zip(tokens, tokens[1:], strict=False):
        if word in _RELATIVE or word == "to":
            return False
        many = before.endswith("s") and not before.endswith("ss")
        if before in PREPOSITIONS:
            continue
        if word in FINITE or many and is_verb(word) or not many and plain_of_s(word) and before not in DETERMINERS:
            return True
    return False


def _with_article(text: str) -> str:
    """ "book club" → "a book club"; what stands in the plural, or has an article, stays."""
    tokens = text.split()
    head = next((n for n, token in enumerate(tokens) if token.casefold() in PREPOSITIONS), len(tokens)) - 1
    one = (
        head >= 0
        and is_thing(tokens[head])
        and is_thing(f"{tokens[head]}s")
        and tokens[0].casefold() not in DETERMINERS
    )
    return f"{'an' if text[:1] in 'aeiou' else 'a'} {text}" if one else text


def agreeing(text: str) -> str:
    """ "everyone bake" → "everyone bakes"."""
    subject, _, rest = text.partition(" ")
    verb, _, more = rest.partition(" ")
    wrong = subject.casefold() in SINGULAR and verb not in MODALS and is_verb(verb)
    return " ".join(filter(None, (subject, with_s(verb), more))) if wrong else text


def _subject(text: str, voice: str) -> str:
    if re.search(r"\b(?:our|us|ours|ourselves)\b", text):
        return "we"
    if re.search(r"\b(?:your|yours|yourself)\b", text):
        return "you"
    theirs = re.search(r"\b(?:their|them|themselves)\b", text)
    return "we" if voice == "We" and not theirs else "everyone"


def _without(answer: str, before: str) -> str:
    return re.sub(rf"\A{before}", "", _bare(answer), flags=re.I)


def _bare(answer: str) -> str:
    return " ".join(answer.split()).strip(_ENDS)


def _first(text: str) -> str:
    return text.partition(" ")[0].strip(",").casefold()


def _lowered(text: str) -> str:
    """Without the capital of a beginning; names, and words with more capitals, keep theirs."""
    text = _bare(text)
    head, *rest = text.split(" ")
    named = head in words("names") or any(char.isupper() or char.isdigit() for char in head[1:])
    of_a_name = bool(rest) and rest[0][:1].isupper() and rest[0] != "I"
    return (
        text if not head or named or head.startswith("I'") or head == "I" or of_a_name else text[0].lower() + text[1:]
    )
