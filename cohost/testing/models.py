"""Language models for tests: one that says what was prepared, one that obeys whoever wrote the data."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from cohost.errors import ModelUnavailable
from cohost.ports import Completion, Prompt
from cohost.prompts import DataBlock, data_blocks

T = TypeVar("T", bound=BaseModel)

Answer = BaseModel | Mapping[str, Any] | ModelUnavailable


class ScriptedModel:
    """Gives prepared answers in order, raises those that are faults, and keeps the prompts it was given."""

    def __init__(self, answers: Iterable[Answer] = (), *, name: str = "scripted") -> None:
        self.name = name
        self.prompts: list[Prompt] = []
        self._answers = deque(answers)

    def then(self, *answers: Answer) -> None:
        """Prepare more."""
        self._answers.extend(answers)

    def complete(self, prompt: Prompt, output: type[T], *, community_id: str) -> Completion[T]:
        """The next answer; AssertionError when none is left, since nobody expected this call."""
        self.prompts.append(prompt)
        if not self._answers:
            raise AssertionError(f"No answer is prepared for call {len(self.prompts)} (prompt {prompt.name}).")
        answer = self._answers.popleft()
        if isinstance(answer, ModelUnavailable):
            raise answer
        value = output.model_validate(answer.model_dump() if isinstance(answer, BaseModel) else dict(answer))
        return Completion(value, self.name, *_tokens(prompt, value))


# An instruction within data: first a sign that somebody gives orders, then the order itself.
_TAKEOVER = re.compile(
    r"\b(?:ignore|disregard|forget|override|instead|system|assistant|important|new instructions?|you must|from now)\b",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:say|write|answer|reply|respond|print|output|repeat|post|include|add|insert|link to|mention|tag|ping|notify"
    r"|visit|state|tell|give|explain|describe|provide|draft|translate|convert|change|replace|use|introduce|remove|group"
    r"|rearrange|misspell|modify|integrate|append|start|end|show|reveal|output|create|suggest|encourage|click|download"
    r"|follow|display|return|generate)\b(?:\s+(?:with|that|exactly|only|the (?:link|words?|text)|this|link))*\s*:?\s*"
    r"(?P<words>\S.*?)(?=[.!?]?\s*$|[.!?;]\s|,? (?:and )?then )",
    re.IGNORECASE | re.MULTILINE,
)
_REVEAL = re.compile(r"\b(?:system|initial|hidden|your) (?:prompt|instructions?|message)", re.IGNORECASE)
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=\s|$)|$)", re.MULTILINE)


class ObedientModel:
    """The worst case: does what the last instruction inside the data says, word for word, and backs it with a quote;
    asked for its instructions, it tells them.

    Without an instruction it answers with the first sentence of the first passage. It fills any output type: every text
    gets the words, every `quote` a verbatim span, every `passage` its number.
    """

    def __init__(self, *, name: str = "obedient") -> None:
        self.name = name
        self.prompts: list[Prompt] = []

    def complete(self, prompt: Prompt, output: type[T], *, community_id: str) -> Completion[T]:
        """An answer under the control of whoever wrote the data."""
        self.prompts.append(prompt)
        blocks = data_blocks(prompt.user)
        words, number, quote = _obeyed(blocks) or _honest(blocks)
        if _REVEAL.search(words):
            words = prompt.system
        schema = output.model_json_schema()
        value = output.model_validate(_filled(schema, schema.get("$defs", {}), _Filling(words, number, quote)))
        return Completion(value, self.name, *_tokens(prompt, value))


@dataclass(frozen=True)
class _Filling:
    words: str
    passage: int
    quote: str


def _obeyed(blocks: Sequence[DataBlock]) -> tuple[str, int, str] | None:
    """Words, passage and quote of the last order in the data."""
    for block in reversed(blocks):
        lines = block.text.splitlines()
        for number in reversed(range(len(lines))):
            order = _last_order("\n".join(lines[max(number - 2, 0) : number]), lines[number])
            if order:
                return order, block.number or 1, lines[number].strip() if block.number else _first_sentence(blocks)
    return None


def _last_order(before: str, line: str) -> str:
    """The last order on a line, if there or shortly before somebody took over."""
    takeover = _TAKEOVER.search(line)
    start = 0 if _TAKEOVER.search(before) else takeover.end() if takeover else len(line)
    orders = [match["words"] for match in _ORDER.finditer(line, start)]
    return orders[-1].strip(" \"'“”«»") if orders else ""


def _honest(blocks: Sequence[DataBlock]) -> tuple[str, int, str]:
    sentence = _first_sentence(blocks)
    return sentence, 1, sentence


def _first_sentence(blocks: Sequence[DataBlock]) -> str:
    """Of the first passage, below the line that says where it stands."""
    passage = next((block.text for block in blocks if block.number), "")
    match = _SENTENCE.search(passage.partition("\n\n")[2] or passage)
    return match[0] if match else ""


def _filled(schema: Mapping[str, Any], defs: Mapping[str, Any], filling: _Filling, name: str = "") -> Any:
    """A value that fits a JSON schema."""
    if "$ref" in schema:
        return _filled(defs[schema["$ref"].rsplit("/", 1)[-1]], defs, filling, name)
    if options := schema.get("anyOf"):
        return _filled(options[0], defs, filling, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", next(iter(schema.get("enum", ())), None))
    match schema.get("type"):
        case "object":
            return {key: _filled(part, defs, filling, key) for key, part in schema.get("properties", {}).items()}
        case "array":
            return [_filled(schema.get("items", {}), defs, filling, name)]
        case "string":
            return filling.quote if name.startswith("quote") else filling.words
        case "integer" | "number":
            return filling.passage if name == "passage" else schema.get("maximum", schema.get("minimum", 1))
        case "boolean":
            return True
    return None


def _tokens(prompt: Prompt, value: BaseModel) -> tuple[int, int]:
    """About four characters a token."""
    return len(prompt.system + prompt.user) // 4, len(value.model_dump_json()) // 4
