from __future__ import annotations

import dataclasses
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnngen.config import ReadingConfig
from rnngen.corpus import CorpusExcerpt, CorpusShard, open_corpus, shards
from rnngen.errors import CorpusError

from .texts import HARD, blocks_of, whole, write

if TYPE_CHECKING:
    from pathlib import Path

    from rnngen.corpus import Corpus, Piece

# Many line ends and blank lines, so that there is somewhere to cut; characters of many bytes.
WORDS = [
    *HARD,
    *["\n", "\n", "\n\n", "\n\n\n", "\r\n\r\n", "\n \n", "a", "b\n", "\u65e5", "\ufeff"],
]
file_texts = st.lists(st.sampled_from(WORDS), max_size=80).map("".join)
block_sizes = st.sampled_from([4, 7, 16, 40, 1000])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


def divided(corpus: Corpus, count: int) -> list[list[Piece]]:
    return [list(CorpusShard(corpus, index, count).pieces()) for index in range(1, count + 1)]


def within_lines(pieces: list[Piece]) -> list[str]:
    """The text, cut where a piece ends within a line: there alone do tokens depend on pieces."""
    stretches, cut = [""], False
    for text, ends in pieces:
        if cut and not text.startswith("\n"):
            stretches.append("")
        stretches[-1] += text + "\0" * ends
        cut = not (ends or text.endswith("\n"))
    return [stretch.strip("\n") for stretch in stretches if stretch.strip("\n")]


@settings(max_examples=150)
@given(
    texts=st.lists(file_texts, min_size=1, max_size=4),
    mode=st.sampled_from(["none", "line", "paragraph", "section", "file"]),
    count=st.integers(1, 6),
    size=block_sizes,
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-16"]),
)
@example(texts=["a\n\u0301\nb\nc\nd\n"], mode="none", count=3, size=40, encoding="utf-8")
@example(texts=["ab", "", "cd\n"], mode="none", count=3, size=40, encoding="utf-8")
@example(
    texts=["aaaaa\u3000\u3000\xa0\xa0aa\u3000\n\na"],
    mode="none",
    count=2,
    size=4,
    encoding="utf-8",
)
def test_the_parts_in_a_row_are_the_whole(
    folder: Path, texts: list[str], mode: str, count: int, size: int, encoding: str
) -> None:
    texts = ["x" + texts[0], *texts[1:]]
    names = [write(folder, t.encode(encoding), f"{i}.txt") for i, t in enumerate(texts)]
    with blocks_of(size, limit=2 * size + 2):
        corpus = open_corpus(names, documents=mode, encoding=encoding)
        pieces = list(corpus.pieces())
        split = divided(corpus, count)
    joined = [piece for part in split for piece in part]
    if mode == "none":
        assert "".join(p.text for p in joined) == "".join(p.text for p in pieces)
    else:
        assert [d for part in split for d in whole(part)] == whole(pieces)
        assert all(not part or part[-1].ends for part in split)
    assert within_lines(joined) == within_lines(pieces)


@pytest.mark.parametrize(
    ("mode", "separator"),
    [("none", "\n"), ("line", "\n"), ("paragraph", "\n\n"), ("section", "\n\n\n")],
)
def test_one_large_file_is_divided_evenly(tmp_path: Path, mode: str, separator: str) -> None:
    poem = f"an old pond{separator}a frog jumps in{separator}the sound of water{separator}"
    corpus = open_corpus([write(tmp_path, poem.encode() * 1000)], documents=mode)
    with blocks_of(1 << 10, 1 << 12):
        sizes = [sum(len(piece.text) for piece in part) for part in divided(corpus, 5)]
    assert max(sizes) - min(sizes) < 0.1 * max(sizes)


