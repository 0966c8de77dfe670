"""The default model with eight-bit integers on onnxruntime: the same texts in a third of the processor time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import structlog

from cohost.ports import Embedder, FloatArray, TokenVectors
from knowledge import minilm
from knowledge.derived_file import read_or_make
from knowledge.embed import DEFAULT, SentenceEmbedder, model_folder, token_vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

NAME = f"{DEFAULT}@int8"  # other vectors than the original's, so another name, of the same space
FILE = f"{DEFAULT}-int8-4.onnx"  # the number changes with what `minilm.build` writes
MAX_TOKENS = 256  # what the model was trained to read
LEVELS = (127, 63)  # the second where the processor's sums of bytes overflow
MEAN_COSINE, LEAST_COSINE = 0.99, 0.98  # with the original, measured .998 and .996; what overflows lies far below
OWN_THREAD = 4  # so few texts are done by whoever asks, beside all others
SAMPLE = (
    "How do I install it on Windows?",
    "Why does the loss stop falling after the first epoch, and what should I try next?",
    "Spring tides come twice a month, at new moon and at full moon, when sun and moon pull in one line.",
    "A decision tree asks one question at each node; a forest lets many trees vote, so that no single one overfits.",
    "for row in table:\n    print(row['name'], row['price'])",
    "Please introduce yourself, tell us where you live and what you would like to learn this year.",
    "Il mare sale due volte al giorno.",
    "ValueError: could not convert string to float: 'n/a'",
)

T = TypeVar("T")
log = structlog.get_logger()


class Unsuitable(Exception):
    """The quick path cannot be had here; the plain one serves instead."""


class QuickEmbedder:
    """The Embedder port; made at first use under `folder`, and the plain path where that fails."""

    dimensions = minilm.HIDDEN

    def __init__(self, folder: Path, *, plain: Callable[[], Embedder] = SentenceEmbedder) -> None:
        self.name = NAME  # of the vectors that are made: another one after falling back
        self._folder = folder
        self._make_plain = plain
        self._plain: Embedder | None = None
        self._lock = threading.Lock()
        self._session: InferenceSession | None = None

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, 384)` float32, unit length; a text's vector does not depend on the others."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        session = self._loaded()
        if session is None:
            return cast(Embedder, self._plain).embed(texts)
        read = self._tokenizer.encode_batch(list(texts))
        return np.concatenate(self._each(lambda r: run(session, r.ids), read))

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Each text's word pieces within the model's limit; the special tokens around them are left out."""
        session = self._loaded()
        if session is None:
            return cast(Embedder, self._plain).embed_tokens(texts)
        read = self._tokenizer.encode_batch(list(texts))
        return self._each(lambda r: word_by_word(session, r), read)

    def _each(self, work: Callable[[Any], T], items: Sequence[Any]) -> list[T]:
        """In order. A question never waits for a course that is being read: few texts are not queued behind many."""
        if len(items) <= OWN_THREAD:
            return [work(item) for item in items]
        return list(self._threads.map(work, items))

    def _loaded(self) -> InferenceSession | None:
        if self._session is None and self._plain is None:
            with self._lock:
                if self._session is None and self._plain is None:
                    self._load()
        return self._session

    def _load(self) -> None:
        try:
            self._session = open_session(read_or_make(self._folder / FILE, lambda: make(self._tokenizer)))
        except (Unsuitable, OSError, ImportError, ValueError, KeyError) as error:
            log.warning("embedder.plain", reason=str(error), name=DEFAULT)
            self._plain = self._make_plain()
            self.name = self._plain.name

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="embed")

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(f"{model_folder(DEFAULT)}/tokenizer.json")
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer


def make(tokenizer: Tokenizer) -> bytes:
    """The model in integers, after a comparison with itself in floats; raises Unsuitable where both differ too much."""
    weights = minilm.load_weights(Path(model_folder(DEFAULT)))
    read = [encoding.ids for encoding in tokenizer.encode_batch(list(SAMPLE))]
    original = _vectors(minilm.build(weights, levels=None), read)
    for levels in LEVELS:
        model = minilm.build(weights, levels=levels)
        cosines = np.sum(_vectors(model, read) * original, axis=1)
        log.info("embedder.made", levels=levels, mean_cosine=round(float(cosines.mean()), 4))
        if cosines.mean() >= MEAN_COSINE and cosines.min() >= LEAST_COSINE:
            return model
    raise Unsuitable(f"in integers the model differs too much from the original here (cosine {cosines.min():.3f})")


def open_session(model: bytes) -> InferenceSession:
    """A session whose runs take one thread each; raises Unsuitable."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as faults

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # texts run side by side instead: nothing to wait for between operators
    options.enable_mem_pattern = False  # it plans for one length of text, and no two are alike
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (faults.Fail, faults.InvalidGraph, faults.InvalidProtobuf, faults.NotImplemented, RuntimeError) as error:
        raise Unsuitable(f"onnxruntime does not take the model: {error}") from error


def run(session: InferenceSession, ids: Sequence[int]) -> FloatArray:
    """`(1, 384)` of one text."""
    (vector,) = session.run(["embedding"], {"input_ids": np.array([ids], dtype=np.int64)})
    return cast(FloatArray, vector)


def word_by_word(session: InferenceSession, read: Any) -> TokenVectors:
    """Of one text as the tokenizer read it."""
    last, middle = session.run(["tokens", "halfway"], {"input_ids": np.array([read.ids], dtype=np.int64)})
    return token_vectors(tuple(read.tokens[1:-1]), last[0, 1:-1], middle[0, 1:-1])


def _vectors(model: bytes, read: Sequence[Sequence[int]]) -> FloatArray:
    session = open_session(model)
    return np.concatenate([run(session, ids) for ids in read])
