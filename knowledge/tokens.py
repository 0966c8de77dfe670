"""The embedded default's word pieces: how long a text is for the embedder, and which words are common."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from knowledge.embed import DEFAULT, model_folder

CountTokens = Callable[[str], int]


@cache
def token_counter() -> CountTokens:
    """Counts tokens; needs no torch.

    Other embedders are counted with the same pieces: close enough to keep chunks small.
    """
    tokenizer = _tokenizer()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


@cache
def vocabulary() -> dict[str, int]:
    """Word piece → its number, by falling frequency in English."""
    pieces: dict[str, int] = _tokenizer().get_vocab()
    return pieces


@cache
def _tokenizer() -> Any:
    from tokenizers import Tokenizer  # a native library, 30 ms: only where text is cut or weighed

    tokenizer = Tokenizer.from_file(f"{model_folder(DEFAULT)}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
