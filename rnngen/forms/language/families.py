"""A word and its forms agree: what a word is made of, and the syllables that making it adds.

Nothing here knows any word: each way to take a word apart is given with its parts, for a dictionary
to say whether they are words, and how many syllables they have.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Counts = tuple[int, ...]
_VOWELS = "aeiouy"
_SIBILANTS = ("s", "x", "z", "ch", "sh", "ce", "se", "ze", "ge", "che")
_SHORTEST_STEM = 2
_SHORTEST_PART = 4  # of a compound, but for the short words that compounds are made of
_SHORT_PARTS = frozenset(
    """
    air ant arm ash bag bat bed bee box boy bud bug bus cab cap car cat cow cup dad day dew
    dog dry ear egg elm eye far fig fly fog fox gas god gum hat hay hen hip hot ice ivy jam
    jar jet key lap law leg lid lip log low man map mat men mid mud net nut oak oil one out
    owl pan paw pea pen pie pig pin pit pot rag rat raw red rib rim rug sap saw sea sky sod
    son sun tea ten tin tip toe top toy tub two war wax way web wet yew zip
    """.split()  # noqa: SIM905
)
_BORROWED = ("ion", "ions", "ious", "ate", "ates", "ian", "ians", "ual", "ite", "ory")
_BEFORE = {  # prefixes that words take, and their syllables
    **dict.fromkeys(("un", "re", "dis", "mis", "non", "pre", "out", "up", "fore", "down"), 1),
    **dict.fromkeys(("over", "under", "after", "inter", "super", "anti"), 2),
}
# Endings that begin with a consonant and are put to a whole word.
_WHOLE = ("ness", "less", "ful", "ish", "ship", "hood", "ward", "wards", "like", "some", "dom")


class Making(NamedTuple):
    """One way a word is made: of `parts`, with one of `added` syllables beside theirs."""

    parts: tuple[str, ...]
    added: Counts


def makings(word: str) -> Iterator[Making]:
    """The ways `word` (a-z and ') may be an inflected or derived form of another word.

    >>> [*makings("fires")]
    [Making(parts=('fire',), added=(0,))]
    """
    yield from _after_apostrophe(word)
    if "'" in word[:-1]:
        return
    for ending, rule in _RULES:
        least = _SHORTEST_STEM + (ending in ("er", "ers", "est"))
        if word.endswith(ending) and len(word) - len(ending) >= least:
            yield from rule(word, word.removesuffix(ending))


def compounds(word: str) -> Iterator[Making]:
    """The ways `word` may be two words, or a word with a prefix."""
    for prefix, count in _BEFORE.items():
        if word.startswith(prefix) and len(word) - len(prefix) > _SHORTEST_PART:
            yield Making((word.removeprefix(prefix),), (count,))
    if word.endswith(_BORROWED):  # a Latin word, whatever its halves look like
        return
    for place in range(_SHORTEST_STEM + 1, len(word) - _SHORTEST_STEM):
        parts = word[:place], word[place:]
        if all(len(part) >= _SHORTEST_PART or part in _SHORT_PARTS for part in parts):
            yield Making(parts, (0,))


def heard(making: Making, look_up: Callable[[str], Counts]) -> Counts:
    """The counts of a word made so, ascending; empty if a part is no word."""
    parts = []
    for part in making.parts:
        parts.append(look_up(part))
        if not parts[-1]:
            return ()
    return tuple(sorted({sum(each) for each in itertools.product(*parts, making.added)}))


def hisses(stem: str) -> bool:
    """Whether the word ends in a sound after which an s is a syllable."""
    return stem.endswith(_SIBILANTS)


def _after_apostrophe(word: str) -> Iterator[Making]:
    for ending in ("'s", "'d", "'st", "'"):
        stem = word.removesuffix(ending)
        if stem != word:
            added = int(ending == "'s" and hisses(stem))
            yield Making((stem,), (added,))
            if ending == "'d":
                yield Making((stem + "e",), (0,))
    for ending in ("'ll", "'re", "'ve"):
        stem = word.removesuffix(ending)
        if stem != word:
            yield Making((stem,), (0, 1) if stem[-1:] in _VOWELS else (1,))
    if word.endswith("in'"):
        yield from _ing(word, word[:-3])


def _s(word: str, stem: str) -> Iterator[Making]:
    if not stem.endswith(("s", "'")):
        yield Making((stem,), (int(hisses(stem)),))
    if stem.endswith("e"):
        if hisses(stem[:-1]):
            yield Making((stem[:-1],), (1,))
        elif stem.endswith("oe"):
            yield Making((stem[:-1],), (0,))
    if stem.endswith("ie"):
        yield Making((stem[:-2] + "y",), (0,))


def _bases(stem: str) -> Iterator[str]:
    """What an ending that begins with a vowel may have been put to: run, make, try."""
    yield stem
    if not stem.endswith("e"):
        yield stem + "e"
    if stem.endswith("i"):
        yield stem[:-1] + "y"
    if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2] and stem[-1] not in _VOWELS:
        yield stem[:-1]


def _ed(word: str, stem: str) -> Iterator[Making]:
    for base in [*_bases(stem), *([stem + "e"] if stem.endswith("e") else [])]:
        yield Making((base,), (int(base.rstrip("e").endswith(("t", "d"))),))


def _ing(word: str, stem: str) -> Iterator[Making]:
    for base in _bases(stem):
        yield Making((base,), (0, 1) if _syllabic(base) else (1,))
    if stem.endswith("y"):
        yield Making((stem[:-1] + "ie",), (1,))


def _er(word: str, stem: str) -> Iterator[Making]:
    for base in _bases(stem):
        yield Making((base,), (0,) if _syllabic(base) else (1,))


def _ly(word: str, stem: str) -> Iterator[Making]:
    if stem.endswith("ful") and len(stem) > len("ful"):
        yield Making((stem,), (0, 1))  # care-ful-ly, care-f'ly
    elif stem.endswith("ed"):
        yield Making((stem,), (1, 2))  # calm-ly, but mark-ed-ly
    elif stem.endswith("ical"):
        yield Making((stem,), (0, 1))  # mag-ic'ly, mag-ic-al-ly
        yield Making((stem.removesuffix("al"),), (1, 2))
    else:
        yield Making((stem,), (1,))
    if stem.endswith("i"):
        yield Making((stem[:-1] + "y",), (1,))
    if _syllabic(stem + "le"):
        yield Making((stem + "le",), (0,))
    if stem.endswith("l"):
        yield Making((stem + "l",), (1,))
    yield Making((stem + "e",), (1,))


def _whole(word: str, stem: str) -> Iterator[Making]:
    yield Making((stem,), (1, 2) if stem.endswith("ed") else (1,))
    if stem.endswith("i"):
        yield Making((stem[:-1] + "y",), (1,))


def _syllabic(base: str) -> bool:
    """Whether the word ends as sparkle and settle do, in a consonant and -le."""
    return len(base) > len("le") and base.endswith("le") and base[-3] in "bcdfgkpstxz"


_RULES: tuple[tuple[str, Callable[[str, str], Iterator[Making]]], ...] = (
    ("s", _s),
    ("ed", _ed),
    ("ing", _ing),
    ("er", _er),
    ("ers", _er),
    ("est", _er),
    ("ly", _ly),
    *((ending, _whole) for ending in _WHOLE),
)
