"""From a pydantic type to what a model is told, and from what it wrote back to a validated object. Knows no vendor."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

Mode = Literal["json_schema", "tools", "plain"]
MODES: tuple[Mode, ...] = ("json_schema", "tools", "plain")  # from the strictest to what every server can do

BYTES_PER_TOKEN = 3  # on the safe side: English has about 4 bytes a token, CJK about 3, code less

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # local reasoning models write theirs before the answer
_FENCED = re.compile(r"```(?:json)?\s*\n(?P<inside>.*?)\n?```", re.DOTALL | re.IGNORECASE)

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Usage:
    """Tokens of one or several replies."""

    input_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True)
class Reply:
    """What came back, whatever the vendor's form."""

    text: str
    arguments: dict[str, Any] | None  # of the first tool call
    finish_reason: str
    refusal: str
    usage: Usage
    model: str  # as the server names it


def read(reply: Reply, output: type[T]) -> T | None:
    """The reply as `output`, from tool arguments or from JSON in the text; None when it does not fit the type."""
    if reply.arguments is not None:
        return _validated(output, reply.arguments)
    found = (_validated(output, _json(candidate)) for candidate in _candidates(reply.text))
    return next((value for value in found if value is not None), None)


def in_words(output: type[BaseModel]) -> str:
    """The schema as an instruction, for servers that take neither a schema nor tools."""
    schema = json.dumps(output.model_json_schema(), ensure_ascii=False)
    return f"Reply with one JSON object and nothing else, without a code fence. It must fit this JSON schema:\n{schema}"


def estimated_tokens(*texts: str) -> int:
    """Rather too many than too few tokens, without the model's own tokenizer."""
    return sum(len(text.encode("utf-8", "surrogatepass")) // BYTES_PER_TOKEN + 1 for text in texts)


def _candidates(text: str) -> list[str]:
    """Where the object may stand: the whole text, a code fence, or from the first brace to the last."""
    answer = _THOUGHTS.sub("", text).strip()
    fenced = [match["inside"] for match in _FENCED.finditer(answer)]
    braces = answer[answer.find("{") : answer.rfind("}") + 1]
    return [answer, *fenced, braces]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):  # deep nesting is as unusable as a broken bracket
        return None


def _validated(output: type[T], data: Any) -> T | None:
    try:
        return output.model_validate(data)
    except ValidationError:  # not chained anywhere: its message quotes what the model wrote
        return None
