"""Where a text may be cut without breaking what a reader sees as one character.

The rules of Unicode's UAX 29 that matter in practice: combining marks, variation selectors, skin
tones, emoji joined by U+200D, flags (pairs of regional indicators), conjoining jamo, and CR LF.
"""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"


def joins(text: str, at: int) -> bool:
    """Whether `text[at]` belongs to the same grapheme as `text[at - 1]`; 0 < at < len(text)."""
    left, right = text[at - 1], text[at]
    if right < "\u0300":
        return left == "\r" and right == "\n"
    if _is_regional(right):
        return _regionals_before(text, at) % 2 == 1
    return _extends(right) or (left == JOINER and unicodedata.category(right) == "So")


def last_start(text: str) -> int:
    """Where the last grapheme of `text` begins; 0 for an empty text."""
    at = max(0, len(text) - 1)
    while at > 0 and joins(text, at):
        at -= 1
    return at


def cut_before(text: str, limit: int) -> int:
    """The last place at or before `limit` < len(text) where `text` can be cut."""
    while limit > 0 and joins(text, limit):
        limit -= 1
    return limit


def trim_unfinished(text: str) -> int:
    """The length of `text` without a last joiner, or half a flag, that waits for what follows."""
    end = len(text)
    while end > 0 and text[end - 1] == JOINER:
        end -= 1
    return end - _regionals_before(text, end) % 2


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_regional(text[start - 1]):
        start -= 1
    return at - start


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in (JOINER, "\u200c")
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags, as in the flag of Scotland
        or "\u1160" <= char <= "\u11ff"  # jamo vowels and finals
    )
