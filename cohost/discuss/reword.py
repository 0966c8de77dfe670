"""Shorter, warmer or simpler by rules: what a host asks for where no language model words it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, get_args

import yaml

from cohost.discuss.occasions import OCCASIONS
from cohost.discuss.patterns import FORMATS
from cohost.discuss.payload import PromptPayload
from cohost.discuss.pieces import Pieces, is_mask, masked, pieces, unmasked
from cohost.discuss.spans import sentences
from cohost.errors import Misconfigured
from cohost.prompts import FOLDER, pick
from cohost.tone import allowed, excluded

FILE: Final = FOLDER / "discuss" / "rewording.yaml"
How = Literal["shorter", "warmer", "simpler"]
HOWS: Final[tuple[How, ...]] = get_args(How)
CORE_WORDS = 4  # of a question that stands by itself
LONG = 12  # words of a sentence that is split where it can be
INTRO_WORDS = 6  # "Two sides, both reasonable."
_ASIDE = re.compile(r"\s*\([^()]*\)|\s[–—]\s[^–—.?!]*\s[–—](?=\s)")
_ASKED_TOO = re.compile(r", (?:and|or) ((?:why|how|what|which|when|where|who)\b[^?]*\?)$")
_LEAD = re.compile(r"^[^:?]*: (?=\w+ \w+ \w+[^:]*\?$)")
_JOINED = re.compile(r"; (?=\w)|, (?:but|and) (?=(?:I|you|we|they|it|this|that|there) )")
DEEDS = ("share", "challenge")  # forms that ask to do something; their questions are extras
_DO = ("A small", "Bring", "Do ", "Find", "Guess", "Look", "Post", "Say", "Share", "Show", "Tell", "Try", "Write")
_POLITE = ("Thank", "Hello", "Welcome")


def by_rules(how: How, draft: PromptPayload, avoid: Sequence[str] = ()) -> PromptPayload | None:
    """The draft in other words; None where these rules find nothing to change. What it quotes, names and links stays."""
    old = pieces(draft)
    new = {"shorter": _shorter, "warmer": _warmer, "simpler": _simpler}[how](old, draft, avoid)
    unchanged = new == old or (how == "shorter" and new.words >= old.words)
    return None if unchanged or excluded(new.text, avoid) else new.onto(draft)


def _shorter(old: Pieces, draft: PromptPayload, avoid: Sequence[str]) -> Pieces:
    title, *rest = old.parts
    low = [_first_thing(rest.pop())] if old.low_effort else []
    sides = any(block.startswith("**A:**") for block in old.blocks)
    core = _deed if draft.format in DEEDS else _core
    kept = ["" if sides and _is_intro(part) else _each(part, core) for part in rest]
    return old.with_parts((title, *kept, *low))


def _core(text: str) -> str:
    """What a piece cannot do without: its first real question, and all that holds a quotation, a name or a number."""
    said = [_cut(sentence) for sentence in _split(_ASIDE.sub("", text))]
    core = next((one for one in said if one.endswith("?") and _own_words(one) >= CORE_WORDS), None)
    if core is None:
        kept = said[:1] + [one for one in said[1:] if _is_bound(one) or one.startswith(_POLITE)]
    else:
        at = said.index(core)
        kept = [one for n, one in enumerate(said) if n == at or _is_bound(one) or (n < at and _is_short_question(one))]
    return " ".join(kept)


def _deed(text: str) -> str:
    """What there is to do, and all that holds a quotation, a name or a number."""
    said = _split(_ASIDE.sub("", text))
    kept = [one for one in said if _is_bound(one) or one.startswith(_DO)]
    return " ".join(kept or said)


def _cut(sentence: str) -> str:
    """Without a second question behind the first, and without what leads up to one."""
    further = _ASKED_TOO.search(sentence)
    if further and not _is_bound(further[1]) and _own_words(sentence[: further.start()]) >= CORE_WORDS - 1:
        sentence = f"{sentence[: further.start()]}?"
    lead = _LEAD.match(sentence)
    return _begun(sentence[lead.end() :]) if lead and not _is_bound(lead[0]) else sentence


def _is_short_question(one: str) -> bool:
    """Too short to stand by itself, and perhaps what the next one speaks of."""
    return one.endswith("?") and _own_words(one) < CORE_WORDS


def _first_thing(low_effort: str) -> str:
    """What there is to do, without the question before it and what else is welcome behind it."""
    said = _split(low_effort)
    asked = [one for n, one in enumerate(said) if n == len(said) - 1 or not one.endswith("?")]
    return re.sub(r";[^;]*$", ".", " ".join(asked))


def _is_intro(part: str) -> bool:
    return part.endswith(".") and len(part.split()) <= INTRO_WORDS and not _is_bound(masked(part)[0])


def _warmer(old: Pieces, draft: PromptPayload, avoid: Sequence[str]) -> Pieces:
    """With one line more, behind the last piece of prose or before the first."""
    lines: Mapping[str, list[str]] = _words()["warmer"][draft.format]
    if not old.prose:
        return old
    for part, at in (("closing", old.prose[-1] + 1), ("opening", old.prose[0])):
        fitting = allowed(lines[part], avoid)
        if fitting and not any(line in old.text for line in lines[part]):
            line = pick(fitting, f"{draft.concept}/{draft.about}/{part}")
            text = "\n\n".join((*old.blocks[:at], line, *old.blocks[at:]))
            return pieces(draft.model_copy(update={"text": text}))
    return old


def _simpler(old: Pieces, draft: PromptPayload, avoid: Sequence[str]) -> Pieces:
    plain = {word: said for word, said in _words()["simpler"].items() if not excluded(said, avoid)}
    title, *rest = old.parts
    low = [_each(rest.pop(), lambda text: _plain(text, plain))] if old.low_effort else []
    return old.with_parts(
        (title, *(_each(part, lambda text: _plain(_ASIDE.sub("", text), plain)) for part in rest), *low)
    )


def _plain(text: str, plain: Mapping[str, str]) -> str:
    for word, said in plain.items():
        text = re.sub(
            rf"(?<!\w){re.escape(word)}(?!\w)",
            lambda found, said=said: _begun(said) if found[0][0].isupper() else said,  # type: ignore[misc]
            text, flags=re.IGNORECASE,
        )  # fmt: skip
    return " ".join(part for sentence in _split(text) for part in _parted(sentence))


def _parted(sentence: str) -> list[str]:
    """A long sentence as two, where it joins two."""
    if len(sentence.split()) <= LONG:
        return [sentence]
    further = _ASKED_TOO.search(sentence)
    if further:
        return [f"{sentence[: further.start()]}?", _begun(further[1])]
    joint = _JOINED.search(sentence)
    if joint is None or sentence.endswith("?"):
        return [sentence]
    but = "But " if "but" in joint[0] else ""
    rest = sentence[joint.end() :]
    return [f"{sentence[: joint.start()]}.", f"{but}{rest if but else _begun(rest)}"]


def _each(part: str, change: Callable[[str], str]) -> str:
    """A piece changed, and what may not change untouched."""
    text, found = masked(part)
    changed = unmasked(change(text), found)
    return changed if sorted(masked(changed)[1]) == sorted(found) else part


def _split(text: str) -> list[str]:
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def _own_words(text: str) -> int:
    return sum(not any(is_mask(sign) for sign in word) for word in text.split())


def _is_bound(text: str) -> bool:
    return any(is_mask(sign) or sign.isdigit() for sign in text)


def _begun(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


@cache
def _words() -> Mapping[str, Any]:
    """The file, checked."""
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    warm = read["warmer"]
    if set(warm) != {*FORMATS, *OCCASIONS} or not all(one["opening"] and one["closing"] for one in warm.values()):
        raise Misconfigured(f"{FILE.name} must hold an opening and a closing for each form and occasion.")
    return read
