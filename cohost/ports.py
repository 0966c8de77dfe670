"""Where the field varies: model, embedder, vector index, search, connector. Each has a shipped fake or default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from cohost.model import Passage
from cohost.suggestion import Destination, Message, Receipt

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt: trusted instructions apart from untrusted data."""

    name: str
    hash: str  # sha256 of the prompt file: its version
    system: str
    user: str
    temperature: float
    max_output_tokens: int
    job: str = ""  # whose work it is, to count what it costs
    begun_s: float | None = None  # time.monotonic() from which the deadline counts; None = when it is asked


@dataclass(frozen=True)
class Completion(Generic[T]):
    """A validated answer of a language model with what it cost."""

    output: T
    model: str
    input_tokens: int
    output_tokens: int


class LanguageModel(Protocol):
    """A chat model with structured output."""

    name: str

    def complete(self, prompt: Prompt, output: type[T], *, community_id: str) -> Completion[T]:
        """Answer as `output`; raises ModelUnavailable on every fault, at the latest after its deadline."""
        ...


@dataclass(frozen=True)
class TokenVectors:
    """A text's word pieces, each with what it means where it stands."""

    pieces: tuple[str, ...]  # as the model's tokenizer cuts; a piece that continues a word starts with ##
    vectors: FloatArray  # (len(pieces), dimensions), unit length
    halfway: FloatArray | None = (
        None  # (dimensions,), unit length: their mean in the middle of the model, where it has one
    )


class Embedder(Protocol):
    """Texts to vectors."""

    @property
    def name(self) -> str:
        """Part of every stored vector; another one once it had to fall back."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, dimensions)` float32, unit length, in the order of `texts`."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Word by word instead of as a whole, in the order of `texts`."""
        ...


@dataclass(frozen=True)
class VectorHit:
    """A chunk near a query."""

    chunk_pk: int
    cosine_similarity: float  # -1..1


class VectorIndex(Protocol):
    """Derived from SQL and disposable: every hit is checked in SQL before use. It follows SQL by itself."""

    name: str

    def search(self, vector: FloatArray, spaces: Mapping[int, int], top_k: int) -> list[VectorHit]:
        """The `top_k` nearest chunks of `spaces` (space key → its version in SQL), best first."""
        ...

    def forget(self, space_pk: int) -> None:
        """Drop what is held of a space, to the byte; what SQL still has is read again by and by.

        For erasure: call it after the commit, once for each space that lost chunks. When it returns, no file of the
        index on this machine holds a vector that SQL no longer has.
        """
        ...

    def drift(self) -> Mapping[int, int]:
        """Chunks missing or surplus, as last measured, by key of each space that is held apart from SQL."""
        ...

    def close(self) -> None:
        """Stop following SQL, and leave what is held in good order."""
        ...


@dataclass(frozen=True)
class ScoredSentence:
    """A sentence (or a whole list, code block or table) of a passage, with how well it answers."""

    passage: int  # index into the passages given
    start: int  # offsets in the source's text
    end: int
    text: str
    relevance: float  # 0..1, higher is better
    paragraph: int = 0  # of its passage; what stands in one may be quoted together


@dataclass(frozen=True)
class Query:
    """What to look for, and for whom: the destination decides which spaces may be used."""

    community_id: str
    text: str
    destination: Destination
    spaces: tuple[str, ...] | None = None  # narrow further; None = all that the destination may draw on
    top_k: int = 8


class Search(Protocol):
    """Retrieval as jobs see it: audience-safe by construction."""

    def search(self, query: Query) -> list[Passage]:
        """Best passages first, only from spaces that every reader of the destination may read."""
        ...

    def sentences(self, question: str, passages: Sequence[Passage]) -> list[ScoredSentence]:
        """The sentences of the passages scored against the question, best first."""
        ...

    def answerable(self, question: str, passages: Sequence[Passage]) -> float:
        """Probability 0..1 that the passages answer the question."""
        ...

    def signature(self) -> dict[str, Any]:
        """Embedder and settings of retrieval, for provenance."""
        ...


TellingKind = Literal[
    "definition",
    "contrast",
    "reason",
    "pitfall",
    "number",
    "advice",
    "comparison",
    "use",
    "example",
    "condition",
    "any",
]


