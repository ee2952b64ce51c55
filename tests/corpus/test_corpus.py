from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rnngen.config import DOCUMENTS
from rnngen.corpus import open_corpus, reopen
from rnngen.errors import ConfigError, CorpusError

from .texts import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    return [write(tmp_path, b"ab\n\ncd", "a.txt"), write(tmp_path, b"e\xe9", "b.txt")]


def test_a_description_goes_through_json_and_reopens_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, b"text\ncaf\xe9\n", "[a].csv")
    monkeypatch.chdir(tmp_path)
    corpus = open_corpus(["[a].csv"], encoding="latin-1", column="text")
    stored = json.loads(json.dumps(corpus.description()))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = reopen(stored)
    assert list(again.pieces()) == list(corpus.pieces())
    assert again.digest() == corpus.digest()
    assert again.description() == stored
    assert again.documents == corpus.documents


def test_reopening_names_a_file_that_is_gone(paths: list[str], tmp_path: Path) -> None:
    stored = open_corpus(paths, encoding="latin-1").description()
    (tmp_path / "b.txt").unlink()
    with pytest.raises(CorpusError) as caught:
        reopen(stored)
    assert str(caught.value).startswith(f"{paths[1]}: no such file or folder.")


@pytest.mark.parametrize("stored", [{}, {"files": 3}, {"files": ["a"], "documents": "line"}])
def test_a_damaged_description_is_an_error(stored: dict[str, Any]) -> None:
    with pytest.raises(CorpusError, match="description of the corpus is damaged"):
        reopen(stored)


def test_the_digest_tells_apart_whatever_is_read_differently(
    paths: list[str], tmp_path: Path
) -> None:
    def digest(*names: str, documents: str = "line", encoding: str = "latin-1") -> str:
        return open_corpus(names, documents=documents, encoding=encoding).digest()

    one, two = paths
    moved = [write(tmp_path, b"ab\n\ncde", "c.txt"), write(tmp_path, b"\xe9", "d.txt")]
    digests = [
        digest(one, two),
        digest(two, one),
        digest(one),
        digest(*moved),
        digest(one, two, documents="file"),
        digest(one, two, encoding="cp1252"),
    ]
    assert len(set(digests)) == len(digests)
    assert digest(one, two) == digests[0]
    assert all(len(each) == 64 for each in digests)


def test_the_digest_does_not_depend_on_where_the_files_are(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one, two = write(tmp_path, b"text"), write(tmp_path / "other", b"text", "y.txt")
    assert open_corpus([one]).digest() == open_corpus([two]).digest()


def test_the_size_is_that_of_the_files(paths: list[str]) -> None:
    assert open_corpus(paths, encoding="latin-1").size() == 8


def test_a_mode_that_there_is_not_is_an_error(paths: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        open_corpus(paths, documents="verse")
    assert str(caught.value) == f"`documents` must be one of {', '.join(DOCUMENTS)}, got verse."


def test_a_file_that_changed_for_the_worse_is_an_error_not_a_crash(paths: list[str]) -> None:
    corpus = open_corpus(paths[:1])
    with open(paths[0], "wb") as stream:  # noqa: PTH123
        stream.write(b"\n")
    with pytest.raises(CorpusError, match="no text"):
        list(corpus.pieces())
