"""What a follow-up asks for: "and the second one?", "how long then?" said in full, from the turns before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from cohost import prompts
from cohost.ports import LanguageModel, Prompt

Turn = dict[str, str]

HISTORY_CHARACTERS = 8_000  # the latest turns of it
LONGEST = 500  # characters of a rewritten question; a longer one is no question any more
TOPIC_WORDS = 12  # taken over from what was said before; more would drown the question
READINGS = 4  # of a follow-up; each is judged
BARE_WORDS = 2  # telling words of its own that a question may have and still not stand by itself

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_CONTINUES = re.compile(
    r"^\s*(?:and|but|so|or|then|also|what about|how about|what if|same|und|aber|oder|et|mais|y|pero)\b", re.I
)
_FORM = re.compile(r"\b(?:how|when|why|where|who|whose|which|what(?! (?:about|if)))\b", re.I)
_REFERS = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|she|him|her|there|then|ones?|both|either|neither|the (?:same|other)"
    r"|another|former|latter)\b",
    re.I,
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_ORDINAL = re.compile(
    rf"\bthe (?P<which>{'|'.join(_ORDINALS)}|last)(?: (?:one|point|step|part|way|option|thing|method))?\b(?!\s+\w)",
    re.I,
)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(.+)$", re.MULTILINE)
_CITED = re.compile(r"^— (?P<places>.+)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# Words that say nothing about a topic: of grammar, and of asking.
_EMPTY = frozenset(
    "a an the of and or but so to is are was were be been being am do does did done can could will would should shall may might"
    " must have has had i you he she it we they me him her us them my your his its our their this that these those there here"
    " in on at by for from with about as into than then if not no yes also too very just again please tell say what when where"
    " which who whose why how one ones same other another both either neither first second third fourth fifth last former"
    " latter"
    " more much many long often go going get like mean use need want know thing things way part point step option".split()
)
# With nothing but these, nobody can tell what is asked about: "what temperature?", "how long does it take?"
_ANYTHING = frozenset(
    "take takes last lasts cost costs wait work works temperature time amount size number price date day days hour hours minute"
    " minutes best right normal good okay ok start begin end finish done enough help anybody anyone somebody else question hot"
    " warm big old often far thanks hello hi hey".split()
)


@dataclass(frozen=True)
class Resolved:
    """A question in full."""

    text: str  # to search for
    readings: tuple[str, ...]  # to judge by; several where it is open which word of the question before is replaced
    own_words: tuple[str, ...] = ()  # of a follow-up: what it asks about that was not said before

    def asked_of(self, passage: str) -> bool:
        """Whether a passage speaks of what this question, and not only the one before, is about."""
        if not self.own_words:
            return True
        found = {_stem(word) for word in _words(passage)}
        return any(_stem(word) in found for word in self.own_words)


class Rewritten(BaseModel):
    """What the language model is asked to return."""

    question: str = Field(description="the question in full")


def depends(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question cannot be understood without the turns before it."""
    if not any(turn["role"] == "member" for turn in history):
        return False
    telling = _telling(question)
    if not telling or _ORDINAL.search(question):
        return True
    if len(telling) <= BARE_WORDS and (_CONTINUES.search(question) or _REFERS.search(question)):
        return True
    return _CONTINUES.search(question) is not None and not _FORM.search(question)


def says_too_little(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question names nothing, and no turn before it tells what it is about."""
    return not any(turn["role"] == "member" for turn in history) and all(w in _ANYTHING for w in _telling(question))


def resolved(question: str, history: Sequence[Turn]) -> Resolved:
    """The question with what it leaves out, found by code; unchanged when it stands by itself."""
    if not depends(question, history):
        return Resolved(question, (question,))
    before = next(turn["text"] for turn in reversed(history) if turn["role"] == "member")
    answer = next((turn["text"] for turn in reversed(history) if turn["role"] == "cohost"), "")
    meant = _item_meant(question, answer)
    topic = _telling(meant) if meant else _telling(before) or _telling(_cited(answer))
    own = [] if meant else [word for word in _telling(question) if word not in topic]
    if _FORM.search(question):
        text = f"{question} {' '.join(topic[:TOPIC_WORDS])}"
        return Resolved(text, (text,), tuple(own))
    # "and the neap ones?" asks the same of something else: the form of the question before stays
    form = f"{' '.join(_asking(before))} {' '.join(topic[:TOPIC_WORDS])}" if meant else before
    text = f"{form} {question}"
    return Resolved(text, _replaced(before, topic, own) if own else (text,), tuple(own))


def rewritten(model: LanguageModel, prompt: Prompt, *, community_id: str, by_code: Resolved) -> Resolved:
    """The question in a model's words, or as the code found it where these are none; raises ModelUnavailable."""
    text = " ".join(model.complete(prompt, Rewritten, community_id=community_id).output.question.split())
    return Resolved(text, (text,)) if 0 < len(text) <= LONGEST else by_code


def rewrite_prompt(question: str, history: Sequence[Turn]) -> Prompt:
    """Asks for the question in full."""
    return prompts.render("rewrite", question=question, history=latest(history))


def latest(history: Sequence[Turn]) -> list[str]:
    """The last turns that fit into a prompt, oldest first."""
    kept: list[str] = []
    for turn in reversed(history):
        line = f"{turn['role']}: {turn['text']}"
        if sum(map(len, kept)) + len(line) > HISTORY_CHARACTERS:
            break
        kept.insert(0, line)
    return kept


def _replaced(before: str, topic: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """The question before with each of its telling words in turn replaced by the new ones."""
    new = " ".join(own)
    return tuple(re.sub(rf"\b{re.escape(word)}\b", lambda _: new, before, flags=re.I) for word in topic[:READINGS])


def _item_meant(question: str, answer: str) -> str:
    """ "the second one": that item of the answer before, a list's or else a paragraph."""
    found = _ORDINAL.search(question)
    if not found:
        return ""
    items = _ITEM.findall(answer) or [part for part in answer.split("\n\n") if part.strip() and not _CITED.match(part)]
    which = found["which"].lower()
    at = len(items) - 1 if which == "last" else _ORDINALS.index(which)
    return items[at] if 0 <= at < len(items) else ""


def _cited(answer: str) -> str:
    """The titles and headings that the answer before named under its quotes."""
    return " ".join(_LINK.sub(r"\1", found["places"]) for found in _CITED.finditer(answer))


def _asking(question: str) -> list[str]:
    """The words of a question that say how it asks."""
    return [
        word for word in _WORD.findall(question) if _FORM.fullmatch(word) or word.lower() in ("long", "many", "much")
    ]


def _telling(text: str) -> list[str]:
    return list(dict.fromkeys(word for word in _words(text) if word not in _EMPTY and len(word) > 1))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    return word[:5]
