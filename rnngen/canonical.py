"""Text in NFC, the form of Unicode in which every text is read, also while it grows.

Unicode writes `é` as one character or as `e` and a mark, and both are the same text. A mark that is
added to a text may so change the characters before it, but never those before the last base.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def nfc(text: str) -> str:
    """`text` in NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def append(text: str, more: str) -> str:
    """The NFC of `text`, which is in NFC, and `more`."""
    if not joins(more):
        return text + more
    last = unsettled(text)
    return text[: len(text) - len(last)] + nfc(last + more)


def unsettled(text: str) -> str:
    """The end of `text` that characters after it can change: its last base, and the marks on it."""
    begin = len(text) - 1
    while begin > 0 and attaches(text[begin]):
        begin -= 1
    return text[max(0, begin) :]


def joins(text: str) -> bool:
    """Whether NFC may change `text` or what stands before it."""
    if text.isascii():
        return False
    return attaches(text[0]) or not unicodedata.is_normalized("NFC", text)


@lru_cache(maxsize=1 << 12)
def attaches(char: str) -> bool:
    """Whether NFC may compose a character with one before it, or change their order."""
    # All such characters are marks or in this block of jamo.
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"
