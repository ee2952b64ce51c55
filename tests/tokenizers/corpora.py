"""Texts in memory to build a tokenizer or a store from, and strings that are hard to encode."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What sentencepiece writes for a space, drops sentences for, reads as a boundary or as an error;
# its own symbols spelled out; what normalising would change; one character of each UTF-8 length.
HARD = [
    *"\u2581\u2585\ufffd\t\0\n\r \u00a0\u3000\ufeff\u200d",
    *["</s>", "<s>", "<unk>", "<0x41>", "<0x0A>", "  ", " \n", "\n "],
    *["\ufb01", "\uff21", "e\u0301", "\u1112\u1161\u11ab", "\u212b"],
    *"aZ0~\x7f\x80\u00e9\u07ff\u0800\u65e5\uffff\U00010000\U0001f642\U0010ffff",
    *["the", " the", "water", "\u53e4\u6c60"],
]
hard_texts = st.lists(st.sampled_from(HARD), max_size=40).map("".join)
texts = hard_texts | st.text(max_size=60)

PROSE = (
    "The old pond: a frog jumps in, the sound of water.\nÀ la fin, the water — the pond!\n\n" * 9
)
JAPANESE = "古池や\n蛙飛びこむ\n水の音。" * 9


@dataclass
class MemoryCorpus:
    """What `rnngen.corpus.Corpus` offers, of strings: documents, or one text if mode is "none"."""

    texts: Sequence[str]
    documents: str = "line"
    cut: int = 1 << 20  # longest piece, in characters

    def pieces(self) -> Iterator[tuple[str, bool]]:
        for text in self.texts:
            for start in range(0, len(text), self.cut) or [0]:
                is_last = start + self.cut >= len(text)
                yield text[start : start + self.cut], is_last and self.documents != "none"

    def digest(self) -> str:
        return hashlib.sha256(repr((self.texts, self.documents)).encode()).hexdigest()
