from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from rnngen.corpus import digests, files, open_corpus

OLD = 1_600_000_000


@pytest.fixture(autouse=True)
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose digests were made, in order; every file counts as large."""
    made: list[str] = []

    def sha256(source: files.Source) -> bytes:
        made.append(Path(source.path).name)
        return files.sha256(source)

    monkeypatch.setattr(digests, "LARGE", 0)
    monkeypatch.setattr(digests, "sha256", sha256)
    return made


def old_file(folder: Path, text: str, seconds: int = OLD) -> str:
    (folder / "x.txt").write_text(text)
    os.utime(folder / "x.txt", (seconds, seconds))
    return str(folder / "x.txt")


def digest(path: str, known: Path | None) -> str:
    return open_corpus([path], documents="line", digests=known).digest()


def test_the_digest_of_an_unchanged_file_is_made_once(tmp_path: Path, reads: list[str]) -> None:
    path, known = old_file(tmp_path, "text"), tmp_path / "new" / "sums.json"
    first = digest(path, known)
    assert digest(path, known) == digest(path, None) == first
    assert reads == ["x.txt", "x.txt"]  # the first, and the one without memory
    [stored] = json.loads(known.read_text()).values()
    assert stored == hashlib.sha256(b"text").hexdigest()


def test_a_corpus_reads_its_files_once_for_the_digest(tmp_path: Path, reads: list[str]) -> None:
    corpus = open_corpus([old_file(tmp_path, "text")])
    assert corpus.digest() == corpus.digest()
    assert reads == ["x.txt"]


@pytest.mark.parametrize(("text", "seconds"), [("longer", OLD), ("next", OLD + 1)])
def test_a_file_that_was_written_is_read_again(tmp_path: Path, text: str, seconds: int) -> None:
    known = tmp_path / "sums.json"
    before = digest(old_file(tmp_path, "text"), known)
    after = old_file(tmp_path, text, seconds)
    assert digest(after, known) == digest(after, None) != before


def test_a_file_written_just_now_is_not_remembered(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "x.txt").write_text("text")
    for _ in range(2):
        digest(str(tmp_path / "x.txt"), tmp_path / "sums.json")
    assert len(reads) == 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"a": 3}', "null", '{"%s": "zz"}'])
def test_a_damaged_memory_is_no_error(tmp_path: Path, damage: str) -> None:
    path, known = old_file(tmp_path, "text"), tmp_path / "sums.json"
    known.write_text(damage.replace("%s", f"{path} 4 {OLD}000000000"))
    assert digest(path, known) == digest(path, None)
