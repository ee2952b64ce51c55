"""What counts as a letter, and which letters are the same, wherever forms read text."""

from __future__ import annotations

import unicodedata
from functools import cache

END = ""  # stands for the end of a text where an automaton reads characters
APOSTROPHES = "\u2019\u2018\u02bc\u00b4\u0060\u2032\u201b\uff07\u02b9\ua78c"
CURLY = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
# Letters that no mark is taken off, as English spells them.
_SPELLED = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ß": "ss",
        "ł": "l",
        "đ": "d",
        "ð": "th",
        "þ": "th",
        "\u0131": "i",
    }
)
_SMALL_CAPITAL = "LATIN LETTER SMALL CAPITAL "
_SQUARED = ("NEGATIVE SQUARED LATIN CAPITAL LETTER ", "NEGATIVE CIRCLED LATIN CAPITAL LETTER ")


@cache
def fold(char: str) -> str:
    """The letter as words are stored: small, and a curly apostrophe straight."""
    return char.lower().translate(CURLY)


@cache
def is_letter(char: str) -> bool:
    """Whether the character is part of a word: letters of any script, and apostrophes."""
    return char.isalpha() or fold(char) == "'"


def plain(text: str) -> str:
    """The text as it is read: NFC, straight apostrophes, plain letters, nothing that is invisible.

    >>> plain("\\uff4fld po\\u00adnd, it\\u00b4s")
    "old pond, it's"
    """
    if text.isascii():
        return text.translate(CURLY)
    read = "".join(map(_plain, unicodedata.normalize("NFC", text)))
    return unicodedata.normalize("NFC", read)


@cache
def _plain(char: str) -> str:
    """A letter or a digit of another style as the usual one, "" for what cannot be seen."""
    if char in APOSTROPHES:
        return "'"
    category = unicodedata.category(char)
    if category == "Cf" or "\ufe00" <= char <= "\ufe0f" or char == "\u034f":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category[0] == "L" or category == "Nl":
        name = unicodedata.name(char, "")
        if name.startswith(_SMALL_CAPITAL) and len(name) == len(_SMALL_CAPITAL) + 1:
            return name[-1].lower()
        return unicodedata.normalize("NFKC", char)
    if category in ("So", "No"):
        return _framed(char)
    return char


def _framed(char: str) -> str:
    """A letter or a number in a circle or a square without it; any other sign as it is."""
    inside = unicodedata.normalize("NFKC", char)
    circled = unicodedata.decomposition(char).startswith("<circle>")
    letter = len(inside) == 1 and inside.isalpha()
    if inside.isascii() and inside.isalnum() and (circled or letter):
        return inside
    name = unicodedata.name(char, "")
    framed = name.startswith(_SQUARED) and len(name.rsplit(" ", 1)[1]) == 1
    return name[-1] if framed else char


def normal(word: str) -> str:
    """The word as the dictionary writes it: lower case, straight apostrophes, no accents."""
    word = word.lower().translate(CURLY)
    if word.isascii():
        return word
    marks = unicodedata.normalize("NFD", word.translate(_SPELLED))
    return "".join(c for c in marks if not unicodedata.combining(c))
