from __future__ import annotations

import random
import textwrap
from typing import TYPE_CHECKING

import pytest

from rnngen.corpus import open_corpus
from rnngen.corpus.detect import detect_in_text

from .texts import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSE = "the old boat went slowly under stone bridges while rain fell on green roofs"
WORDS = VERSE.split()


def sentence(rng: random.Random, words: int) -> str:
    """Words with a comma after about one in ten, as in prose."""
    said = [rng.choice(WORDS) + "," * (rng.random() < 0.1) for _ in range(words)]
    return " ".join(said).rstrip(",").capitalize() + "."


def prose(seed: int = 0, paragraphs: int = 40) -> list[str]:
    """Paragraphs, some a remark, some half a page."""
    rng = random.Random(seed)
    return [
        " ".join(sentence(rng, rng.randint(5, 25)) for _ in range(rng.choice([1, 1, 3, 6, 9])))
        for _ in range(paragraphs)
    ]


def posts(seed: int = 0, count: int = 40) -> list[str]:
    rng = random.Random(seed)
    return [sentence(rng, rng.randint(6, 20)) for _ in range(count)]


def poem(seed: int, stanzas: int) -> str:
    rng = random.Random(seed)
    return "\n\n".join(
        "\n".join(" ".join(rng.choices(WORDS, k=6)) for _ in range(4)) for _ in range(stanzas)
    )


@pytest.mark.parametrize(
    ("name", "documents"),
    [("haiku.txt", "paragraph"), ("posts.txt", "line"), ("lyrics.txt", "section")],
)
def test_the_shipped_texts_are_read_as_what_they_are(
    corpora: Path, name: str, documents: str
) -> None:
    corpus = open_corpus([str(corpora / name)])
    assert corpus.documents == documents
    assert corpus.reason.endswith("so each is a document.")


@pytest.mark.parametrize(
    ("name", "documents"),
    [
        ("tinyshakespeare.txt", "none"),
        ("warpeace.txt", "none"),
        ("books.txt.gz", "none"),
        ("names.txt", "line"),
        ("haiku_ja.txt", "line"),
        ("tweets_emoji.txt", "line"),
        ("tang.txt", "paragraph"),  # each is a poem
        ("poetry.txt.gz", "none"),  # each is a stanza, and the poem goes on
    ],
)
def test_real_texts_are_read_as_what_they_are(
    data_file: Callable[[str], Path], name: str, documents: str
) -> None:
    assert open_corpus([str(data_file(name))]).documents == documents


PROSE = {
    "wrapped": "\n\n".join(textwrap.fill(p, 72) for p in prose()),
    "wrapped, without blank lines": "\n".join(textwrap.fill(p, 72) for p in prose()),
    "wrapped, paragraphs alike": "\n\n".join(
        textwrap.fill(" ".join(posts(n, 6))) for n in range(20)
    ),
    "wrapped narrowly": "\n\n".join(textwrap.fill(p, 45) for p in prose()),
    "a paragraph a line": "\n".join(prose()),
    "a paragraph a line, blank lines": "\n\n".join(prose()),
    "long paragraphs alike": "\n\n".join(" ".join(posts(n, 6)) for n in range(20)),
    "one line": " ".join(prose()),
    "chapters": "\n\n\n".join("\n\n".join(textwrap.fill(p) for p in prose(n)) for n in range(9)),
    "a few lines": "\n".join(posts(count=3)),
    "verse": "\n".join(line + "," * (n % 4 == 0) for n, line in enumerate(poem(1, 60).split("\n"))),
}
DOCUMENTS = {
    "posts": ("line", "\n".join(posts())),
    "posts with a stray blank line": ("line", "\n".join([*posts(1), "", *posts(2)])),
    "posts between blank lines": ("paragraph", "\n\n".join(posts())),
    "posts between two blank lines": ("section", "\n\n\n".join(posts())),
    "short poems": ("paragraph", "\n\n".join(poem(n, 1) for n in range(30))),
    "short poems, once far apart": ("paragraph", "\n\n".join([poem(1, 30), "\n", poem(2, 30)])),
    "songs": ("section", "\n\n\n".join(poem(n, 3 + n % 3) for n in range(20))),
    "words": ("line", "\n".join(WORDS)),
    "japanese posts": ("line", "\n".join("\u96e8" * n for n in range(20, 60))),
    "poems of one long line": (
        "line",
        "\n".join(["\u6625\u7720\u4e0d\u89ba" * 12 + "\u3002"] * 20),
    ),
}


@pytest.mark.parametrize("kind", PROSE)
def test_prose_is_one_stream(kind: str) -> None:
    mode, reason = detect_in_text(PROSE[kind])
    assert mode == "none"
    assert reason.endswith("so the text is one stream.")


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_texts_of_one_kind_are_documents(kind: str) -> None:
    mode, text = DOCUMENTS[kind]
    assert detect_in_text(text)[0] == mode


def open_files(folder: Path, texts: list[str]) -> tuple[str, str]:
    for number, text in enumerate(texts):
        write(folder, text.encode(), f"{number:03}.txt")
    corpus = open_corpus([str(folder)])
    return corpus.documents, corpus.reason


def test_in_a_folder_of_poems_each_file_is_a_document(tmp_path: Path) -> None:
    mode, reason = open_files(tmp_path, [poem(n, 3) for n in range(12)])
    assert mode == "file"
    assert reason.startswith("The 12 files of ")
    assert reason.endswith(" bytes on average are small, so each is a document.")


def test_in_a_folder_of_stories_each_file_is_a_document(tmp_path: Path) -> None:
    assert open_files(tmp_path, ["\n\n".join(prose(n)) for n in range(12)])[0] == "file"


def test_a_few_files_of_posts_are_still_posts(tmp_path: Path) -> None:
    assert open_files(tmp_path, ["\n".join(posts(n, 200)) for n in range(3)])[0] == "line"


def test_a_folder_of_novels_is_one_stream(tmp_path: Path) -> None:
    assert open_files(tmp_path, ["\n\n".join(prose(n, 400)) for n in range(9)])[0] == "none"


def test_a_mode_that_is_given_needs_no_reason(tmp_path: Path) -> None:
    corpus = open_corpus([write(tmp_path, b"a\nb")], documents="line")
    assert (corpus.documents, corpus.reason) == ("line", "")
