"""The token store against encoding each document by itself, and against all that can go wrong."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.dataset import encode as encode_module
from rnngen.dataset import store as store_module
from rnngen.dataset.store import build_store, open_store
from rnngen.tokenizers import train
from rnngen.tokenizers.base import decode, digest
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.tokenizers.char import CharTokenizer
from tests.tokenizers.corpora import JAPANESE, PROSE, MemoryCorpus, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnngen.dataset.store import TokenStore
    from rnngen.tokenizers.base import Tokenizer

TOKENIZERS: dict[str, Tokenizer] = {
    "char": train("char", MemoryCorpus([PROSE, JAPANESE])),
    "byte": ByteTokenizer(),
    "subword": train("subword", MemoryCorpus([PROSE, JAPANESE]), vocab_size=360),
}
documents = st.lists(texts, min_size=1, max_size=12)
every_tokenizer = pytest.mark.parametrize("kind", TOKENIZERS)


@contextmanager
def built(
    corpus: MemoryCorpus, tokenizer: Tokenizer, block: int = 1 << 20, shard: int = 1 << 28
) -> Iterator[TokenStore]:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode_module, "BLOCK", block)
        patch.setattr(store_module, "CHUNK", shard)
        yield build_store(corpus, tokenizer, Path(folder, "store"), workers=1)


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


@every_tokenizer
@settings(max_examples=25)
@given(texts=documents, block=st.sampled_from([1, 30, 10_000]), shard=st.sampled_from([5, 999]))
def test_a_store_holds_each_document_and_its_end(
    kind: str, texts: list[str], block: int, shard: int
) -> None:
    tokenizer = TOKENIZERS[kind]
    expected = [[*tokenizer.encode(text).tolist(), tokenizer.end_id] for text in texts]
    with built(MemoryCorpus(texts), tokenizer, block, shard) as store:
        ids = store.read(0, store.num_tokens)
        assert ids.dtype == np.int64
        assert ids.tolist() == [i for document in expected for i in document]
        assert store.offsets.tolist() == np.cumsum([0, *map(len, expected)]).tolist()
        assert store.num_bytes == sum(len(text.encode()) + 1 for text in texts)
        assert store.counts.tolist() == np.bincount(ids, minlength=store.vocab_size).tolist()


@every_tokenizer
@settings(max_examples=25)
@given(text=texts.filter(bool), cut=st.integers(1, 50), block=st.sampled_from([1, 30, 10_000]))
def test_continuous_text_is_one_document_without_an_end(
    kind: str, text: str, cut: int, block: int
) -> None:
    tokenizer = TOKENIZERS[kind]
    with built(MemoryCorpus([text], "none", cut), tokenizer, block) as store:
        assert decode(tokenizer, store.read(0, store.num_tokens).tolist()) == text
        assert store.offsets.tolist() == [0, store.num_tokens]
        assert len(store.hashes) == 1
        assert store.counts[tokenizer.end_id] == 0
        assert store.num_bytes == len(text.encode())


@given(data=st.data())
def test_any_stretch_can_be_read_across_files(data: st.DataObject) -> None:
    store = SHARDED
    start = data.draw(st.integers(0, store.num_tokens))
    stop = data.draw(st.integers(start, store.num_tokens))
    assert bytes(store.read(start, stop).tolist()) == PROSE.encode()[start:stop]


with built(MemoryCorpus([PROSE], "none"), ByteTokenizer(), shard=100) as SHARDED:
    NUM_SHARDS = len(list(SHARDED.path.glob("tokens-*")))


def test_a_file_holds_no_more_tokens_than_it_may() -> None:
    assert -(-len(PROSE.encode()) // 100) == NUM_SHARDS


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (3, 2), (0, 10_000)])
def test_tokens_that_are_not_there_cannot_be_read(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match=f"tokens {start} to {stop}"):
        SHARDED.read(start, stop)


@settings(max_examples=25)
@given(texts=documents, cut=st.integers(1, 9))
def test_documents_have_equal_hashes_if_and_only_if_they_are_equal(
    texts: list[str], cut: int
) -> None:
    texts = [*texts, texts[0], *texts[-2:]]
    with built(MemoryCorpus(texts, cut=cut), TOKENIZERS["byte"], block=5) as store:
        hashes = store.hashes.tolist()
    with built(MemoryCorpus(texts), TOKENIZERS["subword"]) as other:
        assert other.hashes.tolist() == hashes
    groups = [[other for other in range(len(texts)) if texts[other] == text] for text in texts]
    assert groups == [[i for i, h in enumerate(hashes) if h == hash_] for hash_ in hashes]


def test_a_store_says_what_it_was_made_from(tmp_path: Path) -> None:
    corpus, tokenizer = MemoryCorpus(["a", "b"]), TOKENIZERS["char"]
    build_store(corpus, tokenizer, tmp_path / "store")
    store = open_store(tmp_path / "store")
    assert store.path == tmp_path / "store"
    assert store.tokenizer_digest == digest(tokenizer)
    assert (store.corpus_digest, store.documents) == (corpus.digest(), "line")
    assert store.vocab_size == tokenizer.vocab_size


def test_a_large_vocabulary_takes_four_bytes_a_token() -> None:
    characters = np.arange(0x10000, 0x21000, dtype=np.uint32)
    tokenizer = CharTokenizer(characters, np.ones(257 + len(characters), np.bool_))
    with built(MemoryCorpus(["a\U00010000\U00020fff"]), tokenizer) as store:
        last = tokenizer.vocab_size - 1
        assert store.read(0, 4).tolist() == [97, 257, last, 256]
        assert (store.path / "tokens-00000.bin").stat().st_size == 16


def test_progress_is_told_in_characters() -> None:
    reported: list[int] = []
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode_module, "BLOCK", 2)
        corpus = MemoryCorpus(["日本", "é", "abc"])
        build_store(corpus, TOKENIZERS["byte"], Path(folder, "x"), progress=reported.append)
    assert reported == [2, 6]
