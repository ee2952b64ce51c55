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