def test_rows_of_json_lines_are_divided_and_errors_name_the_line_of_the_file(
    tmp_path: Path,
) -> None:
    rows = [json.dumps({"text": f"row {n}"}) for n in range(300)]
    path = write(tmp_path, "\n".join(rows).encode(), "x.jsonl")
    with blocks_of(256):
        split = divided(open_corpus([path], column="text"), 3)
        assert [p.text for part in split for p in part] == [f"row {n}" for n in range(300)]
        assert all(50 < len(part) < 150 for part in split)
        rows[290] = "{"
        corpus = open_corpus([write(tmp_path, "\n".join(rows).encode(), "y.jsonl")], column="text")
        with pytest.raises(CorpusError, match=r"y\.jsonl, line 291: not JSON"):
            list(CorpusShard(corpus, 3, 3).pieces())


def test_an_undecodable_byte_is_named_by_its_line_in_the_file(tmp_path: Path) -> None:
    data = b"fine\n" * 1000 + b"\xff\n" + b"fine\n" * 10
    with blocks_of(64):
        corpus = open_corpus([write(tmp_path, data)], documents="line")
        with pytest.raises(CorpusError, match=r"line 1001: byte 0xff"):
            list(CorpusShard(corpus, 4, 4).pieces())


@pytest.mark.parametrize("name", ["x.txt.gz", "x.csv"])
def test_a_file_that_cannot_be_entered_goes_to_one_part_whole(tmp_path: Path, name: str) -> None:
    data = b"text\n" + b"word\n" * 200
    path = write(tmp_path, gzip.compress(data) if name.endswith(".gz") else data, name)
    column = {"column": "text"} if name.endswith(".csv") else {"documents": "line"}
    corpus = open_corpus([path], **column)
    split = divided(corpus, 3)
    assert [len(part) > 0 for part in split] == [True, False, False]
    assert split[0] == list(corpus.pieces())


def test_a_part_is_entered_only_where_a_line_ends_after_it_in_the_block(tmp_path: Path) -> None:
    [source] = open_corpus([write(tmp_path, b"ab\ncd\nef\n" + b"g" * 20 + b"\n")]).sources
    with blocks_of(10):
        starts = [shards.next_start(source, n, "none", ReadingConfig()) for n in range(10)]
    assert starts == [3, 3, 3, 6, 6, 6, *[None] * 4]


def test_files_whose_size_nobody_tells_are_in_one_part(tmp_path: Path) -> None:
    paths = [write(tmp_path, b"one\ntwo\n", "a.txt"), write(tmp_path, b"three\n", "b.txt")]
    corpus = open_corpus(paths, documents="line")
    for sizes in ((0, 0), (0, 6), (8, 0)):
        sources = zip(corpus.sources, sizes, strict=True)
        unsized = tuple(dataclasses.replace(source, size=size) for source, size in sources)
        split = divided(dataclasses.replace(corpus, sources=unsized), 3)
        assert [piece for part in split for piece in part] == list(corpus.pieces())


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokenizers learn from 10 stretches of 100 bytes."""
    monkeypatch.setattr(shards, "MOST_LEARNED", 1000)
    monkeypatch.setattr(shards, "STRETCHES", 10)


@pytest.mark.usefixtures("small_samples")
def test_of_a_large_text_stretches_all_over_it_are_learned_from(tmp_path: Path) -> None:
    lines = [f"line {number:05}\n" for number in range(1000)]
    corpus = open_corpus([write(tmp_path, "".join(lines).encode())], documents="line")
    with blocks_of(200):
        numbers = [int(text[5:]) for text, _ in CorpusExcerpt(corpus).pieces()]
    assert numbers == sorted(set(numbers))
    assert 60 < len(numbers) < 120  # 1,000 bytes are 91 lines
    assert {number // 100 for number in numbers} == set(range(10))


@pytest.mark.usefixtures("small_samples")
def test_of_a_small_text_or_one_that_cannot_be_entered_all_is_learned_from(tmp_path: Path) -> None:
    small = open_corpus([write(tmp_path, b"one\ntwo\n" * 100)], documents="line")
    packed = open_corpus(
        [write(tmp_path, gzip.compress(bytes(range(97, 123)) * 9 + b"\n") * 90, "x.gz")],
        documents="line",
    )
    assert packed.size() > 1000
    for corpus in (small, packed):
        assert list(CorpusExcerpt(corpus).pieces()) == list(corpus.pieces())
