"""What embedding costs and keeps: processor time and nDCG@10 of the quick embedder, beside plain sentence-transformers.

`python -m evals.embedding FOLDER [questions.jsonl]`: a course, and questions whose `relevant` names files or folders.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from cohost.ports import Embedder, FloatArray
from evals import stock
from evals.scale import processor_seconds
from knowledge.chunk import cut, embedded_text
from knowledge.embed import SentenceEmbedder
from knowledge.quick import QuickEmbedder
from knowledge.structure import document_from_text
from knowledge.tokens import token_counter

READ = frozenset({".md", ".mdx", ".txt", ".srt"})
ROUNDS, PART = 2, 64  # ours and theirs by turns, so that both meet the same machine
QUERY, QUERIES = "How do I fine-tune a model on my own data?", 30
DEPTH = 10


@dataclass(frozen=True)
class Texts:
    """A course as it is embedded here and there."""

    ours: list[str]
    sources: list[str]  # of each of ours
    stock: list[str]


def main() -> None:
    """Print ratios."""
    root = Path(sys.argv[1])
    texts = read(root)
    with tempfile.TemporaryDirectory(prefix="cohost-embedding-") as folder:
        quick, plain, theirs = QuickEmbedder(Path(folder)), SentenceEmbedder(), stock.embedder()
        for warm in (quick.embed, plain.embed, theirs):
            warm([QUERY])
        seconds = [0.0, 0.0]
        for _ in range(ROUNDS):
            seconds[0] += processor_seconds(lambda: quick.embed(texts.ours))
            seconds[1] += processor_seconds(lambda: theirs(texts.stock))
        short = [processor_seconds(lambda e=e: [e([QUERY]) for _ in range(QUERIES)]) for e in (quick.embed, theirs)]  # type: ignore[misc]
        print(f"{len(texts.ours)} chunks ours, {len(texts.stock)} stock")
        print(f"embedding: {seconds[0] / seconds[1]:.2f} of stock's {seconds[1]:.1f} s of processor time")
        print(
            f"a short query: {1000 * short[0] / QUERIES:.1f} ms, stock {1000 * short[1] / QUERIES:.1f} ms of processor time"
        )
        if len(sys.argv) > 2:
            _quality(texts, Path(sys.argv[2]), root, (quick, plain))


def read(root: Path) -> Texts:
    """Every text file under a folder."""
    files = sorted(path for path in root.rglob("*") if path.suffix in READ and path.is_file())
    whole = {path.relative_to(root).as_posix(): path.read_text("utf-8", "ignore") for path in files}
    ours, sources = [], []
    for name, text in whole.items():
        document = document_from_text(PurePosixPath(name).stem, text)
        for chunk in cut(document, count_tokens=token_counter(), embedder=""):
            ours.append(embedded_text(document.title, chunk.headings, chunk.text))
            sources.append(name)
    return Texts(ours, sources, stock.split(list(whole.values())))


def _quality(texts: Texts, questions: Path, root: Path, embedders: Sequence[Embedder]) -> None:
    asked = [json.loads(line) for line in questions.read_text("utf-8").splitlines()]
    asked = [one for one in asked if one.get("lang", "en") == "en"]
    gold = [{_folder(root, name) for name in one["relevant"]} for one in asked]
    gains = [
        ndcg(texts, e.embed(texts.ours), e.embed([one["question"] for one in asked]), gold, root) for e in embedders
    ]
    made = [100 * float(np.mean(values)) for values in gains]
    print(f"nDCG@{DEPTH} of meaning alone, {len(asked)} questions: quick {made[0]:.2f}, plain {made[1]:.2f}")


def ndcg(texts: Texts, chunks: FloatArray, queries: FloatArray, gold: Sequence[set[str]], root: Path) -> list[float]:
    """Of each question (Järvelin and Kekäläinen 2002, as trec_eval's ndcg_cut): a folder counts by its best chunk."""
    folders = np.array([_folder(root, name) for name in texts.sources])
    names = np.unique(folders)
    best = np.stack([(queries @ chunks[folders == name].T).max(axis=1) for name in names], axis=1)
    ranked = names[np.argsort(-best, axis=1)[:, :DEPTH]]
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    return [
        sum(d for d, name in zip(discounts, row, strict=False) if name in right) / discounts[: len(right)].sum()
        for row, right in zip(ranked, gold, strict=True)
    ]


def _folder(root: Path, name: str) -> str:
    """A lesson is a folder: of a file its own, of a folder itself."""
    return name.strip("/") if (root / name).is_dir() else PurePosixPath(name).parent.as_posix()


if __name__ == "__main__":
    main()
