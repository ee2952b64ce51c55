"""Whole numbers in words, in the ways they are read aloud.

Each function gives readings, the likeliest first: a reading is words parted by blanks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Readings = tuple[str, ...]
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", " thousand", " million", " billion", " trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST = 10**15 - 1
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def cardinal(number: int) -> Readings:
    """A number, no larger than `LARGEST`: with "and" or without, "a hundred" as "one hundred".

    >>> cardinal(105)
    ('one hundred five', 'one hundred and five', 'a hundred five', 'a hundred and five')
    """
    number = min(number, LARGEST)
    if number < 100:
        return (_below_hundred(number),)
    plain, joined = (_in_groups(number, joint) for joint in (" ", " and "))
    ways = [plain, joined]
    if plain.startswith(("one hundred", "one thousand", "one million", "one billion")):
        ways += ["a" + plain.removeprefix("one"), "a" + joined.removeprefix("one")]
    return distinct(ways)


def ordinal(number: int) -> Readings:
    """twelfth, twenty first, one hundred and fifth."""
    return tuple(_as_ordinal(words) for words in cardinal(number))


def year(number: int) -> Readings:
    """A number of four digits as a year: nineteen oh five, two thousand and five."""
    high, low = divmod(number, 100)
    if not 10 <= high <= 99:
        return cardinal(number)
    first = _below_hundred(high)
    if low == 0:
        ways = [first + " hundred"] if high % 10 else []
    elif low < 10:
        ways = [f"{first} oh {_SMALL[low]}"]
    else:
        ways = [f"{first} {_below_hundred(low)}"]
    if high % 10 and low:
        ways += [
            f"{first} hundred {_below_hundred(low)}",
            f"{first} hundred and {_below_hundred(low)}",
        ]
    return distinct([*ways, *cardinal(number)])


def digits(figures: str) -> Readings:
    """One figure after another; a zero is zero or oh."""
    ways = [" ".join(_SMALL[int(figure)] for figure in figures)]
    if "0" in figures:
        ways.append(ways[0].replace("zero", "oh"))
    return tuple(ways)


def whole(figures: str) -> Readings:
    """All ways to read a run of figures: as a number, a year, in pairs, one by one.

    >>> whole("12"), whole("07")
    (('twelve',), ('seven', 'zero seven', 'oh seven'))
    """
    number = int(figures)
    size = len(figures)
    ways: list[str] = []
    if number <= LARGEST:
        ways += year(number) if size == 4 and figures[0] != "0" else cardinal(number)
    if figures == "0":
        ways += ["oh", "nought", "none"]
    if size == 3 and figures[0] != "0":  # a house, a road, a flight: one twenty, nine eleven
        low = number % 100
        tail = f"oh {_SMALL[low]}" if low < 10 else _below_hundred(low)
        ways.append(f"{_SMALL[number // 100]} {tail}")
    if size > 2 or (size == 2 and figures[0] == "0"):
        spelled = digits(figures)
        ways += spelled
        for word in ("zero", "oh"):
            ways += [way.replace(f"{word} {word}", f"double {word}") for way in spelled]
    return distinct(ways)


def plural(words: str) -> str:
    """twenty -> twenties, six -> sixes, five -> fives."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def roman(letters: str) -> int:
    """The value of a well formed roman numeral in capitals, else 0."""
    values = [_ROMAN.get(letter, 0) for letter in letters]
    if not letters or 0 in values:
        return 0
    total = sum(
        -value if value < after else value
        for value, after in zip(values, [*values[1:], 0], strict=True)
    )
    return total if 0 < total < 4000 and as_roman(total) == letters else 0


def as_roman(number: int) -> str:
    """A number from 1 to 3999 as a roman numeral."""
    signs = (
        *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L")),
        *((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
    )
    written = ""
    for value, sign in signs:
        count, number = divmod(number, value)
        written += sign * count
    return written


def distinct(ways: Iterable[str]) -> Readings:
    """The readings without repetition, in order."""
    return tuple(dict.fromkeys(ways))


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")


def _below_thousand(number: int, joint: str) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    return f"{_SMALL[hundreds]} hundred" + (joint + _below_hundred(rest) if rest else "")


def _in_groups(number: int, joint: str) -> str:
    groups = list(_groups(number))
    parts = [_below_thousand(group, joint) + name for group, name in groups]
    last = groups[-1]
    if len(parts) > 1 and last[1] == "" and last[0] < 100:
        return " ".join(parts[:-1]) + joint + parts[-1]
    return " ".join(parts)


def _groups(number: int) -> Iterator[tuple[int, str]]:
    for place in range(len(_GROUPS) - 1, -1, -1):
        group = number // 1000**place % 1000
        if group:
            yield group, _GROUPS[place]


def _as_ordinal(words: str) -> str:
    *before, last = words.split()
    last = last[:-1] + "ieth" if last.endswith("y") else _ORDINALS.get(last, last + "th")
    return " ".join([*before, last])
