"""Word lists that say nothing of a corpus: none at all, and that of the dictionary.

A private model keeps how long the lines and documents of its text are, and no word. Where a form
needs words, those of the dictionary stand in, each as frequent as the other.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.language import syllables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnngen.forms.language.lexicon import Lexicon

SHORT = 10  # letters; longer words are rare, and half of the dictionary
NO_RHYME = (-1, -1)


def without_words(lexicon: Lexicon) -> Lexicon:
    """The habits of a corpus without its words. How many they were, and how many of them are
    English, is still said."""
    none = np.zeros(0, np.int64)
    return dataclasses.replace(
        lexicon,
        words=(),
        frequency=none,
        syllables=none.astype(np.uint8),
        known=none.astype(bool),
        ending=none.astype(np.int32),
        onset=none.astype(np.int32),
    )


def with_own_words(lexicon: Lexicon) -> Lexicon:
    """`lexicon`, or if it has no words, with those of the dictionary that have one count."""
    if lexicon.words:
        return lexicon
    words, counts, rhymes = _words()
    return dataclasses.replace(
        lexicon,
        words=words,
        frequency=np.ones(len(words), np.int64),
        syllables=counts,
        known=np.ones(len(words), bool),
        ending=np.ascontiguousarray(rhymes[:, 0]),
        onset=np.ascontiguousarray(rhymes[:, 1]),
    )


@cache
def _words() -> tuple[tuple[str, ...], NDArray[np.uint8], NDArray[np.int32]]:
    """n words, their counts, uint8 (n,), and endings and onsets, int32 (n, 2)."""
    found = [
        (word, counts[0], ways[0] if len(set(ways)) == 1 and ways[0].ending else NO_RHYME)
        for word, counts, ways in syllables.all_words()
        if len(counts) == 1 and len(word) <= SHORT and word.isalpha()
    ]
    words, counts, rhymes = zip(*found, strict=True)
    return words, np.array(counts, np.uint8), np.array(rhymes, np.int32)