@dataclass(frozen=True)
class LessonText:
    """A lesson as it is read for its concepts."""

    title: str
    text: str
    headings: tuple[str, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()  # code, tables and the like


@dataclass(frozen=True)
class Telling:
    """A term of a lesson, with a sentence that says something about it."""

    term: str  # as it reads in the middle of a sentence
    noun: str  # with the article it usually has: "the starter", "gluten"
    start: int  # of the sentence, in the lesson's text
    end: int
    kind: TellingKind
    weight: float  # higher is better, comparable within one lesson
    first: str = ""  # what it turns on, verbatim: the reason, the advice, one side of a contrast; "" = not found
    second: str = ""  # the other side of a contrast, or what a reason is given for
    own: bool = True  # the term is of this lesson, not of the whole course or of the world at large


class ConceptReader(Protocol):
    """Lessons to what there is to talk about."""

    def read(self, lessons: Sequence[LessonText], *, common: Sequence[str] = ()) -> list[list[Telling]]:
        """Of each lesson, the most telling first; terms of many lessons, and `common` ones, are left out."""
        ...


@dataclass(frozen=True)
class ModerationText:
    """A post as it is read for moderation."""

    text: str
    parent: str = ""  # the text of the post it replies to


@dataclass(frozen=True)
class Finding:
    """What was seen in a post, and where; a verdict about a text, never about a person."""

    category: str
    probability: float  # 0..1, calibrated
    spans: tuple[tuple[int, int], ...]  # [start, end) in the original text, in order; what carries it
    quoted: bool = False  # it stands in words that the author quotes or reports
    excess: float = 0.0  # log-odds above the threshold of its category; below 0 only with a leeway


@dataclass(frozen=True)
class Learned:
    """What the decisions of one community add to the shipped heads: bounded, and nothing until there are enough."""

    biases: Mapping[str, float] = field(default_factory=dict)  # log-odds by category
    weights: tuple[float, ...] = ()  # (dimensions,) over what the marked words mean; () = none


@dataclass(frozen=True)
class Decided:
    """A flag as a person decided it."""

    category: str
    quote: str  # the marked words
    excess: float  # log-odds above the shipped threshold
    agreed: bool


class ModerationReader(Protocol):
    """Posts to findings, by categories."""

    @property
    def name(self) -> str:
        """With the version: part of a suggestion's provenance."""
        ...

    def read(
        self, posts: Sequence[ModerationText], *, learned: Learned | None = None, leeway: float = 0.0
    ) -> list[list[Finding]]:
        """Each post's findings, most probable first, every category at most once; [] where there is none.

        With a leeway (log-odds), also what stays below a threshold by no more than that.
        """
        ...

    def probabilities(self, post: ModerationText) -> dict[str, float]:
        """0..1 of every category, also where nothing is found."""
        ...

    def guideline(self, meaning: str, guidelines: Sequence[str]) -> int | None:
        """The number of the guideline that says this, from 1; None where none comes near."""
        ...

    def fit(self, decided: Sequence[Decided]) -> Learned:
        """What people's decisions say about these heads, for `read`."""
        ...


class SecondReader(Protocol):
    """Another moderation classifier, elsewhere."""

    name: str

    def scores(self, text: str) -> Mapping[str, float]:
        """0..1 by its own categories; raises ModelUnavailable on every fault, at the latest after its deadline."""
        ...


class Connector(Protocol):
    """A platform where approved messages are posted."""

    name: str
    proves: Literal["same_key", "find", "nothing"]  # what makes a re-send safe after a lost reply
    can_reverse: bool
    steps: frozenset[str]  # of move, hold, remove: those that a message about a post makes it do
    max_characters: int

    def publish(self, community_id: str, message: Message, key: str) -> Receipt:
        """Post once. `key` is stable over retries. Raises DeliveryRetry, DeliveryFailed or DeliveryUncertain."""
        ...

    def find(self, community_id: str, key: str) -> Receipt | None:
        """What was posted under `key`, if anything; only called where `proves` is "find"."""
        ...

    def reverse(self, community_id: str, receipt: Receipt) -> None:
        """Take a posted message back."""
        ...


@dataclass(frozen=True)
class Reply:
    """What another server answered."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    whole: bool = True  # False when the body was longer than asked for, or broke off

    def header(self, name: str) -> str:
        """A header's value, or ""."""
        return self.headers.get(name, "")


class Sender(Protocol):
    """Requests to other people's servers."""

    def check(self, url: str) -> None:
        """Raise InvalidInput when nothing would be sent there, DeliveryRetry when its name has no address now."""
        ...

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"", deadline_s: float, max_bytes: int
    ) -> Reply:
        """One request and its reply, redirects not followed.

        Raises InvalidInput, DeliveryRetry when nothing was sent, or DeliveryUncertain when the reply is lost.
        """
        ...
