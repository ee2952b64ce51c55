"""Labels in a token store: one token where each document begins, and all else as without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus.documents import LabelledPiece, Piece
from rnngen.dataset import encode as encode_module
from rnngen.dataset.encode import encode_block
from rnngen.dataset.store import build_store
from rnngen.tokenizers import train
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.labelled import LabelledTokenizer
from tests.tokenizers.corpora import JAPANESE, PROSE, MemoryCorpus

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS = LabelledTokenizer(ByteTokenizer(), ["x", "y"])
END, X, Y = 256, 257, 258


@dataclass
class LabelledCorpus:
    """Documents of two pieces each, labelled in turns."""

    texts: list[str]
    documents: str = "line"

    def pieces(self) -> Iterator[Piece]:
        for n, text in enumerate(self.texts):
            half = len(text) // 2
            yield LabelledPiece.of(Piece(text[:half], half == 0), "xy"[n % 2])
            if half:
                yield Piece(text[half:], True)

    def digest(self) -> str:
        return "made up"


def test_a_label_stands_where_a_document_begins() -> None:
    block = [
        Piece("d", True),  # a document that began in the block before
        LabelledPiece.of(Piece("a", False), "y"),
        Piece("b", True),
        LabelledPiece.of(Piece("c", False), "x"),
    ]
    expected = [100, END, Y, 97, 98, END, X, 99]
    assert encode_block(TOKENS, block).tolist() == expected
    with_nul = [*block, Piece("\0", False)]
    assert encode_block(TOKENS, with_nul).tolist() == [*expected, 0]


@given(st.lists(st.tuples(st.text("ab\0é", max_size=5), st.sampled_from("xy")), max_size=5))
def test_all_else_is_as_without_labels(documents: list[tuple[str, str]]) -> None:
    pieces = [LabelledPiece.of(Piece(text, True), label) for text, label in documents]
    ids = encode_block(TOKENS, pieces) if pieces else np.empty(0, np.int64)
    plain = encode_block(ByteTokenizer(), [Piece(*p) for p in pieces]) if pieces else ids
    assert ids[ids < X].tolist() == plain.tolist()
    assert ids[ids >= X].tolist() == [X if label == "x" else Y for _, label in documents]
    assert (ids[1:][ids[1:] >= X]).tolist() == ids[1:][ids[:-1] == END].tolist()


def test_a_store_has_the_hashes_and_bytes_it_has_without_labels(tmp_path: Path) -> None:
    texts = ["one", "two", "one"]
    with_labels = build_store(LabelledCorpus(texts), TOKENS, tmp_path / "a")
    without = build_store(MemoryCorpus(texts, "line"), ByteTokenizer(), tmp_path / "b")
    assert with_labels.hashes.tolist() == without.hashes.tolist()
    assert with_labels.num_bytes == without.num_bytes
    assert with_labels.num_tokens == without.num_tokens + 3
    assert with_labels.counts[X:].tolist() == [2, 1]
    assert [with_labels.read(int(i), int(i) + 1)[0] for i in with_labels.offsets[:3]] == [X, Y, X]


def test_many_processes_write_the_very_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encode_module, "BLOCK", 500)
    monkeypatch.setattr(encode_module, "ALONE", 1)
    subwords = train("subword", MemoryCorpus([PROSE, JAPANESE]), vocab_size=360)
    tokenizer = LabelledTokenizer(subwords, ["x", "y"])
    corpus = LabelledCorpus([PROSE, "a", JAPANESE, "b\0c"] * 4)
    paths = [build_store(corpus, tokenizer, tmp_path / str(n), workers=n).path for n in (1, 2)]
    one, two = ({f.name: f.read_bytes() for f in path.iterdir()} for path in paths)
    assert one == two
