"""Sentences to choose a Big Purpose from: by hand-written patterns, or by a language model within the same form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import yaml
from pydantic import BaseModel

from cohost import prompts, safety
from cohost.errors import InvalidInput, ModelUnavailable
from cohost.language import language
from cohost.model import BigPurpose
from cohost.ports import LanguageModel
from cohost.purpose.phrases import Phrase, agreeing, bringing, doing, joined, people

FILE: Final = prompts.FOLDER / "purpose" / "sentences.yaml"
FORM: Final = re.compile(r"\A(?:We|I) bring together \S.* in order to \S.* so that \S.*\.\Z")
MOST_WORDS: Final = 70  # of a model's sentence; the host's own may be longer
BY_MODEL: Final = 4
NOT_ENGLISH: Final = (
    "The patterns are English, and your answers do not seem to be. Word the draft that you choose anew."
)
Voice = Literal["We", "I"]


@dataclass(frozen=True)
class Answers:
    """What a host told; each text is a phrase or one short sentence."""

    who: str
    together: tuple[str, ...]
    brings: tuple[str, ...]
    goals: tuple[str, ...] = ()
    voice: Voice = "We"


@dataclass(frozen=True)
class PurposeDraft:
    """One sentence to choose."""

    sentence: str
    stresses: str
    made_by: str  # "pattern", or the model's name


@dataclass(frozen=True)
class Drafts:
    """Several of them, with the parts that go into the Big Purpose as the host told them."""

    drafts: tuple[PurposeDraft, ...]
    purpose: BigPurpose  # without a sentence
    doubts: tuple[str, ...]  # what was not plain in the answers
    fallback: str = ""  # why a model that was asked for is not among the makers


class WrittenPurposes(BaseModel):
    """What a language model is asked to return."""

    sentences: list[str]


def draft(answers: Answers, community_id: str, model: LanguageModel | None = None) -> Drafts:
    """At least three; the same answers always get the same patterns. Raises InvalidInput for an empty answer."""
    _check(answers)
    read = _Read.of(answers)
    written, fallback = _by_model(answers, read, community_id, model) if model else ([], "")
    doubts = tuple(dict.fromkeys(filter(None, (phrase.doubt for phrase in read.all))))
    strange = language(" ".join((answers.who, *answers.together, *answers.brings))) not in (None, "en")
    told = (*doubts, NOT_ENGLISH) if strange else doubts
    return Drafts((*written, *_by_pattern(answers, read)), _parts(answers), told, fallback)


def _parts(answers: Answers) -> BigPurpose:
    """The answers as the host gave them, each a line of its own, and "everyone bake" mended."""
    return BigPurpose(
        for_whom=_begun(answers.who),
        goals=tuple(map(_begun, answers.goals)),
        activities=tuple(map(_begun, answers.together)),
        outcome=_begun("; ".join(agreeing(part.strip(" .;")) for part in answers.brings)),
    )


@dataclass(frozen=True)
class _Read:
    """The answers as a sentence needs them."""

    who: Phrase
    together: tuple[Phrase, ...]
    brings: tuple[Phrase, ...]
    goals: tuple[Phrase, ...]

    @classmethod
    def of(cls, answers: Answers) -> _Read:
        return cls(
            people(answers.who),
            tuple(map(doing, answers.together)),
            tuple(bringing(part, voice=answers.voice) for part in answers.brings),
            tuple(map(doing, answers.goals)),
        )

    @property
    def all(self) -> Sequence[Phrase]:
        return (self.who, *self.together, *self.brings, *self.goals)


def _check(answers: Answers) -> None:
    for name in ("who", "together", "brings"):
        told = getattr(answers, name)
        if not any(re.search(r"\w", part) for part in ((told,) if isinstance(told, str) else told)):
            raise InvalidInput(
                "An answer is missing: say who it is for, what they do together, and what it brings.", field=name
            )
    for name in ("together", "brings", "goals"):
        if any(not re.search(r"\w", part) for part in getattr(answers, name)):
            raise InvalidInput("An answer has no word in it. Leave it out, or fill it in.", field=name)


def _by_pattern(answers: Answers, read: _Read) -> Iterator[PurposeDraft]:
    seen: set[str] = set()
    who = f"{read.who.text}," if "," in read.who.text else read.who.text
    filled = {
        "voice": answers.voice, "other": "I" if answers.voice == "We" else "We", "who": who,
        "all": joined([one.text for one in read.together]),
        "first": read.together[0].text, "goals": joined([one.text for one in read.goals]),
        "brings": joined([one.text for one in read.brings]),
    }  # fmt: skip
    told = " ".join(phrase.text for phrase in read.all).casefold()
    for pattern in patterns():
        sentence, unless = pattern["text"].format(**filled), pattern.get("unless")
        fits = not (unless and unless in told) and (read.goals or "{goals}" not in pattern["text"])
        if fits and sentence not in seen:
            seen.add(sentence)
            yield PurposeDraft(sentence, pattern["stresses"], "pattern")


@cache
def patterns() -> tuple[dict[str, str], ...]:
    """The hand-written ones, each with `text` and `stresses`."""
    return tuple(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def _by_model(answers: Answers, read: _Read, community_id: str, model: LanguageModel) -> tuple[list[PurposeDraft], str]:
    prompt = prompts.render(
        "purpose", voice=answers.voice, who=answers.who, together=list(answers.together), brings=list(answers.brings),
        goals=list(answers.goals),
    )  # fmt: skip
    try:
        done = model.complete(prompt, WrittenPurposes, community_id=community_id)
    except ModelUnavailable as failed:
        return [], failed.fault
    said = dict.fromkeys(" ".join(safety.clean(text, frozenset()).split()) for text in done.output.sentences)
    fitting = [text for text in said if _fits(text, answers) and not prompts.echoes(prompt, text)]
    name = done.model or model.name
    made = [PurposeDraft(text, "In other words than yours: see whether they are true.", name) for text in fitting]
    return made[:BY_MODEL], "" if made else "wrong_shape"


def _fits(text: str, answers: Answers) -> bool:
    """One sentence of the form, in the voice that was asked for, with something of each answer in it."""
    told: list[Sequence[str]] = [[answers.who], answers.together, answers.brings]
    about_all = all(_stems(" ".join(parts)) & _stems(text) for parts in told)
    whole = bool(FORM.match(text)) and not re.search(r"[.!?]\s", text)
    return whole and text.startswith(f"{answers.voice} ") and len(text.split()) <= MOST_WORDS and about_all


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[^\W\d_]{4,}", text.casefold())} - {
        "bring",
        "toget",
        "order",
        "that",
        "their",
    }


def _begun(text: str) -> str:
    """As a line of its own."""
    text = " ".join(text.split()).strip(" ;")
    return f"{text[:1].upper()}{text[1:]}"
