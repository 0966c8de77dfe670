"""What kind of thing a sentence says, by the words that give it away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cohost.ports import TellingKind


def _any_of(*phrases: str, start: bool = False) -> re.Pattern[str]:
    return re.compile(("^" if start else r"\b") + "(?:" + "|".join(phrases) + r")\b", re.IGNORECASE)


def _split(*lines: str) -> Iterable[str]:
    return (part for line in lines for part in line.split("/"))


# The most telling first: a sentence is the first of these that it fits.
KINDS: Final[tuple[tuple[TellingKind, re.Pattern[str]], ...]] = (
    ("contrast", _any_of(*_split(
        "rather than/instead of/unlike/whereas/in contrast/on the other hand/as opposed to/versus/compared (?:to|with)",
        "although/even though/differs?/different from/while/but not/not just",
    ))),
    ("pitfall", _any_of(*_split(
        "mistakes?/pitfalls?/wrong/fails?/problems?/danger/dangerous",
        "too (?:much|many|little|early|late|long|hot|cold|fast|slow)",
    ))),
    ("example", _any_of(*_split(r"for example/for instance/such as/e\.g\."))),
    ("number", re.compile(
        r"\d+(?:\.\d+)?\s?(?:degrees|°|grams?|g\b|kg|minutes?|hours?|days?|times|GB|MB|tokens?|layers?"
        r")", re.IGNORECASE,
    )),
    ("reason", _any_of(*_split(
        "because/so that/therefore/leads? to/causes?/as a result/which means/that is why/in order to",
    ))),
    ("advice", _any_of(*_split(
        "should/must/need to/has to/have to/best/always/make sure/it helps/recommend/useful/avoid/never/be careful/beware",
    ))),
)  # fmt: skip
WEIGHT: Final = {
    "contrast": 0.30, "definition": 0.28, "pitfall": 0.24, "reason": 0.26, "advice": 0.18, "example": 0.14,
    "number": 0.16, "any": -0.2,
}  # fmt: skip
DEFINES: Final = re.compile(
    r"(?: \([^)]*\))?(?:,[^,]+,)? (?:is|are|means|refers to|describes) (?:an?|the)\b(?! (?:usual|great|best))"
)
# It begins with a word that needs the sentence before it.
POINTS_BACK: Final = _any_of(*_split(
    "it/its/this/that/these/those/they/he/she/we/i/you'll/here/there/such/so/then/now/let/let's/next/also/first/second",
    "finally/as (?:you|we|mentioned|shown|seen)/in (?:this|the (?:next|previous|last|following))/but/and/or/however",
    "again/another/both/one/some/same/all of/for this/to do this/note/see/below/above/after that/once you/remember",
    "the (?:same|latter|former|above|following|next|previous|first one|second one|other|first|second|last)/hint/to/similarly",
    "think/imagine/suppose/assume/in addition/besides/despite/you also/for both/accounting for/a total of/today",
    "as/reminder/using/when training/by doing/accordingly",
    "with this/at this point/before that/from this/our/your/my/since/if/start/begin/pick/join/make a/show a/choose/open/create",
    "specifically/accordingly/otherwise/instead/meanwhile/overall/in particular/more/less/during/sometimes/let me/go to/try",
    "add/write/change/type/select/press/copy/paste/run the/save the/in terms of/for each/unveiled/thanks to/by now/up to now",
), start=True)  # fmt: skip
# It speaks of the course and not of its subject.
ABOUT_THE_COURSE: Final = _any_of(*_split(
    "lessons?/chapters?/sections?/videos?/courses?/notebooks?/quiz(?:zes)?/exercises?/assignments?/curriculum/units?",
    "tutorials?/figures?/images?/diagrams?/tables?/screenshots?/click/installed?/download/folder/repository",
    "code (?:above|below)/we(?:'ll| will| can see| have seen|'ve|'re| are)/let'?s/you(?:'ll|'ve|'re| will) learn",
    "learned about/you learned/take a look/explore the/previously/earlier/later on/students?/attendees?/learners?/workshops?",
    "join the/you(?:'|’)ve (?:now|just|already|conquered)/you can continue/by the end of/thank you/discord/please/homework",
    "(?:official )?documentation/module/certificate/source code/command line/bonus/hands-on/this page/this site",
))  # fmt: skip
MARKUP: Final = re.compile(
    r"[|<>{}\[\]#*_~=\\]|https?:|`|\.\.\.|…|^\W|^\w+(?: \w+)?: "
    r"|\b(?:I|I['’](?:m|ve|ll)|Mr|Mrs)\b(?!\.e)|\b[Oo]ur\b|[\U0001F000-\U0001FAFF☀-➿]| - "
)
AFTER_A_NOUN: Final = re.compile(
    r"s?(?:[.,;:!?)\n]|\s(?:is|are|was|were|of|and|or|in|on|to|can|will|has|have|that|which|with|for|from|by|at|as|into|may"
    r"|must|should|does|do|when|where|but|than|so|if|because|between)\b)", re.IGNORECASE,
)  # fmt: skip
BEFORE_A_VERB: Final = re.compile(
    r"\b(?:to|will|can|could|would|should|may|must|you|we|they|i|not|let's|and then|please)\s$", re.IGNORECASE
)
# Too general to be what a lesson is about.
PLAIN: Final = frozenset(" ".join((
    "thing things way ways example examples lot people time times part parts number case cases kind kinds use using used make",
    "made good new different same first last step steps day days work works set value values result results order point points",
    "name names question questions answer answers student students learner learners user users something anything everything",
    "data file files line lines word words text code function class object list type types information process approach method",
    "methods problem problems bit left right end start top side large small big long short high low best better well year",
    "years",
    "week weeks month hour hours minute minutes half whole rest field task tasks terms world science century research model",
    "models system systems content language rules actions action project projects workshop search library libraries command",
    "attendees workshops page pages section sections item items input output inputs outputs user users technique techniques",
    "current final important main certain various several tool feature features interaction interactions topic topics idea",
    "hello goal goals concept concepts context app apps software company companies group groups member members community",
    "string strings index argument arguments parameter parameters variable variables column columns row rows package script",
)).split())  # fmt: skip


def kind_of(sentence: str, term: tuple[int, int]) -> TellingKind:
    """What it says; a definition only where the term, at `[start, end)`, is its subject."""
    if term[0] < 5 and DEFINES.match(sentence, term[1]):
        return "definition"
    return next((kind for kind, pattern in KINDS if pattern.search(sentence)), "any")


# A lesson that is about taking the course, or about being done with it.
NO_LESSON: Final = re.compile(
    r"\b(?:quiz|assignment|rubric|conclusion|welcome|set-?up|installation|getting help|discord|certificat\w*|onboarding|credits"
    r"|acknowledge\w*|contributing|readme|code of conduct|solution|summary|what to expect|how to use this)\b", re.IGNORECASE,
)  # fmt: skip
