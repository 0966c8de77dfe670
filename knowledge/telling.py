"""What kind of thing a sentence says, by the words that give it away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cohost.ports import TellingKind
from knowledge.grammar import is_told_to
from knowledge.pieces import pieces_of


def _any_of(*phrases: str, start: bool = False) -> re.Pattern[str]:
    return re.compile(("^" if start else r"\b") + "(?:" + "|".join(phrases) + r")\b", re.IGNORECASE)


def _split(*lines: str) -> Iterable[str]:
    return (part for line in lines for part in line.split("/"))


# Who is told to do something is told why, how much or what not; else it is a step, and nothing to talk about.
ARGUED: Final = frozenset({"contrast", "reason", "number", "advice", "pitfall", "condition"})
# The most telling first: a sentence is the first of these that it fits.
KINDS: Final[tuple[tuple[TellingKind, re.Pattern[str]], ...]] = (
    ("contrast", _any_of(*_split(
        "rather than/instead of/unlike/whereas/in contrast/on the other hand/as opposed to/although/even though/while",
        "but/yet",
    ))),
    ("pitfall", _any_of(*_split(
        "mistakes?/pitfalls?/go(?:es)? wrong/fails?/dangerous/the problem with",
        "too (?:much|many|little|early|late|long|hot|cold|fast|slow)",
    ))),
    ("reason", _any_of(r"(?<=, )so (?:it|they|the|a|you)", *_split(
        "because/so that/therefore/leads? to/causes?/as a result/which means/that is why/which is why/otherwise",
        "comes? from/the reason",
    ))),
    ("number", re.compile(
        r"\d+(?:\.\d+)?\s?(?:degrees|°|grams?|g\b|kg|per ?cent|%|minutes?|hours?|days?|weeks?|times|GB|MB|tokens?|layers?"
        r")", re.IGNORECASE,
    )),
    ("advice", _any_of(*_split(
        "should/(?:you|one) (?:must|need to|have to)/needs? to be/must be/make sure/it helps to/avoid/never/be careful/beware",
    ))),
    ("comparison", re.compile(
        r"\b(?:more|less|fewer|rather|better|worse|(?!oth|rath)[a-z]{3,}(?:er|ier)) than\b"
        r"|\bdepends? on\b|\bdiffers? from\b|\bdifferent from\b", re.IGNORECASE,
    )),
    ("use", _any_of(*_split(
        "allows?/lets/enables?/helps?/makes it (?:possible|easy|easier)/(?:is|are|be) used (?:to|for|in|by)/can be used",
        "(?:is|are) useful (?:for|to|when|if|in)/useful when/designed (?:to|for)/makes? use of/gives? (?:you|us)",
    ))),
    ("example", _any_of("such as", r"e\.g\.", "for example", "for instance")),
    ("condition", re.compile(
        r"^(?:if|when|whenever|once|unless)\b[^,]+, |\b(?:only (?:if|when)|unless|until|as long as|depending on)\b", re.I
    )),
)  # fmt: skip
WEIGHT: Final = {
    "contrast": 0.30, "definition": 0.28, "pitfall": 0.26, "reason": 0.28, "advice": 0.24, "comparison": 0.22,
    "number": 0.2, "use": 0.16, "example": 0.14, "condition": 0.12, "any": -0.2,
}  # fmt: skip
DEFINES: Final = re.compile(
    r"(?: \([^)]*\))?(?:,[^,]+,)? (?:is|are|means|refers to|describes) (?:an?|the)\b(?! (?:usual|great|best))"
)
# It begins with a word that needs the sentence before it, or it is a step of an exercise.
POINTS_BACK: Final = _any_of(*_split(
    "it/its/this/that/these/those/they/he/she/we/i/you'll/here/such/so/then/now/let/let's/next/also/first/second/finally",
    "as (?:you|we|mentioned|shown|seen|usual)/as an?/in (?:this|the (?:next|previous|last|following))/but/and/or/however",
    "thus/again/another/both/one/some/same/all of/for this/note/see/below/above/after that/remember/therefore/hence/hint",
    "to (?:do|that|this|see|learn|get|start|run|use|create|make)/for example/for instance/in some/on the other hand",
    "similarly/nevertheless/unfortunately",
    "the (?:same|latter|former|above|following|next|previous|first one|second one|other|first|second|last)",
    "think/imagine/suppose/assume/in addition/additionally/besides/despite/you also/for both/accounting for/a total of/today",
    "with this/at this point/before that/from this/our/your/my/start/begin/pick/join/make a/show a/choose/open/create/read",
    "specifically/accordingly/otherwise/instead/meanwhile/overall/in particular/more/less/sometimes/let me/go to/try/look at",
    "check/notice/consider/keep in mind/take/reminder/by doing/fortunately/the idea is/with me/in terms of/for each/unveiled",
    "you (?:can|might|may|will|could) (?:skip|also|already|have|see|find|hear)/add/write/change/type/select/press/copy/paste",
    "run the/save the/thanks to/by now/up to now/feel free",
), start=True)  # fmt: skip
# It speaks of the course and not of its subject, or to somebody who has something in front of them.
ABOUT_THE_COURSE: Final = _any_of(*_split(
    "lessons?/chapters?/(?:this|next|last|previous) (?:section|unit)/videos?/courses?/quiz(?:zes)?/exercises?/assignments?",
    "curriculum/tutorials?/figure \\d/table \\d/screenshots?/click/install(?:s|ed|ing)?/download/folder/sign (?:in|up)",
    "(?:described|shown|listed|seen|mentioned|introduced|defined|used|given|see) (?:above|below|before|earlier)/like this",
    "(?:sentence|code|data|item|example|picture|image|table|figure|diagram|list|step)s? (?:above|below)",
    "(?:above|following) \\w+/log in/press/(?:haven|hasn)['’]t/if you were to",
    "tell us/here/now/(?:the|this) table/as follows/we/us/in my opinion/you might have/let'?s/you(?:'ll|'ve|'re| will) learn",
    "if you(?:['’](?:re|ve)| are| have)? (?:curious|interested|familiar|working|just|ever|interacted|completely)",
    "you(?:['’]re)? probably",
    "learned about/you learned/take a look/explore the/previously/earlier/later on/students?/attendees?/learners?/workshops?",
    "join the/you(?:'|’)ve (?:just|already|conquered)/you can continue/by the end of/thank you/discord/please/homework",
    "(?:official )?documentation/module/certificate/source code/command line/bonus/hands-on/this page/this site",
))  # fmt: skip
MARKUP: Final = re.compile(
    r"[|<>{}\[\]#*_~=\\]|https?:|`|\.\.\.|…|^\W|^\w+(?: \w+){0,2} ?: "
    r"|\b(?:I|I['’](?:m|ve|ll)|Mr|Mrs)\b(?!\.e)|\b[Oo]ur\b|[\U0001F000-\U0001FAFF☀-➿]| - "
)
# Too general to be what a lesson is about.
PLAIN: Final = frozenset(" ".join((
    "thing things way ways example examples lot people time times part parts number case cases kind kinds use using used make",
    "made good new different same first last step steps day days work works set value values result results order point points",
    "name names question questions answer answers student students learner learners user users something anything everything",
    "data file files line lines word words text code function class object list type types information process approach method",
    "methods problem problems bit left right end start top side large small big long short high low best better well year",
    "years moment bottom beginning middle end evening morning night hand hands place places side sides",
    "week weeks month hour hours minute minutes half whole rest field task tasks terms world science century research model",
    "models system systems content language rules actions action project projects workshop search library libraries command",
    "attendees workshops page pages section sections item items input output inputs outputs user users technique techniques",
    "current final important main certain various several tool feature features interaction interactions topic topics idea",
    "hello goal goals concept concepts context app apps software company companies group groups member members community",
    "string strings index argument arguments parameter parameters variable variables column columns row rows package script",
)).split())  # fmt: skip


def kind_of(sentence: str, term: tuple[int, int]) -> TellingKind:
    """What it says of a term at `[start, end)`; what a thing with a name of its own is, is told by what it is used for."""
    if term[0] < 5 and DEFINES.match(sentence, term[1]):
        return "use" if any(letter.isupper() for letter in sentence[term[0] + 1 : term[1]]) else "definition"
    fitting = [kind for kind, pattern in KINDS if pattern.search(sentence)]
    if is_told_to(sentence):
        return "advice" if ARGUED.intersection(fitting) else "any"
    return next((one for one in fitting if one != "contrast" or pieces_of(sentence)[0]), "any")


# A lesson that is about taking the course, or about being done with it.
NO_LESSON: Final = re.compile(
    r"\b(?:quiz|assignment|rubric|conclusion|welcome|set-?up|installation|getting help|discord|certificat\w*|onboarding|credits"
    r"|acknowledge\w*|contributing|readme|code of conduct|solution|summary|what to expect|how to use this)\b", re.IGNORECASE,
)  # fmt: skip
