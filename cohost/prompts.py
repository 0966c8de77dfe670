"""Prompts: text files with a checked front matter, rendered so that untrusted text stays data.

A file `prompts/<name>.md` has YAML front matter (`description`, `temperature`, `max_output_tokens`, `inputs`, `output`,
and `job` where the file is not named after one) and then `## System` and `## User` with `$name` placeholders. No logic:
what a prompt says can be read in the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cohost.errors import InvalidInput, Misconfigured
from cohost.model import Passage
from cohost.ports import Completion, LanguageModel, Prompt
from cohost.suggestion import Provenance

FOLDER = Path(__file__).resolve().parent.parent / "prompts"
OPEN, CLOSE = "\u27e6", "\u27e7"  # ⟦ ⟧: fence signs that ordinary text does not need; data never contains them
NOTHING = "(none)"  # what stands for an empty list, so that the model does not look for it

_FILE = re.compile(r"\A---\n(?P<front>.*?)\n---\n\s*## System\n(?P<system>.*?)\n## User\n(?P<user>.*)\Z", re.DOTALL)
_BLOCK = re.compile(
    rf"{OPEN}data (?P<input>\w+)(?: (?P<number>\d+))? (?P<boundary>\w+){CLOSE}\n"
    rf"(?P<text>.*?)\n{OPEN}end (?P=boundary){CLOSE}",
    re.DOTALL,
)
_BOUNDARY = re.compile(rf"^{OPEN}end (\w+){CLOSE}$", re.MULTILINE)
_WORD = re.compile(r"\w+")
ECHO_WORDS = 8  # in a row; fewer are plain English that any answer may hold

Value = str | int | Sequence[str]


class Input(BaseModel):
    """How far a placeholder's text may be trusted, and how long it may be."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    trusted: bool
    max_characters: int | None = None  # of the whole input; longer is an error, what to drop is the caller's choice


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    description: str
    temperature: float = Field(ge=0, le=2)
    max_output_tokens: int = Field(gt=0)
    inputs: dict[str, Input]
    output: str
    job: str = ""


@dataclass(frozen=True)
class PromptFile:
    """One checked file of `prompts/`."""

    name: str
    hash: str  # sha256 of the file: its version
    description: str
    temperature: float
    max_output_tokens: int
    inputs: Mapping[str, Input]
    output: str  # name of the pydantic type that is asked for
    system: str
    user: str
    job: str  # that it works for

    def render(self, **inputs: Value) -> Prompt:
        """Fill the placeholders; untrusted inputs are fenced, and a sequence becomes blocks numbered from 1.

        Raises InvalidInput for an input that is unknown, missing, or longer than the file allows.
        """
        self._check(inputs)
        boundary = _boundary(self.hash, [part for value in inputs.values() for part in _parts(value)])
        filled = {
            key: _plain(value) if self.inputs[key].trusted else _fenced(key, value, boundary)
            for key, value in inputs.items()
        }
        return Prompt(
            name=self.name,
            hash=self.hash,
            system=Template(self.system).substitute(filled),
            user=Template(self.user).substitute(filled),
            temperature=self.temperature,
            max_output_tokens=self.max_output_tokens,
            job=self.job,
        )

    def _check(self, inputs: Mapping[str, Value]) -> None:
        for key in sorted(inputs.keys() ^ self.inputs.keys()):
            problem = "has no input" if key in inputs else "misses its input"
            raise InvalidInput(f"Prompt {self.name} {problem} {key!r}.", field=key)
        for key, value in inputs.items():
            limit, length = self.inputs[key].max_characters, sum(map(len, _parts(value)))
            if limit is not None and length > limit:
                raise InvalidInput(f"Prompt {self.name}: {key} has {length} characters, over its {limit}.", field=key)


@dataclass(frozen=True)
class DataBlock:
    """A fenced piece of untrusted text, as found again in a rendered prompt."""

    input: str
    number: int | None  # from 1, for an input that is a sequence
    text: str


def render(name: str, /, **inputs: Value) -> Prompt:
    """Render `prompts/<name>.md`; see PromptFile.render for the rules."""
    return load(name).render(**inputs)


@cache
def load(name: str, folder: Path = FOLDER) -> PromptFile:
    """Read and check a prompt once per process; raises Misconfigured naming the file and what is wrong in it."""
    path = folder / f"{name}.md"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Misconfigured(f"There is no prompt {path.name} in {folder}.") from None
    return parse(name, content)


