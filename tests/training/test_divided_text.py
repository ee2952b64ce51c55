"""What is said of a text before a run: why it has other bytes than its files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from rnngen.corpus import open_corpus
from rnngen.tokenizers.byte import ByteTokenizer
from rnngen.training.divided_text import divide

POEMS = "an old pond\n" * 40


@pytest.mark.parametrize(
    ("name", "content", "how", "reason"),
    [
        ("a.txt", POEMS.encode(), {"documents": "none"}, ""),
        ("a.txt", POEMS.encode(), {"documents": "line"}, ""),
        (
            "a.txt",
            POEMS.replace("\n", "\r\n").encode(),
            {"documents": "none"},
            "The files have 520 bytes. A line end is one byte,",
        ),
        (
            "a.txt",
            b"\xef\xbb\xbf" + POEMS.encode(),
            {"documents": "none"},
            "The files have 483 bytes. A line end is one byte,",
        ),
        (
            "a.txt",
            POEMS.replace("\n", "\n\n\n").encode(),
            {"documents": "paragraph"},
            "The files have 560 bytes. Blank lines around documents are left out,",
        ),
        ("a.txt.gz", gzip.compress(POEMS.encode(), mtime=0), {"documents": "line"}, "compressed."),
        (
            "a.csv",
            (
                "n,text\n" + "".join(f"{k},{line}" for k, line in enumerate([POEMS[:12]] * 40))
            ).encode(),
            {"column": "text"},
            "Only one column of a table is read.",
        ),
    ],
)
def test_bytes_that_do_not_count_are_explained(
    tmp_path: Path, name: str, content: bytes, how: dict[str, Any], reason: str
):
    (tmp_path / name).write_bytes(content)
    corpus = open_corpus([str(tmp_path / name)], **how)
    text = divide(corpus, None, ByteTokenizer(), home=tmp_path, fraction=0.2)
    facts = text.facts()
    assert reason in facts["bytes_reason"]
    assert bool(facts["bytes_reason"]) is (facts["bytes"] != len(content)) is bool(reason)


def said(tmp_path: Path, text: str, valid: str | None = None) -> list[str]:
    """What is said of how a text of lines is divided."""
    (tmp_path / "a.txt").write_text(text)
    corpora = [open_corpus([str(tmp_path / "a.txt")], documents="line"), None]
    if valid is not None:
        (tmp_path / "b.txt").write_text(valid)
        corpora[1] = open_corpus([str(tmp_path / "b.txt")], documents="line")
    return divide(*corpora, ByteTokenizer(), home=tmp_path / "home", fraction=None).remarks()


def test_a_text_of_copies_says_that_its_loss_means_little(tmp_path: Path):
    [line] = said(tmp_path, POEMS)
    assert line == (
        "all 40 documents are copies of one, so what is held out is trained on as well, and its"
        " loss says nothing of new text."
    )
    long = "an old pond " * 400
    [line] = said(tmp_path, f"{long}\nshort\n{long}\nand other\n")
    assert line == (
        "2 copies of one document are 100% of the text, so the last 481 tokens of each copy are"
        " held out, and no other document."
    )
    assert said(tmp_path, "".join(f"line {n}\n" for n in range(99))) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_held_out_documents_that_are_trained_on_are_counted(tmp_path: Path, count: int):
    lines = [f"line {n}\n" for n in range(50)]
    valid = ["new words\n", "more new words\n", *lines[:count]]
    found = said(tmp_path, "".join(lines), "".join(valid))
    are = ["", "1 of 3 held-out documents is in", "2 of 4 held-out documents are in"][count]
    assert [line.partition(" the training")[0] for line in found] == [are] * (count > 0)


def test_a_run_that_measures_on_its_own_text_is_told(tmp_path: Path):
    lines = "".join(f"line {n}\n" for n in range(50))
    [line] = said(tmp_path, lines, lines)
    assert line.startswith("the text of `valid` is the training text, so its loss says nothing")
