"""The answer bank: does a question that was answered before get its answer at once, and no other question's?

Every page of stackfaq counts as an answered question; people's paraphrases of its question are asked. Even pages are
for choosing the threshold, the odd ones are reported.
"""

from __future__ import annotations

import numpy as np

from cohost.ports import FloatArray
from cohost.questions import MAX_OFFERED, NEARLY_SAME
from evals.ground import ground
from evals.harness import OURS, Curve, Fact, Plot, Report, Row, Setup, data_hash, signature
from evals.sets import Question, stackfaq

TASK = "stackfaq"
STEPS = tuple(round(0.70 + 0.02 * n, 2) for n in range(14))
WRONG_ALLOWED = 0.02  # share of questions that are offered an answer to another one


def measure(setup: Setup) -> Report:
    """How many paraphrases are offered the right answer, and how many a wrong one."""
    task = stackfaq()
    known = [source.id for source in task.corpus.sources]
    asked = [question for question in task.questions if setup.wants(TASK)]
    with ground(setup.work, setup.database_url) as place:
        embedder = place.core.embedder
        bank = embedder.embed([source.title for source in task.corpus.sources])
        cosines = embedder.embed([question.text for question in asked]) @ bank.T
        name = embedder.name
    test = [n for n, question in enumerate(asked) if question.half == "test"]
    dev = [n for n, question in enumerate(asked) if question.half == "dev"]
    right, wrong = offered(cosines, asked, known, NEARLY_SAME)
    settings = {"nearly_same": NEARLY_SAME, "offered": MAX_OFFERED}
    data = data_hash([*known, *(question.text for question in asked)])
    return Report(
        "bank",
        {TASK: signature(TASK, data=data, model="", embedder=name, settings=settings)},
        (
            Row(TASK, OURS, "offered the right answer", {asked[n].id: float(right[n]) for n in test}),
            Row(TASK, OURS, "offered a wrong answer", {asked[n].id: float(wrong[n]) for n in test}),
        ),
        (
            Fact(
                TASK,
                f"lowest threshold with at most {WRONG_ALLOWED:.0%} wrong on the other half",
                lowest(cosines, asked, known, dev),
            ),
        ),
        (_plot(cosines, asked, known, dev),),
    )


def offered(
    cosines: FloatArray, asked: list[Question], known: list[str], threshold: float
) -> tuple[FloatArray, FloatArray]:
    """`(n,)` 0 or 1 each: whether the right answer is among those offered, and whether another question's is."""
    right, wrong = np.zeros(len(asked), dtype=np.float32), np.zeros(len(asked), dtype=np.float32)
    for n, question in enumerate(asked):
        nearest = np.argsort(-cosines[n])[:MAX_OFFERED]
        ids = [known[at] for at in nearest if cosines[n, at] >= threshold]
        right[n] = any(i in question.relevant for i in ids)
        wrong[n] = any(i not in question.relevant for i in ids)
    return right, wrong


def lowest(cosines: FloatArray, asked: list[Question], known: list[str], chosen: list[int]) -> float:
    """The lowest of STEPS at which few enough of the chosen questions are offered a wrong answer."""
    for step in STEPS:
        _, wrong = offered(cosines, asked, known, step)
        if float(wrong[chosen].mean()) <= WRONG_ALLOWED:
            return step
    return STEPS[-1]


def _plot(cosines: FloatArray, asked: list[Question], known: list[str], chosen: list[int]) -> Plot:
    found = [offered(cosines, asked, known, step) for step in STEPS]
    return Plot(
        "Offered at once", "cosine from which on an answer is offered", "share of questions (half for choosing)",
        tuple(
            Curve(label, STEPS, tuple(float(pair[at][chosen].mean()) for pair in found))
            for at, label in enumerate(("the right answer", "a wrong answer"))
        ),
    )  # fmt: skip
