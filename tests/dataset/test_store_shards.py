"""Shards made by many machines, joined, are the store one machine makes."""

from __future__ import annotations

import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.corpus import CorpusShard, open_corpus
from rnngen.dataset import batches
from rnngen.dataset import encode as encode_module
from rnngen.dataset import mapped as mapped_module
from rnngen.dataset import store as store_module
from rnngen.dataset.checks import BlockChecks
from rnngen.dataset.mapped import TokenFile
from rnngen.dataset.store import build_store, open_shards
from rnngen.errors import CorpusError
from tests.corpus.texts import blocks_of
from tests.dataset.test_store import TOKENIZERS

lines = st.sampled_from(["The old pond", "\u6c60", "", "  a frog", "e\u0301", "x" * 70, "a\r"])
texts = st.lists(lines, max_size=60).map("\n".join)


@settings(max_examples=60)
@given(
    files=st.lists(texts, min_size=1, max_size=3),
    mode=st.sampled_from(["none", "line", "paragraph", "section", "file"]),
    kind=st.sampled_from(sorted(TOKENIZERS)),
    count=st.integers(1, 5),
    size=st.sampled_from([16, 50, 1 << 19]),
    data=st.data(),
)
def test_shards_in_any_order_are_the_store_made_at_once(
    files: list[str], mode: str, kind: str, count: int, size: int, data: st.DataObject
) -> None:
    tokenizer = TOKENIZERS[kind]
    with (
        TemporaryDirectory() as place,
        blocks_of(size, limit=2 * size + 2),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(encode_module, "BLOCK", data.draw(st.sampled_from([1, 30, 1 << 20])))
        patch.setattr(store_module, "CHUNK", data.draw(st.sampled_from([7, 1 << 28])))
        home = Path(place)
        for index, text in enumerate(files):
            (home / f"{index}.txt").write_bytes(b"w\n" * (not index) + text.encode())
        names = [str(home / f"{index}.txt") for index in range(len(files))]
        corpus = open_corpus(names, documents=mode)
        whole = build_store(corpus, tokenizer, home / "whole", workers=1)
        for index in data.draw(st.permutations(range(1, count + 1))):
            part, path = CorpusShard(corpus, index, count), home / str(index)
            build_store(part, tokenizer, path, workers=1, may_be_empty=True)
        joined = open_shards(home, [home / str(index) for index in range(1, count + 1)])
        assert_same(joined, whole)
        start = data.draw(st.integers(0, whole.num_tokens))
        stop = data.draw(st.integers(start, whole.num_tokens))
        assert joined.read(start, stop).tolist() == whole.read(start, stop).tolist()
        assert joined.offsets[1:-1].tolist() == whole.offsets[1:-1].tolist()


def assert_same(one: store_module.TokenStore, other: store_module.TokenStore) -> None:
    """Equal in all that training reads: tokens, documents, sides, order, counts."""
    facts = ("vocab_size", "num_tokens", "num_bytes", "documents", "corpus_digest")
    for name in (*facts, "tokenizer_digest"):
        assert getattr(one, name) == getattr(other, name), name
    everything = one.read(0, one.num_tokens).tolist()
    assert everything == other.read(0, other.num_tokens).tolist()
    assert one.offsets.tolist() == other.offsets.tolist()
    assert one.hashes.tolist() == other.hashes.tolist()
    assert one.counts.tolist() == other.counts.tolist()
    try:
        sides = batches.split(one, 0.3)
    except CorpusError:
        return
    for side, expected in zip(sides, batches.split(other, 0.3), strict=True):
        for spans, wanted in (
            (side.in_order(), expected.in_order()),
            (side.shuffled(3, 1), expected.shuffled(3, 1)),
        ):
            assert spans.read(0, len(spans)).tolist() == wanted.read(0, len(wanted)).tolist()


def test_shards_of_different_texts_are_never_joined(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(name * 9 + "\n")
        corpus = open_corpus([str(tmp_path / f"{name}.txt")], documents="line")
        build_store(corpus, TOKENIZERS["byte"], tmp_path / name)
    with pytest.raises(CorpusError, match="different texts"):
        open_shards(tmp_path, [tmp_path / "a", tmp_path / "b"])


def test_a_file_of_tokens_reads_the_same_after_it_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_module, "KEPT", 1 << 17)
    ids = np.arange(1 << 18, dtype="<u2")
    (tmp_path / "x.bin").write_bytes(ids.tobytes())
    checks = BlockChecks()
    checks.update(ids)
    file = TokenFile(tmp_path / "x.bin", np.dtype("<u2"), len(ids), checks.finish())
    for start in range(0, len(ids), 1000):
        assert (file.read(start, start + 1000) == ids[start : start + 1000]).all()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_what_was_read_of_a_file_does_not_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_module, "KEPT", 1 << 20)
    size = 1 << 25
    (tmp_path / "x.bin").write_bytes(bytes(size))

    def resident() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        [line] = [line for line in lines if line.startswith("RssFile")]
        return int(line.split()[1]) << 10

    checks = np.full(size >> 16, zlib.crc32(bytes(1 << 16)), np.uint32)
    file = TokenFile(tmp_path / "x.bin", np.dtype("<u2"), size // 2, checks)
    before = resident()
    for start in range(0, size // 2, 1000):
        assert not file.read(start, start + 1000).any()
    assert resident() - before < size // 4
