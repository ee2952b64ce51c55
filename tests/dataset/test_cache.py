"""What is kept of a text: found again if it is whole, made again if it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen import tensor_file
from rnngen.config import TextConfig
from rnngen.dataset import cache, kept


@pytest.fixture
def text(tmp_path: Path) -> TextConfig:
    (tmp_path / "text.txt").write_text("the old pond\na frog jumps in\n" * 30, encoding="utf-8")
    return TextConfig(paths=[str(tmp_path / "text.txt")], tokenizer="subword", vocab_size=300)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def tokenized(text: TextConfig, home: Path) -> tuple[list[int], list[str]]:
    """The tokens, and the lines that were said."""
    notes: list[str] = []
    _, _, store = cache.tokenize(text, home, note=notes.append)
    return store.read(0, store.num_tokens).tolist(), notes


def contents(home: Path) -> dict[str, bytes]:
    files = (path for path in kept.folder(home).rglob("*") if path.is_file())
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def one(home: Path, pattern: str) -> Path:
    [found] = kept.folder(home).glob(pattern)
    return found


def test_a_whole_store_is_found_again_without_a_word(text: TextConfig, home: Path):
    first, _ = tokenized(text, home)
    before = contents(home)
    assert tokenized(text, home) == (first, [])
    assert contents(home) == before


FILES = ["tokens-00000.bin", "offsets.bin", "hashes.bin", "counts.bin", "checks.bin", "store.json"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_store_is_made_again_with_one_line(
    text: TextConfig, home: Path, name: str, damage: str
):
    first, _ = tokenized(text, home)
    before = contents(home)
    file = one(home, "store-*") / name
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        flipped = content[:3] + bytes([content[3] ^ 4]) + content[4:]
        file.write_bytes(flipped if damage == "flipped" else content[: len(content) // 2])
    again, notes = tokenized(text, home)
    assert again == first
    assert contents(home) == before
    assert len(notes) == 1
    assert notes[0].startswith(str(file.parent))
    assert notes[0].endswith(". It is made again.")
    assert "Delete" not in notes[0]


def whole(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return tensor_file.load_tensors(path, "tokenizer")


def test_a_damaged_tokenizer_is_made_again_with_one_line(text: TextConfig, home: Path):
    first, _ = tokenized(text, home)
    before = contents(home)
    path = one(home, "tokenizer-*")
    tensors, facts = whole(path)
    content = path.read_bytes()
    for damaged in (b"", content[:-1], b"x" * 100, content[:-20] + b"x" + content[-19:]):
        path.write_bytes(damaged)
        again, notes = tokenized(text, home)
        assert again == first
        assert contents(home) == before
        assert len(notes) == 1
        assert notes[0].startswith(f"{path}: ")
        assert notes[0].endswith(". It is made again.")
    for values in ({}, {"kind": "other"}, {"kind": "char"}, {"kind": "subword", "labels": [[]]}):
        tensor_file.save_tensors(path, "tokenizer", tensors, values)
        assert tokenized(text, home)[0] == first
        assert whole(path)[1] == facts
    tensor_file.save_tensors(path, "tokenizer", {**tensors, "seen": np.zeros(3, np.uint8)}, facts)
    assert tokenized(text, home)[0] == first
    assert contents(home) == before


def test_a_larger_store_is_checked_as_it_is_read(
    text: TextConfig, home: Path, monkeypatch: pytest.MonkeyPatch
):
    first, _ = tokenized(text, home)
    monkeypatch.setattr(cache, "CHECKED_AT_ONCE", len(first) - 1)
    file = one(home, "store-*") / "tokens-00000.bin"
    file.write_bytes(bytes(len(file.read_bytes())))
    _, _, store = cache.tokenize(text, home)
    with pytest.raises(cache.CorpusError, match="was changed after byte 0"):
        store.read(0, 1)
