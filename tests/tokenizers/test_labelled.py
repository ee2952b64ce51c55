"""Labels: tokens after all others, that no text is encoded as or decoded from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import tokenizers
from rnngen.errors import TokenizerError
from rnngen.tokenizers.base import decode, digest, piece_bytes, piece_characters
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.labelled import LabelledTokenizer, label_ids, with_labels

from .corpora import PROSE, MemoryCorpus

LABELLED = LabelledTokenizer(ByteTokenizer(), ["", "glad", "sad"])


@given(st.text(max_size=20))
def test_a_text_has_the_tokens_it_has_without_labels(text: str) -> None:
    assert LABELLED.encode(text).tolist() == ByteTokenizer().encode(text).tolist()
    assert decode(LABELLED, [258, *LABELLED.encode(text), 256, 259]) == text


def test_labels_come_last_and_count_as_no_text() -> None:
    assert LABELLED.vocab_size == len(LABELLED.pieces) == len(LABELLED.seen) == 260
    assert label_ids(LABELLED) == {"": 257, "glad": 258, "sad": 259}
    assert LABELLED.label_id("sad") == 259
    assert piece_bytes(LABELLED)[255:].tolist() == [1, 1, 0, 0, 0]
    assert piece_characters(LABELLED)[256:].tolist() == [1, 0, 0, 0]
    assert label_ids(ByteTokenizer()) == {}


@pytest.mark.parametrize("kind", ["char", "byte", "subword"])
def test_every_kind_is_stored_with_its_labels(kind: str) -> None:
    text = tokenizers.train(
        kind, MemoryCorpus([PROSE]), vocab_size=300 if kind == "subword" else None
    )
    labelled = with_labels(text, ["b", "a"])
    again = tokenizers.load(labelled.settings(), labelled.tensors())
    assert again.labels == ("b", "a")
    assert digest(again) == digest(labelled) != digest(text)
    assert again.encode(PROSE).tolist() == text.encode(PROSE).tolist()
    assert "labels" not in text.settings()


def test_new_labels_follow_those_there_are() -> None:
    more = with_labels(LABELLED, ["sad", "calm"])
    assert more.labels == ("", "glad", "sad", "calm")
    assert with_labels(LABELLED, ["sad"]) is LABELLED
    larger = LABELLED.extend(MemoryCorpus(["x"]), 1)
    assert larger.labels == LABELLED.labels


def test_labels_that_cannot_be_are_refused() -> None:
    with pytest.raises(TokenizerError, match="all different"):
        LabelledTokenizer(ByteTokenizer(), ["a", "a"])
    many = [f"n{i}" for i in range(1001)]
    with pytest.raises(TokenizerError, match="1,000 different labels, such as n0, n1, n2"):
        LabelledTokenizer(ByteTokenizer(), many)
    assert len(LabelledTokenizer(ByteTokenizer(), many[:1000]).labels) == 1000
    with pytest.raises(TokenizerError, match=r"no label 'gald'; .*Did you mean glad\?"):
        LABELLED.label_id("gald")
