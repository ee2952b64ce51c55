"""How abbreviations, initials and single letters are said: Mr., etc., TV, U.S.A., GPS.

The list is data/abbreviations.txt. A reading is words parted by blanks, or the number of syllables
of a sound such as hmm.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rnngen.forms.language import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

Readings = tuple[str, ...]
_BY_LETTER = "*"
_LONGEST_INITIALS = 5
# Words that are initials too where they are written large, beside those of two letters but these.
_ALSO_INITIALS = frozenset(("who", "rip", "led", "ram", "sat", "act", "era", "aka"))
_STRESSED = frozenset(
    """
    ah an as at ax be by do go ha he hi ho if in is me my no of oh on or ow ox so to up we ye yo
    """.split()  # noqa: SIM905
)


def of_word(word: str, *, stopped: bool) -> Readings:
    """How an abbreviation is said; empty if it is none. stopped: a full stop follows.

    >>> of_word("Dr", stopped=True), of_word("Sun", stopped=False), of_word("sun", stopped=True)
    (('doctor', 'drive'), (), ())
    """
    table, small = _table(), word.lower()
    if stopped and word + "." in table:
        return table[word + "."]
    if small in table or not small.endswith("s"):
        return table.get(small, ())
    one = table.get(small[:-1].rstrip("'"), ())  # TVs, PDF's
    return tuple(f"{way}'s" for way in one if way == " ".join(way.replace(" ", "")))


def initials(word: str) -> str:
    """A word in capitals said letter by letter, with a plural or possessive s.

    >>> initials("CDs"), initials("WWW")
    ("c d's", 'w w w')
    """
    name = word.rstrip("s").rstrip("'") if word.endswith(("s", "s'")) else word.strip("'")
    ending = "'s" if len(name) < len(word.strip("'")) else ""
    return " ".join(name.lower()) + ending


def is_initials(word: str, *, known: bool) -> bool:
    """Whether a word in capitals may be said letter by letter. known: it is a word as well."""
    small = word.lower()
    if known:
        return small in _ALSO_INITIALS or (len(small) == 2 and small not in _STRESSED)
    return len(word) <= _LONGEST_INITIALS or not has_vowel(small)


def has_vowel(word: str) -> bool:
    return any(letter in "aeiouy" for letter in word)


def letters(name: str) -> int:
    """Syllables of the names of these letters: one each, but three of w.

    >>> letters("gps"), letters("www")
    (3, 9)
    """
    return sum(3 if letter == "w" else 1 for letter in name if letter.isalpha())


@cache
def phrases() -> Mapping[str, Readings]:
    """Abbreviations that hold a sign (w/o, &c, e.g.), each as it is written, the longest first."""
    found = {key: ways for key, ways in _table().items() if not key.rstrip(".").isalpha()}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


@cache
def _table() -> dict[str, Readings]:
    table: dict[str, Readings] = {}
    for line in (DATA / "abbreviations.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, said = line.partition(" = ")
            spelled = " ".join(letter for letter in key if letter.isalpha())
            ways = (spelled if way == _BY_LETTER else way for way in said.split("; "))
            table[key] = tuple(ways)
    return table
