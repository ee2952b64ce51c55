"""How many syllables an English word has, and what it rhymes with.

Judge: the CMU Pronouncing Dictionary with reviewed overrides (`data/`, see
scripts/make_language_data.py).
Counts are sets, for people say fire and every in more than one way. Words the dictionary does not
hold are read as what they are made of (banish'd, campfires), as abbreviations, and where no rule
knows by a perceptron, right on 96% of words new to it.
"""

from __future__ import annotations

import zlib
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.forms.language import DATA, abbreviations, families
from rnngen.forms.language.letters import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

Counts = tuple[int, ...]
_RULES_SURE, _COMPOUND_SURE = 0.9, 0.8
_MANY_WORDS = 20_000
_DEPTH = 2  # campfires' is campfires, is campfire, is camp and fire


class Rhyme(NamedTuple):
    """Two words rhyme perfectly if their `ending` is the same and their `onset` is not.

    An ending of 0 is an unstressed pronunciation, which rhymes with nothing.
    """

    ending: int
    onset: int


def counts(word: str) -> Counts:
    """Numbers of syllables the dictionary gives `word`, ascending; empty if it has no such word.

    >>> counts("pond"), counts("fire"), counts("zyzzyva")
    ((1,), (1, 2), ())
    """
    return _dictionary().look_up(normal(word))[1]


def estimate(word: str) -> tuple[Counts, float]:
    """Numbers of syllables of any word of letters, and how sure: 1 dictionary, less for guesses.

    A word without a vowel that nothing is known of is a sound or letters; that is not sure at all.
    """
    word = normal(word)
    known, certainty = by_rule(word)
    if known:
        return known, certainty
    if letter := _letter(word):
        return (letter,), 1.0
    if not abbreviations.has_vowel(word):
        return tuple(sorted({1, max(1, abbreviations.letters(word))})), 0.0
    from rnngen.forms.language import perceptron

    count, margin = perceptron.guess(word)
    return (count,), min(0.9, margin / perceptron.SURE)


def by_rule(word: str) -> tuple[Counts, float]:
    """What the dictionary, the abbreviations and the families of words know of a word in its
    normal writing, and how sure; ((), 0.0) if they know nothing."""
    if known := counts(word):
        return known, 1.0
    if ways := abbreviations.of_word(word, stopped=False):
        return tuple(sorted({n for way in ways for n in syllables_of_words(way)})), 1.0
    if made := _made(word, families.makings, _DEPTH):
        return made, _RULES_SURE
    made = _made(word, families.compounds, 1)
    return made, _COMPOUND_SURE if made else 0.0


def syllables_of_words(way: str) -> Counts:
    """Of words parted by blanks, single letters among them by name; or the number that it is.

    >>> syllables_of_words("half past seven"), syllables_of_words("w"), syllables_of_words("c d's")
    ((4,), (3,), (2,))
    """
    if way.isdigit():
        return (int(way),)
    found = {0}
    for part in way.split():
        found = {total + number for total in found for number in _part(part)}
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def _part(part: str) -> Counts:
    letter = _letter(part)
    return (letter,) if letter else estimate(part)[0]


def _letter(word: str) -> int:
    """Syllables of the name of a single letter, or of several of it (x's); 0 for other words."""
    letter, _, ending = word.partition("'")
    if len(letter) != 1 or ending not in ("", "s"):
        return 0
    return abbreviations.letters(letter) + (ending == "s" and letter in "sx")


def _made(word: str, ways: Callable[[str], Iterator[families.Making]], depth: int) -> Counts:
    """What a word is heard with that is made of words of the dictionary; empty if it is not."""

    def look_up(part: str) -> Counts:
        known = counts(part)
        return known or (_made(part, families.makings, depth - 1) if depth > 1 else ())

    return tuple(sorted({n for making in ways(word) for n in families.heard(making, look_up)}))


def all_words() -> Iterator[tuple[str, Counts, tuple[Rhyme, ...]]]:
    """The words of the dictionary, ascending, each with its counts and what it rhymes on."""
    for (word, found), rhyme in zip(_dictionary().entries(), _rhyme_table().all(), strict=True):
        yield word, found, rhyme


@cache
def varying() -> frozenset[str]:
    """The words of the dictionary that have several counts."""
    return frozenset(_dictionary().varying())


@cache
def reviewed() -> frozenset[str]:
    """The words of data/overrides.txt, whose counts may change from one version to the next."""
    lines = (DATA / "overrides.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines for word in line.split("#")[0].split()[1:])


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
        self._found: dict[str, tuple[int, Counts]] = {}

    def look_up(self, word: str) -> tuple[int, Counts]:
        """Where `word` starts in the text, which is its identity, and its counts; or (-1, ())."""
        found = self._found.get(word)
        if found is None:
            if len(self._found) > _MANY_WORDS:
                self._found.clear()
            found = self._found[word] = self._search(word)
        return found

    def _search(self, word: str) -> tuple[int, Counts]:
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

    def varying(self) -> Iterator[str]:
        """The words whose set is none of the first, which hold one count each."""
        letters = np.frombuffer(self._text, np.uint8)
        ends = np.flatnonzero(letters == ord("\n"))
        single = sum(len(counts) == 1 for counts in self._sets)
        for place in np.flatnonzero(letters[ends[1:] - 1] >= 65 + single).tolist():
            yield self._text[ends[place] + 1 : ends[place + 1] - 1].decode("ascii")

    def entries(self) -> Iterator[tuple[str, Counts]]:
        """All words, ascending, and the counts of each."""
        for line in self._text.decode("ascii").split():
            yield line[:-1], self._sets[ord(line[-1]) - 65]

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

    def all(self) -> Iterator[tuple[Rhyme, ...]]:
        """Those of every word, in order."""
        pairs = zip(self._ending.tolist(), self._onset.tolist(), strict=True)
        for index, pair in enumerate(pairs):
            yield (Rhyme(*pair), *self._more.get(index, ()))


@cache
def _dictionary() -> _Dictionary:
    return _Dictionary()


@cache
def _rhyme_table() -> _RhymeTable:
    return _RhymeTable()
