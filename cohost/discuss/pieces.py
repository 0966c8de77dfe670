"""A draft in pieces: what may be worded anew, apart from what it quotes, names, lists and links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cohost.discuss.payload import PromptPayload

_GAP = re.compile(r"\n[ \t]*\n")
_FIXED_LINE = re.compile(r"^\s*(?:>|[-+*] |\d+[.)] |#|\||```|\*\*[^*]+\*\*\s*$|\*\*[A-Z]:\*\*)", re.MULTILINE)
# Within prose: quotations, code, links, names and terms that stand out, addresses.
FIXED = re.compile(r"“[^”]*”|`[^`]*`|\[[^\]]*\]\(<?[^)>]*>?\)|\*\*[^*]+\*\*|\*[^*\n]+\*|https?://\S+")
# Quotations, terms that stand out, numbers and names: what a language model's words can get wrong.
TOLD = re.compile(r"“[^”]*”|\*\*[^*]+\*\*|\d+|(?<=[a-z,;:] )[A-Z][\w'’-]*")
FIRST_MASK = 0xE000  # of the private use area: no text that was cleaned holds these


@dataclass(frozen=True)
class Pieces:
    """`blocks` of the text as they stand, and which of them are prose."""

    title: str
    blocks: tuple[str, ...]
    prose: tuple[int, ...]
    low_effort: str

    @property
    def text(self) -> str:
        """As Markdown."""
        return "\n\n".join(self.blocks)

    @property
    def parts(self) -> tuple[str, ...]:
        """What may be worded anew: title, prose, the easy way to take part where there is one."""
        return (self.title, *(self.blocks[n] for n in self.prose), *filter(None, (self.low_effort,)))

    @property
    def words(self) -> int:
        """Of all of it."""
        return len(" ".join((self.title, self.text, self.low_effort)).split())

    def with_parts(self, parts: Sequence[str]) -> Pieces:
        """The same with other words in its parts; an empty one is left out."""
        title, *rest = parts
        low = rest.pop() if self.low_effort else ""
        changed = dict(zip(self.prose, rest, strict=True))
        kept = [(n, changed.get(n, block)) for n, block in enumerate(self.blocks) if changed.get(n, block)]
        prose = tuple(at for at, (n, _) in enumerate(kept) if n in changed)
        return replace(self, title=title, blocks=tuple(block for _, block in kept), prose=prose, low_effort=low)

    def onto(self, draft: PromptPayload) -> PromptPayload:
        """The draft in these words."""
        return draft.model_copy(update={"title": self.title, "text": self.text, "low_effort": self.low_effort})


def pieces(draft: PromptPayload) -> Pieces:
    """Block quotes, the line below that says where they stand, lists, headings and the sides of a debate are fixed."""
    blocks = tuple(block.strip("\n") for block in _GAP.split(draft.text) if block.strip())
    prose = [n for n, block in enumerate(blocks) if not _FIXED_LINE.search(block) and not _is_source(blocks, n)]
    return Pieces(draft.title, blocks, tuple(prose), draft.low_effort)


def fixed(text: str) -> list[str]:
    """All that may not change in a piece of prose, in order of the alphabet."""
    return sorted(FIXED.findall(text))


def masked(text: str) -> tuple[str, list[str]]:
    """A piece with a sign in place of each thing that may not change, and those things."""
    found = FIXED.findall(text)
    signs = iter(range(FIRST_MASK, FIRST_MASK + len(found)))
    return FIXED.sub(lambda _: chr(next(signs)), text), found


def unmasked(text: str, found: Sequence[str]) -> str:
    """The piece again."""
    return "".join(found[ord(sign) - FIRST_MASK] if is_mask(sign) else sign for sign in text)


def is_mask(sign: str) -> bool:
    """Whether a sign stands for something that may not change."""
    return FIRST_MASK <= ord(sign) < FIRST_MASK + 0x1000


def _is_source(blocks: Sequence[str], n: int) -> bool:
    """The line below a block quote that says whose words these are."""
    return n > 0 and blocks[n - 1].startswith(">") and blocks[n].rstrip()[-1] not in ".!?:"
