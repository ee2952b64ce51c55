"""What counts as a letter, and which letters are the same, wherever forms read text."""

from __future__ import annotations

from functools import cache

END = ""  # stands for the end of a text where an automaton reads characters
CURLY = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})


@cache
def fold(char: str) -> str:
    """The letter as words are stored: small, and a curly apostrophe straight."""
    return char.lower().translate(CURLY)


@cache
def is_letter(char: str) -> bool:
    """Whether the character is part of a word: letters of any script, and apostrophes."""
    return char.isalpha() or fold(char) == "'"
