"""The word lists of `prompts/purpose/words.yaml`, and a verb's forms."""

from __future__ import annotations

from functools import cache
from typing import Final

import yaml

from cohost.prompts import FOLDER

FILE: Final = FOLDER / "purpose" / "words.yaml"
MODALS: Final = frozenset("can could may might must shall should will would".split())
FINITE: Final = MODALS | frozenset("am are is was were has have had do does did can't won't isn't aren't don't".split())
SINGULAR: Final = frozenset("everyone everybody nobody each anyone anybody somebody someone he she it".split())
SUBJECTS: Final = SINGULAR | frozenset("we they you i all people members both no none".split())
PREPOSITIONS: Final = frozenset("of by in at on with for about and or from to as over during after before".split())
DETERMINERS: Final = frozenset("a an the our their your my each every one two three four some many more less".split())
_VOWELS = "aeiou"


@cache
def words(name: str) -> frozenset[str]:
    """One list of the file: `verbs`, `things` or `names`."""
    return frozenset(str(yaml.safe_load(FILE.read_text(encoding="utf-8"))[name]).split())


def is_verb(word: str) -> bool:
    """Whether a word is a verb's plain form."""
    return word.casefold() in words("verbs")


def is_thing(word: str) -> bool:
    """Whether a word makes a thing of the verb before it."""
    return word.casefold() in words("things")


def plain_of_ing(word: str) -> str | None:
    """ "baking" → "bake", "running" → "run", "tying" → "tie"; None where no known verb is behind it."""
    stem = word.casefold().removesuffix("ing")
    if stem == word.casefold() or len(stem) < 2:
        return None
    undoubled = stem[:-1] if stem[-1] == stem[-2] else stem
    tried = (f"{stem}e", stem, undoubled, f"{stem[:-1]}ie" if stem.endswith("y") else stem)
    return next((one for one in tried if is_verb(one)), None)


def plain_of_s(word: str) -> str | None:
    """ "bakes" → "bake", "tries" → "try"; None where no known verb is behind it."""
    low = word.casefold()
    tried = (low.removesuffix("s"), low.removesuffix("es"), f"{low.removesuffix('ies')}y")
    known = {"is": "be", "has": "have", "does": "do", "goes": "go"}
    return known.get(low) or next((one for one in tried if low.endswith("s") and one != low and is_verb(one)), None)


def with_s(verb: str) -> str:
    """As it follows "everyone"."""
    known = {"be": "is", "have": "has", "do": "does", "go": "goes"}
    if verb in known:
        return known[verb]
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh")) else f"{verb}s"