def parse(name: str, content: bytes) -> PromptFile:
    """Check a prompt file's content; raises Misconfigured."""
    match = _FILE.match(content.decode("utf-8").replace("\r\n", "\n"))
    if match is None:
        raise Misconfigured(f"Prompt {name} needs front matter between --- lines, then ## System and ## User.")
    front = _front_matter(name, match["front"])
    system, user = match["system"].strip(), match["user"].strip()
    _check_placeholders(name, front.inputs, system, user)
    return PromptFile(
        name=name,
        hash=hashlib.sha256(content).hexdigest(),
        description=front.description,
        temperature=front.temperature,
        max_output_tokens=front.max_output_tokens,
        inputs=front.inputs,
        output=front.output,
        system=system,
        user=user,
        job=front.job or name,
    )


def fit(passages: Sequence[Passage], budget_characters: int) -> tuple[tuple[Passage, ...], int]:
    """The best passages that fit, and how many were dropped; whole ones only, from the lowest rank up."""
    used = 0
    for kept, passage in enumerate(passages):
        used += len(passage_text(passage))
        if used > budget_characters:
            return tuple(passages[:kept]), len(passages) - kept
    return tuple(passages), 0


def passage_text(passage: Passage) -> str:
    """A passage as a model reads it: one line that says where it stands, an empty line, its text."""
    trail = " › ".join([passage.title, *passage.headings])
    return f"{trail} ({passage.place})\n\n{passage.text}" if passage.place else f"{trail}\n\n{passage.text}"


def data_blocks(user: str) -> list[DataBlock]:
    """The untrusted texts of a rendered user part, in order."""
    return [
        DataBlock(found["input"], int(found["number"]) if found["number"] else None, found["text"])
        for found in _BLOCK.finditer(user)
    ]


def echoes(prompt: Prompt, text: str) -> bool:
    """Whether a text gives away what only the model should read: words of the system part, or the word of a fence."""
    boundaries = set(_BOUNDARY.findall(prompt.user))
    said, secret = _words(text), " ".join(_words(prompt.system))
    runs = (" ".join(said[at : at + ECHO_WORDS]) for at in range(len(said) - ECHO_WORDS + 1))
    return any(boundary in text for boundary in boundaries) or any(run in secret for run in runs)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _front_matter(name: str, text: str) -> _FrontMatter:
    try:
        return _FrontMatter.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"The front matter of prompt {name} is wrong: {error}") from error


def _check_placeholders(name: str, inputs: Mapping[str, Input], system: str, user: str) -> None:
    parts = {"system": Template(system), "user": Template(user)}
    if not all(part.is_valid() for part in parts.values()):
        raise Misconfigured(f"Prompt {name} has a $ that is not a placeholder; write $$ for the sign.")
    used = {part: set(template.get_identifiers()) for part, template in parts.items()}
    for key in sorted((used["system"] | used["user"]) ^ inputs.keys()):
        raise Misconfigured(f"Prompt {name}: {key!r} must be both declared under inputs and used.")
    for key in sorted(used["system"]):
        if not inputs[key].trusted:
            raise Misconfigured(f"Prompt {name}: {key!r} is not trusted and may not stand in the system part.")


def _parts(value: Value) -> list[str]:
    return [str(value)] if isinstance(value, (str, int)) else list(value)


def _plain(value: Value) -> str:
    return "\n".join(_parts(value))


def _fenced(key: str, value: Value, boundary: str) -> str:
    if isinstance(value, (str, int)):
        return _block(key, str(value), boundary)
    blocks = [_block(f"{key} {number}", text, boundary) for number, text in enumerate(value, start=1)]
    return "\n".join(blocks) or NOTHING


def _block(label: str, text: str, boundary: str) -> str:
    """Fence a text; its own fence signs become plain brackets, so that no line of it looks like a fence."""
    data = text.replace(OPEN, "[").replace(CLOSE, "]")
    return f"{OPEN}data {label} {boundary}{CLOSE}\n{data}\n{OPEN}end {boundary}{CLOSE}"


def _boundary(salt: str, texts: Sequence[str]) -> str:
    """A word that depends on every text it fences: nobody can write it into one of them beforehand."""
    return hashlib.sha256("\0".join([salt, *texts]).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def pick(texts: Sequence[str], key: str, turn: int = 0) -> str:
    """One of some hand-written texts; the same key always gets the same one, and in another turn another one."""
    return texts[(int(hashlib.sha256(key.encode()).hexdigest(), 16) + turn) % len(texts)]


def worded_by(made: Provenance, prompt: Prompt, done: Completion[Any], model: LanguageModel) -> Provenance:
    """How a draft was made whose words are now a language model's."""
    return replace(
        made, made_by=done.model or model.name, prompt=prompt.name, prompt_hash=prompt.hash, fallback="",
        input_tokens=done.input_tokens, output_tokens=done.output_tokens,
    )  # fmt: skip
