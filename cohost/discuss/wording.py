"""A draft's words: by pattern, or by a language model within the same bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

from cohost import prompts, safety
from cohost.discuss.patterns import FORMAT_NAMES, FORMATS, Format, patterns
from cohost.discuss.payload import PromptPayload
from cohost.errors import ModelUnavailable
from cohost.jobs.shape import Tools
from cohost.ports import Telling
from cohost.suggestion import Provenance
from cohost.tone import EXCLUDED, excluded

MOST_WORDS, TITLE_WORDS, LINE_WORDS = 120, 12, 30
TITLES = {
    "question": "What do you make of {concept}?", "debate": "Two sides of {concept}", "share": "Show us: {concept}",
    "poll": "A quick poll: {concept}", "challenge": "A small challenge: {concept}", "checkin": "A check-in: {concept}",
}  # fmt: skip


class WrittenPrompt(BaseModel):
    """What a language model is asked to return."""

    title: str
    text: str
    low_effort: str


def by_pattern(
    form: Format, telling: Telling, quote: str, title: str, key: str, avoid: tuple[str, ...] = (), *, turn: int = 0,
) -> PromptPayload:  # fmt: skip
    """The same telling always gets the same pattern, and in another turn another one; `title` is the lesson's."""
    known = patterns(avoid)[form]
    pattern = prompts.pick(known.fitting(telling), f"{key}/{telling.term}/{form}", turn)
    words = {"concept": marked(telling.noun), "one": one_of(telling.noun), "title": title}
    body = pattern.format(**words, first=telling.first, second=telling.second)
    options = known.options.get(telling.kind, ())
    listed = "\n".join(f"- {option}" for option in options)
    text = "\n\n".join(filter(None, (_quoted(quote, title), body, listed)))
    plain = f"{telling.noun[:1].upper()}{telling.noun[1:]}"
    named = plain if excluded(TITLES[form], avoid) else TITLES[form].format(concept=telling.noun, title=title)
    return PromptPayload(
        format=form, title=named, text=text, concept=telling.term, options=options, low_effort=known.low_effort
    )  # fmt: skip


def by_model(
    drafted: PromptPayload, quote: str, title: str, tools: Tools, examples: Sequence[str], made: Provenance
) -> tuple[PromptPayload, Provenance]:
    """The same draft in a language model's words; the pattern's stay where those cannot be used."""
    model = tools.model
    if model is None or drafted.format == "poll":
        return drafted, made
    prompt = prompts.render(
        "discuss", community_name=tools.community.name, format=FORMAT_NAMES[_format(drafted.format)], tone=drafted.tone,
        concept=drafted.concept, lesson=quote, examples=[text[:1500] for text in examples[:3]],
    )  # fmt: skip
    try:
        done = model.complete(prompt, WrittenPrompt, community_id=tools.community.id)
    except ModelUnavailable as failed:
        return drafted, replace(made, fallback=failed.fault)
    text, named, low = (safety.clean(part, frozenset()).strip() for part in
                        (done.output.text, done.output.title, done.output.low_effort))  # fmt: skip
    if not fits(named, text, low) or prompts.echoes(prompt, text):
        return drafted, replace(made, fallback="wrong_shape")
    if excluded("\n\n".join((named, text, low)), tools.community.settings.words_excluded):
        return drafted, replace(made, fallback=EXCLUDED)
    changed = {"title": named, "text": f"{_quoted(quote, title)}\n\n{text}", "low_effort": low}
    return drafted.model_copy(update=changed), prompts.worded_by(made, prompt, done, model)


def fits(title: str, text: str, low_effort: str) -> bool:
    """Short, asking something, and with no block quote that could pass for the lesson's."""
    short = len(text.split()) <= MOST_WORDS and 0 < len(title.split()) <= TITLE_WORDS
    return short and "?" in text and 0 < len(low_effort.split()) <= LINE_WORDS and not re.search(r"^\s*>", text, re.M)


def _format(name: str) -> Format:
    return next(one for one in FORMATS if one == name)


def marked(noun: str) -> str:
    """The term stands out; its article does not."""
    return f"the *{noun.removeprefix('the ')}*" if noun.startswith("the ") else f"*{noun}*"


def one_of(noun: str) -> str:
    """The term as an example of itself: "a *trigger*", "*gluten*", "*semantic tags*"."""
    bare = noun.removeprefix("the ")
    if bare == noun:
        return marked(noun)
    return f"{'an' if re.match(r'(?!uni|use|eu|one)[aeiou]', bare) else 'a'} *{bare}*"


def _quoted(quote: str, title: str) -> str:
    """The sentence, and below it where it stands."""
    return f"> {' '.join(quote.split())}\n\nFrom “{title}”"
