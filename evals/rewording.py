"""Wordings of prompts without a model: do variations quote and stay apart, what does a rewording change and keep?"""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import TemporaryDirectory

import numpy as np

from cohost.bootstrap import build
from cohost.discuss.payload import PromptPayload
from cohost.discuss.pieces import fixed
from cohost.discuss.repeats import ALIKE, text_of
from cohost.discuss.reword import HOWS, How, by_rules
from cohost.discuss.variations import MOST
from cohost.settings import load
from cohost.suggestion import Suggestion
from evals.discuss import COURSES, DRAFTS, SAMPLE, drafts_of, read_into, slips
from evals.harness import OURS, Fact, Report, Row, Setup, signature


def measure(setup: Setup) -> Report:
    """Sixty drafts in three wordings on every course and on the sample community, and each wording reworded."""
    rows: list[Row] = []
    facts: list[Fact] = []
    for name in (SAMPLE, *COURSES):
        if setup.wants(name):
            setup.say(f"rewording: {name}")
            made_rows, made_facts = _course(name)
            rows += made_rows
            facts += made_facts
    settings = f"{DRAFTS} drafts, {MOST} wordings"
    made = signature("rewording", data="courses and the sample", model="", embedder="", settings=settings)
    return Report("rewording", {"rewording": made}, tuple(rows), tuple(facts))


def _course(name: str) -> tuple[list[Row], list[Fact]]:
    with TemporaryDirectory() as folder:
        core = build(load({"COHOST_HOME": folder}))
        try:
            drafts = drafts_of(core, *read_into(core, name), variations=MOST)
            wordings = [(n, draft, one) for n, draft in enumerate(drafts) for one in _wordings(draft)]
            rows = [_quotes(name, wordings), *(row for how in HOWS for row in _reworded(name, how, wordings))]
            vectors = core.embedder.embed([text_of(one) for _, _, one in wordings])
            return rows, [Fact(name, "wordings", len(wordings)), *_apart(name, [n for n, _, _ in wordings], vectors)]
        finally:
            core.close()


Wordings = Sequence[tuple[int, Suggestion, PromptPayload]]  # number of the draft, the draft, one of its wordings


def _wordings(draft: Suggestion) -> list[PromptPayload]:
    first = PromptPayload.model_validate(draft.payload)
    return [first, *(first.model_copy(update=one.model_dump()) for one in first.variations)]


def _quotes(name: str, wordings: Wordings) -> Row:
    holds = {
        str(n): float(all(" ".join(item.quote.split()) in one.text for item in draft.evidence))
        for n, (_, draft, one) in enumerate(wordings)
    }
    return Row(name, OURS, "quotes its evidence", holds)


def _apart(name: str, drafts: Sequence[int], vectors: np.ndarray) -> list[Fact]:
    """Wordings of different drafts, against each other."""
    of = np.array(drafts)
    cosines = np.where(of[:, None] == of[None, :], 0.0, vectors @ vectors.T)
    return [
        Fact(name, "near repeats between drafts", int((np.tril(cosines) >= ALIKE).sum())),
        Fact(name, "highest cosine between drafts", float(cosines.max())),
    ]


def _reworded(name: str, how: How, wordings: Wordings) -> list[Row]:
    done = {str(n): (one, by_rules(how, one)) for n, (_, _, one) in enumerate(wordings)}
    changed = {n: (old, new) for n, (old, new) in done.items() if new is not None}
    return [
        Row(name, OURS, f"{how}: changed", {n: float(new is not None) for n, (_, new) in done.items()}),
        Row(name, OURS, f"{how}: quotes and links kept", {
            n: float(sorted(fixed(old.text)) == sorted(fixed(new.text))) for n, (old, new) in changed.items()
        }),
        Row(name, OURS, f"{how}: no slip found", {n: float(not slips(_read(new))) for n, (_, new) in changed.items()}),
        Row(name, OURS, f"{how}: own words to before", {n: _own(new) / _own(old) for n, (old, new) in changed.items()}),
    ]  # fmt: skip


def _read(draft: PromptPayload) -> str:
    return "\n".join((draft.title, draft.text, draft.low_effort))


def _own(draft: PromptPayload) -> int:
    """Words that are not the lesson's."""
    return len(" ".join(line for line in _read(draft).splitlines() if not line.startswith((">", "-"))).split())
