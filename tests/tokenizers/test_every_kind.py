"""Laws of every tokenizer."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.errors import TokenizerError
from rnngen.tokenizers import load, train
from rnngen.tokenizers.base import Decoder, Tokenizer, decode, digest

from .corpora import HARD, JAPANESE, PROSE, MemoryCorpus, texts

MAKERS: dict[str, dict[str, Any]] = {
    "char": {"kind": "char"},
    "byte": {"kind": "byte"},
    "bpe": {"kind": "subword", "vocab_size": 340},
    "unigram": {"kind": "subword", "vocab_size": 340, "model_type": "unigram"},
}
CORPORA = {
    "prose": MemoryCorpus([PROSE, PROSE[:100]]),
    "japanese": MemoryCorpus([JAPANESE]),
    "hard": MemoryCorpus(["".join(HARD) * 5], "none"),
}


@cache
def tokenizer_of(name: str, corpus: str = "prose") -> Tokenizer:
    return train(texts=CORPORA[corpus], **MAKERS[name])


CHARACTERS = [*range(0x3400), *range(0x3400, 0xD800, 61), *range(0xE000, 0x110000, 61), 0x10FFFF]
every_name = pytest.mark.parametrize("name", MAKERS)
every_corpus = pytest.mark.parametrize("corpus", CORPORA)


@every_name
@every_corpus
@settings(max_examples=30)
@given(text=texts)
def test_any_text_comes_back_whole(name: str, corpus: str, text: str) -> None:
    tokenizer = tokenizer_of(name, corpus)
    assert decode(tokenizer, tokenizer.encode(text).tolist()) == text


@every_name
def test_every_kind_of_character_comes_back(name: str) -> None:
    tokenizer = tokenizer_of(name)
    text = "".join(map(chr, CHARACTERS))
    assert decode(tokenizer, tokenizer.encode(text).tolist()) == text


@every_name
@settings(max_examples=30)
@given(text=texts)
def test_a_stream_of_tokens_gives_the_same_text(name: str, text: str) -> None:
    tokenizer = tokenizer_of(name)
    decoder = Decoder(tokenizer)
    parts = [decoder.feed(i) for i in tokenizer.encode(text).tolist()]
    assert "".join(parts) + decoder.finish() == text


@every_name
@settings(max_examples=30)
@given(text=texts)
def test_ids_are_int64_in_the_vocabulary_and_never_the_end(name: str, text: str) -> None:
    tokenizer = tokenizer_of(name)
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int64
    assert ids.shape == (len(ids),)
    assert set(ids.tolist()) <= set(range(tokenizer.vocab_size)) - {tokenizer.end_id}
    assert tokenizer.pieces[tokenizer.end_id] == b""
    assert len(tokenizer.pieces) == tokenizer.vocab_size


@every_name
@every_corpus
@settings(max_examples=30)
@given(before=texts, after=texts)
def test_nul_is_one_token_that_parts_the_text(
    name: str, corpus: str, before: str, after: str
) -> None:
    encode = tokenizer_of(name, corpus).encode
    parts = [encode(before), encode("\0"), encode(after)]
    assert len(parts[1]) == 1
    np.testing.assert_array_equal(encode(before + "\0" + after), np.concatenate(parts))


@every_name
@every_corpus
def test_seen_are_the_tokens_of_the_corpus(name: str, corpus: str) -> None:
    source = CORPORA[corpus]
    tokenizer = tokenizer_of(name, corpus)
    expected = {i for text in source.texts for i in tokenizer.encode(text).tolist()}
    if source.documents != "none":
        expected.add(tokenizer.end_id)
    assert set(np.flatnonzero(tokenizer.seen).tolist()) == expected
    assert tokenizer.seen.shape == (tokenizer.vocab_size,)


@every_name
def test_characters_the_corpus_never_had_are_named_in_order(name: str) -> None:
    tokenizer = tokenizer_of(name)
    # 0xc3, the first byte of "ü", is in "À" too, and 0xbc nowhere in the corpus.
    assert tokenizer.unseen("the Zoom of Züri 日 Z") == ["Z", "ü", "日"]
    assert tokenizer.unseen(PROSE) == []


@every_name
@every_corpus
@settings(max_examples=30)
@given(text=texts)
def test_a_saved_tokenizer_is_the_same_when_loaded(name: str, corpus: str, text: str) -> None:
    saved = tokenizer_of(name, corpus)
    loaded = again(name, corpus)
    assert digest(loaded) == digest(saved)
    np.testing.assert_array_equal(loaded.encode(text), saved.encode(text))
    np.testing.assert_array_equal(loaded.seen, saved.seen)
    assert loaded.unseen(text) == saved.unseen(text)
    assert (loaded.kind, loaded.end_id, list(loaded.pieces)) == (
        saved.kind,
        saved.end_id,
        list(saved.pieces),
    )


@cache
def again(name: str, corpus: str) -> Tokenizer:
    tokenizer = tokenizer_of(name, corpus)
    return load(json.loads(json.dumps(tokenizer.settings())), tokenizer.tensors())


@every_name
def test_the_same_text_gives_the_same_tokenizer(name: str) -> None:
    fresh = train(texts=MemoryCorpus([PROSE, PROSE[:100]]), **MAKERS[name])
    assert digest(fresh) == digest(tokenizer_of(name))


@every_name
def test_how_the_text_is_cut_into_pieces_does_not_matter(name: str) -> None:
    cut = train(texts=MemoryCorpus([PROSE, PROSE[:100]], cut=7), **MAKERS[name])
    assert digest(cut) == digest(tokenizer_of(name))


@every_name
@pytest.mark.parametrize("text", ["ab\ud800", "é\udcff", "\udfff"])
def test_half_a_surrogate_pair_is_an_error_that_names_it(name: str, text: str) -> None:
    with pytest.raises(TokenizerError, match=rf"character {len(text)} .* U\+D[8CF]"):
        tokenizer_of(name).encode(text)


@every_name
@settings(max_examples=30)
@given(data=st.data())
def test_tensors_that_are_missing_or_of_another_shape_are_refused(
    name: str, data: st.DataObject
) -> None:
    tokenizer = tokenizer_of(name)
    tensors = tokenizer.tensors()
    which = data.draw(st.sampled_from(sorted(tensors)))
    spoil = data.draw(st.sampled_from(SPOILERS))
    spoilt = spoil(tensors[which])
    broken = {key: value for key, value in tensors.items() if key != which}
    if spoilt is not None:
        broken[which] = spoilt
    with pytest.raises(TokenizerError) as caught:
        load(tokenizer.settings(), broken)
    assert "\n" not in str(caught.value)


SPOILERS = [
    lambda array: None,
    lambda array: array.astype(np.float64),
    lambda array: array[None],
    lambda array: array[: len(array) // 2],
    lambda array: np.append(array, array[:3]),
    lambda array: array[:0],
]


def test_an_unknown_kind_is_an_error_that_names_the_known() -> None:
    with pytest.raises(TokenizerError, match=r"'word'.*char, byte, subword"):
        train("word", CORPORA["prose"])
    with pytest.raises(TokenizerError, match=r"'word'.*char, byte, subword"):
        load({"kind": "word"}, {})


def test_an_unsupported_kind_of_settings_is_refused() -> None:
    with pytest.raises(TokenizerError):
        load({}, {})


@every_name
@every_corpus
@settings(max_examples=20)
@given(text=texts)
def test_extended_by_a_text_old_ids_stay_and_all_of_it_is_seen(
    name: str, corpus: str, text: str
) -> None:
    tokenizer = tokenizer_of(name, "prose")
    larger = tokenizer.extend(CORPORA[corpus], 1)
    assert larger.pieces[: tokenizer.vocab_size] == tokenizer.pieces
    assert (larger.seen[: tokenizer.vocab_size] >= tokenizer.seen).all()
    assert larger.seen[larger.encode("".join(text for text, _ in CORPORA[corpus].pieces()))].all()
    assert larger.seen[larger.end_id]
    assert decode(larger, larger.encode(text).tolist()) == text
    again = load(larger.settings(), larger.tensors())
    assert (again.encode(text) == larger.encode(text)).all()
