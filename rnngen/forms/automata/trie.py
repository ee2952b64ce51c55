"""A sorted word list as a prefix tree that is opened only where text goes, with masses by count.

A prefix is a range of the list, so what may follow is found by looking at one column of letters,
and how much of the corpus lies under a prefix is a difference of two cumulative sums.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


_FEW = 12  # words


class WordWeights:
    """Non-negative weights of some of the words, summed by range and by count.

    A sum is exactly 0 where no word has weight: cumulative sums are equal there, not nearly equal.
    """

    def __init__(
        self, words: IntArray, weights: FloatArray, counts: IntArray, top: int, size: int
    ) -> None:
        """words: ascending indices below `size`, weights, counts in [1, top]: each (m,)."""
        kept = weights > 0
        self._all = bool(kept.all()) and len(words) == size
        self._words = words[kept]
        table = np.zeros((len(self._words) + 1, top))
        table[np.arange(len(self._words)) + 1, counts[kept] - 1] = weights[kept]
        self._sums = np.cumsum(table, axis=0)

    def ranges(self, low: IntArray, high: IntArray) -> FloatArray:
        """Weight of the words in each [low, high), by count: (k, top)."""
        if self._all:
            return self._sums[high] - self._sums[low]
        words = self._words
        return self._sums[words.searchsorted(high)] - self._sums[words.searchsorted(low)]

    def range(self, low: int, high: int) -> FloatArray:
        """Weight of the words in [low, high), by count: (top,)."""
        if not self._all:
            low, high = self._words.searchsorted((low, high))
        sums: FloatArray = self._sums[high] - self._sums[low]
        return sums


class Node:
    """A prefix: the words low..high-1 begin with it. `word`: its index if it is one, or -1."""

    __slots__ = ("_children", "high", "letters", "low", "tree", "word")

    def __init__(self, tree: WordTree, low: int, high: int, depth: int) -> None:
        self.tree, self.low, self.high = tree, low, high
        # The shortest word of a sorted range comes first.
        self.word = low if depth and tree.lengths[low] == depth else -1
        self.letters: dict[str, tuple[int, int, int]] = {}
        first = low + (self.word >= 0)
        if high - first <= _FEW:  # NumPy's calls would take longer than so many words
            for place in range(first, high):
                letter = tree.words[place][depth]
                start = self.letters[letter][0] if letter in self.letters else place
                self.letters[letter] = (start, place + 1, depth + 1)
        else:
            column = tree.letters[first:high, depth]
            starts = [0, *((column[1:] != column[:-1]).nonzero()[0] + 1).tolist()]
            stops = [*starts[1:], high - first]
            for code, start, stop in zip(column[starts].tolist(), starts, stops, strict=True):
                self.letters[chr(code)] = (first + start, first + stop, depth + 1)
        self._children: dict[str, Node] = {}

    @property
    def mass(self) -> FloatArray:
        """How often the corpus has words of this prefix, by count: (top,)."""
        return self.tree.every.range(self.low, self.high)

    def child(self, letter: str) -> Node | None:
        """The prefix one letter longer, or None if no word begins so."""
        node = self._children.get(letter)
        if node is None and letter in self.letters:
            node = self._children[letter] = Node(self.tree, *self.letters[letter])
        return node


class WordTree:
    """The words a form may use, sorted, with frequency and count (syllables, or always 1)."""

    def __init__(self, words: Sequence[str], frequency: IntArray, counts: IntArray) -> None:
        self.words = words
        table = np.array(words, dtype=np.str_)
        width = max(1, table.dtype.itemsize // 4)
        self.letters = np.ascontiguousarray(table).view(np.uint32).reshape(len(words), width)
        self.lengths = np.count_nonzero(self.letters, axis=1)
        self.frequency = frequency.astype(np.float64)
        self.counts = counts.astype(np.int64)
        self.top = int(self.counts.max())
        self.every = self.measure(np.arange(len(words)), self.frequency)
        self.root = Node(self, 0, len(words), 0)
        self.total = float(self.root.mass.sum())
        self.shares = self.root.mass / self.total  # of each count, (top,)

    def measure(self, words: IntArray, weights: FloatArray) -> WordWeights:
        """A measure that gives `words` these weights, and all other words none."""
        return WordWeights(words, weights, self.counts[words], self.top, len(self.words))

    def initials(self) -> IntArray:
        """First letter of each word, as a code point (n,)."""
        return self.letters[:, 0].astype(np.int64)
