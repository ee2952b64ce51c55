"""Pieces of text to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT = 1 << 20
"""Characters; a longer line comes in parts."""


def lines_of(pieces: Iterable[str]) -> Iterator[str]:
    """The lines of a text, without their ends; of more than `LIMIT` characters, in parts."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
        if len(rest) > LIMIT:
            yield rest
            rest = ""
    if rest:
        yield rest
