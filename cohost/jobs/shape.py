"""The one shape of all jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cohost.model import Community, Request, Role
from cohost.ports import LanguageModel, Search
from cohost.store import Store
from cohost.suggestion import Abstention, Destination, Draft, Evidence, Message


@dataclass(frozen=True)
class Tools:
    """What a job may use: ports and store queries, for one community."""

    store: Store
    search: Search
    model: LanguageModel | None
    clock: Callable[[], datetime]
    community: Community


Outcome = Draft | Abstention


@dataclass(frozen=True)
class Revision:
    """A payload after a person's edit, with what has to be checked again."""

    payload: dict[str, Any]
    evidence: tuple[Evidence, ...]  # quotes kept or added; their offsets are looked up by the check
    own_words: tuple[str, ...]  # sentences of the person's own, which need no quote


@dataclass(frozen=True)
class Job:
    """A kind of work. Payloads travel as JSON objects; each job owns the type behind its own."""

    name: str
    decided_by: frozenset[Role]
    propose: Callable[[Request, Tools], Sequence[Outcome]]
    messages: Callable[[dict[str, Any], Destination, str | None], list[Message]]  # (payload, destination, request id)
    revise: Callable[[dict[str, Any], Sequence[Evidence], dict[str, Any]], Revision]  # (shown, its evidence, proposed)
    emptied: Callable[[dict[str, Any]], dict[str, Any]]  # the payload without any text of sources
