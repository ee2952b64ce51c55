"""How many syllables an English word has, and what it rhymes with.

Judge: the CMU Pronouncing Dictionary with reviewed overrides (`data/`, see
scripts/make_language_data.py).
Counts are sets, for people say fire and every in more than one way. Words the dictionary does not
hold are read by rules (banish'd is banish) and by a perceptron, right on 96% of words new to it.
"""

from __future__ import annotations

import unicodedata
import zlib
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.forms.language import DATA
from rnngen.forms.language.letters import CURLY

if TYPE_CHECKING:
    from numpy.typing import NDArray

Counts = tuple[int, ...]
_SIBILANTS = ("s", "x", "z", "ch", "sh", "ce", "se", "ze", "ge")
# Endings that add no syllable to a word that does not end in a hissing sound.
_ENDINGS = ("'s", "'d", "'st", "'", "s")


class Rhyme(NamedTuple):
    """Two words rhyme perfectly if their `ending` is the same and their `onset` is not.

    An ending of 0 is an unstressed pronunciation, which rhymes with nothing.
    """

    ending: int
    onset: int


def normal(word: str) -> str:
    """The word as the dictionary writes it: lower case, straight apostrophes, no accents."""
    word = word.lower().translate(CURLY)
    if word.isascii():
        return word
    marks = unicodedata.normalize("NFD", word)
    return "".join(c for c in marks if not unicodedata.combining(c))


def counts(word: str) -> Counts:
    """Numbers of syllables the dictionary gives `word`, ascending; empty if it has no such word.

    >>> counts("pond"), counts("fire"), counts("zyzzyva")
    ((1,), (1, 2), ())
    """
    return _dictionary().look_up(normal(word))[1]


def estimate(word: str) -> tuple[Counts, float]:
    """Numbers of syllables of any word of letters, and how sure: 1 dictionary, less for guesses."""
    word = normal(word)
    if known := counts(word):
        return known, 1.0
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        known = counts(stem) or (counts(stem + "e") if ending == "'d" else ())
        if stem != word and known:
            hisses = "s" in ending and stem.endswith(_SIBILANTS)
            return tuple(n + hisses for n in known), 0.9
    from rnngen.forms.language import perceptron

    count, margin = perceptron.guess(word)
    return (count,), min(0.9, margin / perceptron.SURE)


def rhymes(word: str) -> tuple[Rhyme, ...]:
    """What `word` rhymes on, one for each pronunciation; empty if the dictionary lacks it."""
    index, _ = _dictionary().look_up(normal(word))
    return _rhyme_table().of(index) if index >= 0 else ()


class _Dictionary:
    """The sorted words of counts.z, searched in the text itself: reading it all takes 5 ms."""

    def __init__(self) -> None:
        text = zlib.decompress((DATA / "counts.z").read_bytes())
        sets, self._text = text.split(b"\n", 1)
        self._sets = [tuple(map(int, s.split(b","))) for s in sets.split(b"|")]

    def look_up(self, word: str) -> tuple[int, Counts]:
        """Where `word` starts in the text, which is its identity, and its counts; or (-1, ())."""
        if not word.isascii() or not word:
            return -1, ()
        wanted, text = word.encode(), self._text
        low, high = 0, len(text) - 1  # newlines; the word can only be between them
        while low < high:
            start = text.rfind(b"\n", low, (low + high) // 2 + 1)
            stop = text.index(b"\n", start + 1)
            entry = text[start + 1 : stop - 1]
            if entry == wanted:
                return start, self._sets[text[stop - 1] - 65]
            low, high = (stop, high) if entry < wanted else (low, start)
        return -1, ()

    def starts(self) -> NDArray[np.int64]:
        """Where each word starts, ascending."""
        return np.flatnonzero(np.frombuffer(self._text, np.uint8) == ord("\n"))


class _RhymeTable:
    def __init__(self) -> None:
        with np.load(DATA / "rhymes.npz") as arrays:
            self._ending, self._onset = arrays["rhyme"], arrays["onset"]
            self._more: dict[int, list[Rhyme]] = {}
            for index, ending, onset in arrays["more"].tolist():
                self._more.setdefault(index, []).append(Rhyme(ending, onset))
        self._starts = _dictionary().starts()

    def of(self, start: int) -> tuple[Rhyme, ...]:
        index = int(np.searchsorted(self._starts, start))
        first = Rhyme(int(self._ending[index]), int(self._onset[index]))
        return (first, *self._more.get(index, ()))


@cache
def _dictionary() -> _Dictionary:
    return _Dictionary()


@cache
def _rhyme_table() -> _RhymeTable:
    return _RhymeTable()
