"""Which words may stand where in a line, and how likely a line is to come out right from there.

For each line, and for each rhyme it is bound to, `LineTables` hold a dynamic programme over the
units already used. Words are taken to be drawn one by one, as often as the corpus has them, so it
adds up the probability of all ways to fill the rest:

    within[u, c]   = ahead[u + c]                        a word of c units, and the line goes on
    closing[u, c]  = future  if low <= u + c <= high     a word of c units, and the line ends
    ahead[u]       = sum over c of P(c) within[u, c] + P(c, may end) closing[u, c]

`future` is what the lines after it are worth. A state is worth more than 0 exactly if the line, and
all after it, can be filled: these tables are the look-ahead and the guarantee at once.

Letters: C counts (1 to C units a word), U = high units, n words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.errors import FormError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.base import Walk
    from rnngen.forms.automata.trie import Node, WordTree, WordWeights

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

_LEAST = 1e-9  # what a rhyme is worth at least, so that a rare one stays possible


class Binding(NamedTuple):
    """A rhyme in use: its ending, and the onsets that are taken, ascending."""

    ending: int
    onsets: tuple[int, ...]


Bindings = tuple[Binding | None, ...]  # one for each rhyme letter


class LineTables:
    """One line, given the rhymes of the lines before it.

    within, closing: (U + 1, C), at [used, count - 1], as above.
    ahead: (U + 1,), what it is worth to stand between two words.  start: what it is worth to begin.
    measure: weights of the words that may end the line; None if all may.
    """

    __slots__ = (
        "_both",
        "ahead",
        "bindings",
        "closing",
        "first",
        "high",
        "last",
        "line",
        "low",
        "measure",
        "start",
        "tree",
        "within",
    )

    def __init__(self, meter: Meter, line: int, bindings: Bindings) -> None:
        tree = self.tree = meter.tree
        self.line, self.bindings = line, bindings
        self.low, self.high = meter.lines[line]
        self.last = line == len(meter.lines) - 1
        self.measure: WordWeights | None = meter.measure(line, bindings)
        every = tree.shares  # (C,) P(count)
        ends = every  # (C,) P(count, the word may end the line), with the worth of its rhyme
        if self.measure is not None:
            ends = self.measure.range(0, len(tree.words)) / tree.total
        future = meter.future(line, bindings)
        self.within, self.closing, self.ahead = _tables(self.low, self.high, every, ends, future)
        self._both = self.within + self.closing  # where any word may end the line, one product
        self.first = meter.first_letter(line)
        low, high = meter.first_range(line)
        self.start = self._worth(0, tree.every.range(low, high), low, high) / tree.total

    def prefix(self, used: int, node: Node) -> float:
        """What it is worth to stand in a word that begins with `node`, after `used` units."""
        mass = node.mass  # (C,), so mass / sum is P(count | prefix)
        return self._worth(used, mass, node.low, node.high) / float(mass.sum())

    def _worth(self, used: int, mass: FloatArray, low: int, high: int) -> float:
        """Of the words low..high-1, whose mass is (C,): not divided by it."""
        if self.measure is None:
            return float(mass @ self._both[used])
        # Any word of the range may go on, but only those of the measure may end the line.
        ending = self.measure.range(low, high)  # (C,)
        return float(mass @ self.within[used] + ending @ self.closing[used])

    def prefixes(self, used: int, walk: Walk) -> FloatArray:
        """`prefix` of the k prefixes of a walk: (k,)."""
        if self.measure is None:
            whole: FloatArray = walk.shares @ self._both[used]  # (k, C) @ (C,)
            return whole
        ending = self.measure.ranges(walk.low, walk.high) @ self.closing[used]
        worths: FloatArray = walk.shares @ self.within[used] + ending / walk.total
        return worths

    def close(self, used: int, word: int) -> float:
        """What it is worth to end the line with `word`, which makes it `used` units; or 0."""
        if not self.low <= used <= self.high:
            return 0.0
        count = int(self.tree.counts[word])
        worth = float(self.closing[used - count, count - 1])
        if self.measure is None:
            return worth
        weight = self.measure.range(word, word + 1)[count - 1]
        # weight / frequency is what the word's rhyme is worth to the lines that must answer it.
        return float(weight) / float(self.tree.frequency[word]) * worth


def _tables(
    low: int, high: int, every: FloatArray, ends: FloatArray, future: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """within, closing (U + 1, C) and ahead (U + 1,) of a line of low to high units.

    every, ends: (C,), probabilities of words, and of words that may end the line, by count.
    """
    top = len(every)
    within, closing = np.zeros((high + 1, top)), np.zeros((high + 1, top))
    ahead = np.zeros(high + top + 1)  # beyond the line nothing is worth anything
    for used in range(high - 1, -1, -1):  # from the end: each entry needs only later ones
        within[used] = ahead[used + 1 : used + 1 + top]
        fits = np.arange(used + 1, used + 1 + top)
        closing[used, (fits >= low) & (fits <= high)] = future
        ahead[used] = every @ within[used] + ends @ closing[used]
    return within, closing, ahead[: high + 1]


class Meter:
    """The lines of a form over one word list. Raises FormError if no text can fill it."""

    def __init__(
        self,
        tree: WordTree,
        lines: Sequence[tuple[int, int]],
        rhymes: Sequence[str],
        acrostic: str,
        endings: IntArray,
        onsets: IntArray,
    ) -> None:
        """rhymes: a letter or nothing for each line.  endings, onsets: (n,), -1 where unknown."""
        self.tree, self.lines, self._rhymes = tree, tuple(lines), tuple(rhymes)
        self._acrostic = acrostic.lower()
        self._endings, self._onsets = endings, onsets
        self._letters = sorted(set(filter(None, rhymes)))
        self._views: dict[tuple[int, Bindings], LineTables] = {}
        self._unrhymed_worths = [self._check_line(line) for line in range(len(lines))]
        self._usable = {letter: self._usable_words(letter) for letter in self._letters}
        self._class_of, self._worths = self._rhyme_classes()

    @property
    def first(self) -> LineTables:
        return self.tables(0, (None,) * len(self._letters))

    def tables(self, line: int, bindings: Bindings) -> LineTables:
        key = (line, bindings)
        if key not in self._views:
            self._views[key] = LineTables(self, line, bindings)
        return self._views[key]

    def after(self, tables: LineTables, word: int) -> LineTables:
        """The tables of the next line, when `word` ends this one."""
        bindings = list(tables.bindings)
        if letter := self._rhymes[tables.line]:
            place = self._letters.index(letter)
            bound = bindings[place]
            taken = {*(bound.onsets if bound else ()), int(self._onsets[word])}
            bindings[place] = Binding(int(self._endings[word]), tuple(sorted(taken)))
        return self.tables(tables.line + 1, tuple(bindings))

    def has_rhyme(self, line: int) -> bool:
        return bool(self._rhymes[line])

    def first_letter(self, line: int) -> str:
        return self._acrostic[line] if self._acrostic else ""

    def first_range(self, line: int) -> tuple[int, int]:
        """The words a line may begin with."""
        if not self._acrostic:
            return 0, len(self.tree.words)
        low, high = np.searchsorted(self.tree.initials(), [*_code_and_next(self._acrostic[line])])
        return int(low), int(high)

    def future(self, line: int, bindings: Bindings) -> float:
        """What the lines after `line` are worth, but for those its own unbound rhyme decides.

        A product, as if lines were filled independently: rhymes that are still open couple them.
        """
        worth = 1.0
        for later in range(line + 1, len(self.lines)):
            letter = self._rhymes[later]
            bound = bindings[self._letters.index(letter)] if letter else None
            if bound is not None:
                place = np.searchsorted(self._class_of[1], bound.ending)
                worth *= float(self._worths[later][place])
            elif letter != self._rhymes[line] or not letter:
                worth *= self._unrhymed_worths[later]
        return worth

    def measure(self, line: int, bindings: Bindings) -> WordWeights | None:
        """Weights of the words that may end the line; None if all may."""
        letter = self._rhymes[line]
        if not letter:
            return None
        bound = bindings[self._letters.index(letter)]
        if bound is None:
            # The word chooses the rhyme for later lines: it counts as often as it occurs, times the
            # chance that each of them comes out right with this rhyme.
            taken = [other.ending for other in bindings if other is not None]
            words = np.flatnonzero(self._usable[letter] & ~np.isin(self._endings, taken))
            worths = np.prod([self._worths[x] for x in self._later(line)], axis=0)
            weights = self.tree.frequency[words] * worths[self._class_of[0][words]]
        else:
            # The rhyme is chosen. Perfect rhymes differ before the vowel, so used onsets are out.
            fits = self._usable[letter] & (self._endings == bound.ending)
            words = np.flatnonzero(fits & ~np.isin(self._onsets, bound.onsets))
            weights = self.tree.frequency[words]
        return self.tree.measure(words, weights)

    def _later(self, line: int) -> list[int]:
        letter = self._rhymes[line]
        return [x for x in range(line + 1, len(self.lines)) if self._rhymes[x] == letter]

    def _check_line(self, line: int) -> float:
        """What a line is worth if it rhymes with none. Raises FormError if no words fill it."""
        tree, (low, high) = self.tree, self.lines[line]
        every = tree.shares
        within, closing, _ = _tables(low, high, every, every, 1.0)
        first, last = self.first_range(line)
        begins = f" that begin with {self._acrostic[line]!r}" if self._acrostic else ""
        worth = float(tree.every.range(first, last) @ (within + closing)[0])
        if not worth > 0:
            raise FormError(f"line {line + 1}: no words of the model{begins} make {low} to {high}.")
        return worth / tree.total

    def _usable_words(self, letter: str) -> BoolArray:
        """bool (n,): rhymes that may end every line of `letter`, of a class large enough for all.

        Any choice then leaves a rhyme for each later line: no order of choices can get stuck. (A
        word too long for one of the lines is lost to the others; that is the price.)
        """
        lines = [line for line, x in enumerate(self._rhymes) if x == letter]
        usable = self._endings >= 0  # (n,)
        for line in lines:
            usable = usable & self._may_end(line)
        # A class is as large as it has onsets: hill, mill and till are three, hill and "hill" one.
        pairs = np.unique(np.stack([self._endings[usable], self._onsets[usable]], 1), axis=0)
        endings, sizes = np.unique(pairs[:, 0], return_counts=True)
        large = endings[sizes >= len(lines)]
        # Letters use different classes, so there must be one for each.
        if len(large) < len(self._letters):
            numbers = ", ".join(str(line + 1) for line in lines)
            raise FormError(f"lines {numbers}: the model knows too few words that rhyme.")
        return usable & np.isin(self._endings, large)

    def _may_end(self, line: int) -> BoolArray:
        """bool (n,): whether some line of the right length ends with the word."""
        low, high = self.lines[line]
        first, last = self.first_range(line)
        counts = self.tree.counts  # (n,)
        # Units that the words before the last one can add up to, the first of them as it must be.
        reached = np.zeros(high + self.tree.top + 1, bool)
        reached[np.unique(counts[first:last])] = True
        for used in range(1, high):
            if reached[used]:
                reached[used + np.unique(counts)] = True
        before = np.flatnonzero(reached[:high])
        totals = before[:, None] + np.arange(self.tree.top + 1)
        by_count: BoolArray = np.asarray(((totals >= low) & (totals <= high)).any(axis=0))
        fits: BoolArray = by_count[counts]
        # Or the last word is the first, too.
        alone = (counts >= low) & (counts <= high)
        alone[:first] = alone[last:] = False
        return fits | alone

    def _rhyme_classes(self) -> tuple[tuple[IntArray, IntArray], dict[int, FloatArray]]:
        """(class of each word, ending of each class), and for each rhyming line what classes are
        worth: the chance that the line comes out right and ends with that rhyme."""
        endings, classes = np.unique(self._endings, return_inverse=True)
        tree, worths = self.tree, {}
        mass = np.zeros((len(endings), tree.top))  # (classes, C) how often, by count
        np.add.at(mass, (classes, tree.counts - 1), tree.frequency)
        for line, letter in enumerate(self._rhymes):
            if letter:
                low, high = self.lines[line]
                closing = _visits(tree.shares, low, high)
                # P(line right, rhyme) = sum over c of P(c, rhyme) * visits where c ends the line
                worths[line] = np.maximum(mass @ closing / tree.total, _LEAST)
        return (classes, endings), worths


def _visits(every: FloatArray, low: int, high: int) -> FloatArray:
    """(C,): how often a line stands where a last word of each count ends it within low to high.

    The programme of `_tables` run forwards, so that one pass serves all rhymes at once.
    """
    top = len(every)
    visits = np.zeros(high + top + 1)  # at [u]: the chance that some word of the line ends at u
    visits[0] = 1.0
    closing = np.zeros(top)
    for used in range(high):
        visits[used + 1 : used + 1 + top] += visits[used] * every
        fits = np.arange(used + 1, used + 1 + top)
        closing += visits[used] * ((fits >= low) & (fits <= high))
    return closing


def _code_and_next(letter: str) -> tuple[int, int]:
    return ord(letter), ord(letter) + 1
