"""Syllables of words no dictionary holds: which vowel letters are the nucleus of a syllable.

A linear model looks at each vowel letter and sequences of up to four letters within four places of
it, and says nucleus or not; the syllables of the word are its nuclei. Trained on counts alone
(which letters carry them is latent), by `python -m scripts.make_language_data`; 64 kB of weights.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.language import DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS = 16
REACH = 4
SURE = 60.0  # a smallest score from which a guess is nearly always right
_VOWELS = frozenset("aeiouy")
# Letters that may carry a syllable after these: the m of prism, rhythm, McCall's c, isn't's n.
_AFTER = {"m": ("s", "th"), "c": ("m",)}
# One feature for each window of up to 4 letters: (first, one past the last), from the vowel.
_WINDOWS = [
    (first, stop)
    for first in range(-REACH, REACH + 1)
    for stop in range(first + 1, min(first + 4, REACH + 1) + 1)
]


def nuclei(word: str) -> list[int]:
    """Positions in `word` that may carry a syllable."""
    return [
        i
        for i, letter in enumerate(word)
        if letter in _VOWELS
        or (letter in _AFTER and word[:i].endswith(_AFTER[letter]))
        or word[i : i + 2] == "n'"
    ]


def features(word: str) -> NDArray[np.int64]:
    """Hashed features of the candidates of `word`: int64 (candidates, windows), in [0, 2**BITS)."""
    places = nuclei(word)
    codes = [0] * REACH + [_code(letter) for letter in word] + [0] * REACH
    table = np.empty((len(places), len(_WINDOWS)), np.int64)
    for row, place in enumerate(places):
        for column, (first, stop) in enumerate(_WINDOWS):
            key = column + 1
            for code in codes[place + REACH + first : place + REACH + stop]:
                key = key << 5 | code
            table[row, column] = (key * 0x9E3779B97F4A7C15 & (1 << 64) - 1) >> (64 - BITS)
    return table


def guess(word: str) -> tuple[int, float]:
    """The number of syllables of `word` (a-z and '), and how sure: the smallest score, 0 unsure."""
    scores = _weights()[features(word)].sum(axis=1)
    if not len(scores):
        return 1, 0.0
    return max(1, int((scores > 0).sum())), float(np.abs(scores).min())


def _code(letter: str) -> int:
    return ord(letter) - 96 if "a" <= letter <= "z" else 27


@cache
def _weights() -> NDArray[np.float32]:
    """float32 (2**BITS,), stored as int8."""
    weights: NDArray[np.float32] = np.load(DATA / "perceptron.npy").astype(np.float32)
    return weights
