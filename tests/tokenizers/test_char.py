"""The characters' vocabulary against a count in plain Python."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.errors import TokenizerError
from rnngen.tokenizers import char as char_module
from rnngen.tokenizers import load
from rnngen.tokenizers.char import CODE_POINTS, CharTokenizer, add_counts

from .corpora import MemoryCorpus, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray


def encoded_plainly(text: str, characters: list[str]) -> list[int]:
    ids: list[int] = []
    for character in text:
        if character in characters:
            ids.append(257 + characters.index(character))
        else:
            ids.extend(character.encode())
    return ids


def frequent(text: str, min_count: int) -> list[str]:
    return sorted(c for c, n in Counter(text).items() if n >= min_count and ord(c) > 127)


@settings(max_examples=50)
@given(corpus=texts, text=texts, min_count=st.integers(0, 3), size=st.sampled_from([1, 5, 1 << 15]))
def test_characters_are_counted_and_encoded_as_by_hand(
    corpus: str, text: str, min_count: int, size: int
) -> None:
    characters = frequent(corpus, min_count)
    tokenizer = CharTokenizer.train(MemoryCorpus([corpus], cut=3), min_count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(char_module, "SLICE", size)
        assert tokenizer.encode(text).tolist() == encoded_plainly(text, characters)
        assert tokenizer.encode(corpus).tolist() == encoded_plainly(corpus, characters)
    assert tokenizer.code_points.tolist() == [ord(c) for c in characters]
    assert tokenizer.vocab_size == 257 + len(characters)


ABC = CharTokenizer.train(MemoryCorpus(["abc ééé日"]), 3)


@given(text=texts)
def test_unseen_are_characters_without_a_token_or_never_met(text: str) -> None:
    assert ABC.unseen(text) == [c for c in dict.fromkeys(text) if c not in "abc é"]


@settings(max_examples=30)
@given(parts=st.lists(texts, max_size=4))
def test_counts_are_those_of_a_counter(parts: list[str]) -> None:
    COUNTS[:] = 0
    for text in parts:
        add_counts(COUNTS, text)
    expected = Counter("".join(parts))
    assert COUNTS.sum() == expected.total()
    assert all(COUNTS[ord(c)] == n for c, n in expected.items())


COUNTS = np.zeros(CODE_POINTS, np.int64)


def test_the_bytes_of_rare_characters_count_as_seen() -> None:
    tokenizer = CharTokenizer.train(MemoryCorpus(["aé"], "none"), 2)
    assert np.flatnonzero(tokenizer.seen).tolist() == [ord("a"), 0xA9, 0xC3]


@pytest.mark.parametrize(
    "code_points",
    [[65], [233, 233], [0xD800], [0x110000], [0xFFFFFFFF]],
)
def test_code_points_that_cannot_be_are_refused(code_points: list[int]) -> None:
    tensors: dict[str, NDArray[Any]] = {
        "code_points": np.array(code_points, np.uint32),
        "seen": np.ones(257 + len(code_points), np.uint8),
    }
    with pytest.raises(TokenizerError, match="code_points"):
        load({"kind": "char"}, tensors)
