"""How many tokens the embedder will read of a text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from knowledge.embed import DEFAULT, model_folder

CountTokens = Callable[[str], int]


@cache
def token_counter() -> CountTokens:
    """A counter over the embedded default's word pieces; needs no torch.

    Other embedders are counted with the same pieces: close enough to keep chunks small.
    """
    from tokenizers import Tokenizer  # a native library, 30 ms: only where text is cut

    tokenizer = Tokenizer.from_file(f"{model_folder(DEFAULT)}/tokenizer.json")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
