"""Texts that are hard to cut, and the plain way of reading them that everything is measured by."""

from __future__ import annotations

import io
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from hypothesis import strategies as st

from rnngen.corpus import documents, files, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from rnngen.corpus import Corpus, Piece

# Letters and marks that compose in one, two and three steps or in another order, Hangul jamo that
# do, singletons, a mark that must not compose, joined emoji, every line end, several blanks.
HARD = [
    *"ab<= \t\n\r\f\u3000\u00a0",
    "\r\n",
    *"e\u0301\u0323\u00e9\u0338s\u0307",
    *"\u1100\u1161\u11a8\uac00\uac01",
    *"\u212b\u0958\u0915\u093c\u09c7\u09be\u304b\u3099\u0344",
    *"\U0001f468\u200d\U0001f469\ufe0f\U0001d15f",
]
hard_texts = st.lists(st.sampled_from(HARD), max_size=60).map("".join)
sizes = st.integers(1, 9)


@contextmanager
def blocks_of(size: int, limit: int = documents.LIMIT) -> Iterator[None]:
    """Read `size` bytes at once, cut longer lines, make pieces of at most `limit` characters."""
    with (
        patch.object(files, "BLOCK", size),
        patch.object(text, "LONG_LINE", size),
        patch.object(documents, "LIMIT", limit),
    ):
        yield


def write(folder: Path, data: bytes, name: str = "x.txt") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def plainly(data: bytes, encoding: str = "utf-8") -> str:
    """The text as Python reads it, all at once."""
    found = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline=None).read()
    return unicodedata.normalize("NFC", found.removeprefix("\ufeff"))


def joined(corpus: Corpus) -> str:
    return "".join(piece.text for piece in corpus.pieces())


def whole(pieces: Iterable[Piece]) -> list[str]:
    """Documents put together from their pieces; the last must end."""
    found, ends = [""], True
    for part, ends in pieces:
        found[-1] += part
        if ends:
            found.append("")
    assert ends
    return found[:-1]
