"""tokenizer.json in the package `tokenizers` against rnngen's own tokenizers."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.export.tokenizer_json import tokenizer_json
from rnngen.tokenizers import train
from tests.tokenizers.corpora import JAPANESE, PROSE, MemoryCorpus, hard_texts
from tests.tokenizers.test_every_kind import CHARACTERS, CORPORA, MAKERS, tokenizer_of

tokenizers = pytest.importorskip("tokenizers", reason='needs tokenizers: pip install "rnngen[dev]"')

every_name = pytest.mark.parametrize("name", MAKERS)
every_corpus = pytest.mark.parametrize("corpus", CORPORA)
prose = st.lists(st.sampled_from(re.findall(r"\s*\S+", PROSE + JAPANESE)), max_size=30).map("".join)
repeated = st.lists(st.text("ab .!-\n", max_size=1).map(lambda c: c * 7), max_size=9).map("".join)
literal = st.lists(st.sampled_from(["</s>", "<unk>", "<0x41>", "<0x0A>", "<", "a"])).map("".join)
texts = hard_texts | prose | repeated | literal | st.text(max_size=60)


@cache
def exported(name: str, corpus: str) -> Any:
    return tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json(tokenizer_of(name, corpus))))


@every_name
@every_corpus
@settings(max_examples=150)
@given(text=texts)
def test_a_text_has_the_same_ids_and_comes_back(name: str, corpus: str, text: str):
    ids = tokenizer_of(name, corpus).encode(text).tolist()
    assert exported(name, corpus).encode(text).ids == ids
    assert exported(name, corpus).decode(ids) == text


@every_name
def test_every_kind_of_character_has_the_same_ids(name: str):
    text = "".join(map(chr, CHARACTERS))
    assert exported(name, "prose").encode(text).ids == tokenizer_of(name).encode(text).tolist()


@every_name
def test_words_longer_than_the_longest_are_cut_alike(name: str):
    text = "the" * 50 + " " * 200 + "é" * 130
    assert exported(name, "prose").encode(text).ids == tokenizer_of(name).encode(text).tolist()


@every_name
def test_the_end_of_a_document_is_no_text(name: str):
    end = tokenizer_of(name).end_id
    assert exported(name, "prose").decode([end]) == ""
    assert end not in exported(name, "prose").encode("</s>").ids


def test_pieces_that_overlap_give_the_same_text_whatever_their_ids():
    """Runs of one letter can be merged in several ways; only then may ids differ."""
    text = "a" * 40 + "aab aaab aaaab " * 40 + PROSE
    tokenizer = train("subword", MemoryCorpus([text]), vocab_size=330)
    other = tokenizers.Tokenizer.from_str(json.dumps(tokenizer_json(tokenizer)))
    for size in range(1, 80):
        assert other.decode(other.encode("a" * size).ids) == "a" * size
    ids = tokenizer.encode(PROSE).tolist()
    assert other.encode(PROSE).ids == ids
