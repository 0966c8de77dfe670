"""Titles and identifiers that occur in exactly one source, as queries: a person who knows the name must get the thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from cohost.model import Source
from evals.sets import Corpus, Question, Task

AT_MOST = 60  # identifiers of one corpus, evenly taken from all
_IDENTIFIER = re.compile(
    r"\b[A-Za-z]\w*(?:[._][A-Za-z]\w*)+\b|\b[a-z]+(?:[A-Z][a-z0-9]+)+\b|\b(?:[A-Z][a-z0-9]+){2,}\b"
)


def unique_task(corpus: Corpus, sources: Sequence[Source]) -> Iterator[Task]:
    """A task of its own for a corpus with such names; nothing otherwise."""
    texts = {source.id: f"{source.title}\n{source.text}".lower() for source in sources}
    asked = [*_titles(sources, texts), *_identifiers(sources, texts)]
    if asked:
        names = Corpus(corpus.name, corpus.folder, corpus.skipped, corpus.sources)
        yield Task(f"{corpus.name} names", names, tuple(asked), counted=False)


def _titles(sources: Sequence[Source], texts: dict[str, str]) -> Iterator[Question]:
    for source in sources:
        if source.title and _holders(source.title, texts) == [source.id]:
            yield Question(f"title {source.id}", source.title, (source.id,))


def _identifiers(sources: Sequence[Source], texts: dict[str, str]) -> Iterator[Question]:
    seen = Counter(name.lower() for source in sources for name in set(_IDENTIFIER.findall(source.text)))
    names = sorted({name for source in sources for name in _IDENTIFIER.findall(source.text) if seen[name.lower()] == 1})
    alone = [(name, holders[0]) for name in names if len(holders := _holders(name, texts)) == 1]
    for name, holder in alone[:: max(1, len(alone) // AT_MOST)][:AT_MOST]:
        yield Question(f"name {name}", name, (holder,))


def _holders(words: str, texts: dict[str, str]) -> list[str]:
    return [source_id for source_id, text in texts.items() if words.lower() in text]
