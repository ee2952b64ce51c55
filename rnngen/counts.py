"""Numbers of things in words."""

from __future__ import annotations


def count(number: int, one: str, several: str | None = None) -> str:
    """How many there are of a thing; its plural has an s unless `several` says otherwise.

    >>> count(1, "token"), count(2_000, "token"), count(2, "copy", "copies")
    ('1 token', '2,000 tokens', '2 copies')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
