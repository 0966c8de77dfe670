"""The quick embedder: near the original, made once, mended when damaged, and never in a caller's way."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cohost.ports import Embedder
from cohost.testing import HashEmbedder
from knowledge.embed import SentenceEmbedder
from knowledge.quick import FILE, NAME, QuickEmbedder

TEXTS = (
    "How do I install Python on Windows?", "Setting up Python under Windows takes an installer and a restart.",
    "When is high water in the harbour?", "Spring tides come at new moon and at full moon; the water rises highest.",
    "What does the loss function measure?", "A loss says how far the predictions are from what was observed.",
    "How do I feed a sourdough starter?", "Mix equal weights of flour and water into the starter once a day.",
    "Can I change my password?", "Open the settings of your account and choose a new password.",
    "Why is my model overfitting?", "A model that learns its examples by heart does badly on others: use more data.",
    "def add(a, b):\n    return a + b", "KeyError: 'price' means that the dictionary has no such key.",
    "Où trouver les supports du cours ?", "Les supports du cours se trouvent dans le premier module.",
    "Who can see what I write here?", "Only the members of this space and its hosts read it.",
    "word " * 400, "ok",
)  # fmt: skip


def never() -> Embedder:
    raise AssertionError("the quick path was left")


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.sum(a * b, axis=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def quick(home: Path) -> QuickEmbedder:
    made = QuickEmbedder(home, plain=never)
    made.embed(["loaded"])
    return made


@pytest.mark.model
def test_vectors_lie_beside_the_originals_with_the_same_neighbours(quick: QuickEmbedder) -> None:
    ours, original = quick.embed(TEXTS), SentenceEmbedder().embed(TEXTS)

    assert cosines(ours, original).mean() > 0.99
    assert cosines(ours, original).min() > 0.98
    assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    questions, answers = slice(0, 18, 2), slice(1, 18, 2)
    assert np.array_equal(
        (ours[questions] @ ours[answers].T).argmax(axis=1), (original[questions] @ original[answers].T).argmax(axis=1)
    )


@pytest.mark.model
def test_a_text_has_the_same_vector_alone_and_among_others(quick: QuickEmbedder) -> None:
    together = quick.embed(TEXTS)

    assert all(np.array_equal(quick.embed([text])[0], vector) for text, vector in zip(TEXTS, together, strict=True))
    assert quick.embed([]).shape == (0, quick.dimensions)


@pytest.mark.model
def test_callers_at_once_each_get_their_own_vectors_in_order(quick: QuickEmbedder) -> None:
    wanted = quick.embed(TEXTS)
    asked = [[(n + k) % len(TEXTS) for k in range(1 + n % 7)] for n in range(24)]

    with ThreadPoolExecutor(8) as callers:
        got = list(callers.map(lambda numbers: quick.embed([TEXTS[n] for n in numbers]), asked))

    assert all(np.array_equal(vectors, wanted[numbers]) for vectors, numbers in zip(got, asked, strict=True))


@pytest.mark.model
@pytest.mark.parametrize(
    "damage", [lambda held: held[: len(held) // 2], lambda held: held[:-9] + b"\0" * 9, lambda held: b""]
)
def test_a_damaged_file_is_made_again(quick: QuickEmbedder, home: Path, damage: object) -> None:
    whole = (home / FILE).read_bytes()
    (home / FILE).write_bytes(damage(whole))  # type: ignore[operator]

    again = QuickEmbedder(home, plain=never)

    assert np.array_equal(again.embed(TEXTS[:2]), quick.embed(TEXTS[:2]))
    assert (home / FILE).read_bytes() == whole


@pytest.mark.model
def test_two_processes_at_once_make_one_file(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom knowledge.quick import QuickEmbedder\n"
        "made = QuickEmbedder(Path(sys.argv[1]), plain=lambda: None)\nmade.embed(['hello'])\n"
        "print('name', made.name, 'torch' in sys.modules)\n"
    )
    start = [sys.executable, "-c", program, str(tmp_path)]
    both = [subprocess.Popen(start, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603  our own words
    said = [process.communicate(timeout=240)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert all(f"name {NAME} False" in text for text in said)
    assert sum(text.count("embedder.made") for text in said) == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [FILE]


def test_the_plain_path_serves_where_the_quick_one_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    embedder = QuickEmbedder(tmp_path / "models", plain=HashEmbedder)

    assert np.array_equal(embedder.embed(["hello"]), HashEmbedder().embed(["hello"]))
    assert embedder.name == HashEmbedder().name
