"""How much of a text is copied: the longest spans of it that a corpus holds, exactly.

The texts are the small side and stay in memory; the corpus streams by once, a stretch at a time.
Of every text only one thing is asked: does the stretch hold a span of it that is one character
longer than the longest known? Hashes of all spans of that length answer. A span they find is
compared character by character, followed to its ends, and the question is asked again.

An equal span is never overlooked for its hash. Two that are not equal have the same hash once in
2**64 times; the comparison sees it, and that it might hide a copy at that very place is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnngen.novelty import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from rnngen.novelty.spans import Codes, Hashes
    from rnngen.tokenizers.base import Texts

    Places = NDArray[np.int64]
    Bools = NDArray[np.bool_]

GAP = "\ud801"  # between texts: half a surrogate pair like spans.BORDER, but another one
HEAD = 1 << 14  # characters of a stretch that are looked at first: there most records are set
SPREAD = np.uint64(0xD6E8FEB86659FD93)
FEW = 0.1


@dataclass(frozen=True)
class Copied:
    """What of one text a corpus holds."""

    characters: int
    """Of the text."""
    longest: int
    """Characters of the longest copied span."""
    start: int
    """Where in the text it begins; of several as long, the one found first."""
    covered: int
    """Characters of the text in copied spans of the length asked for, or longer."""
    source: str | None
    """The part of the corpus that holds the longest; None if nothing is copied."""

    @property
    def share(self) -> float:
        """`covered` as a share of the text."""
        return self.covered / max(1, self.characters)


def measure(texts: Sequence[str], corpus: Iterable[tuple[str, Texts]], span: int) -> list[Copied]:
    """For each text, what of it the corpus holds. Both must be valid Unicode, and in NFC.

    corpus: its parts and their names; a copied span lies within one document of one part.
    span: the fewest characters of a copied span that count as covered.
    """
    if not texts:
        return []
    search = _Search(texts, span)
    for name, part in corpus:
        for stretch in spans.stretches(part, search.longest_possible - 1):
            search.look(name, spans.code_points(stretch))
    return search.results()


class _Search:
    """All texts side by side, and their longest copies so far. D texts, N characters."""

    def __init__(self, texts: Sequence[str], span: int) -> None:
        self._codes = spans.code_points(GAP.join(texts))  # (N,)
        self._sums = spans.prefix_sums(self._codes)
        self._sizes = np.array([len(text) for text in texts], dtype=np.int64)  # (D,)
        self._begins = np.cumsum(self._sizes + 1) - self._sizes - 1
        self._longest = np.zeros(len(texts), dtype=np.int64)
        self._starts = self._begins.copy()
        self._sources: list[str | None] = [None] * len(texts)
        self._usual = self._covering = self._table(span, self._sizes > 0)
        self._tables: dict[
            int, tuple[Bools, _SpanTable]
        ] = {}  # by length, of the texts that want it
        self._covered = np.zeros(len(self._covering.hashes), dtype=np.bool_)
        self.longest_possible = max([span, *self._sizes.tolist()])

    def look(self, name: str, stretch: Codes) -> None:
        """Look for copies in a stretch of the part `name`."""
        for codes in (stretch[:HEAD], stretch):
            corpus = _Stretch(codes, self._usual_table())
            while self._improve(name, corpus):
                pass
        self._cover(corpus)

    def results(self) -> list[Copied]:
        """What has been found."""
        changes = np.zeros(len(self._codes) + 1, dtype=np.int64)
        begins = self._covering.starts[self._covered[self._covering.which]]
        changes[begins] += 1
        changes[begins + self._covering.length] -= 1
        counts = np.concatenate([[0], np.cumsum(np.cumsum(changes) > 0)])
        covered = counts[self._begins + self._sizes] - counts[self._begins]
        columns = (self._sizes, self._longest, self._starts - self._begins, covered)
        rows = zip(*(column.tolist() for column in columns), self._sources, strict=True)
        return [Copied(*row) for row in rows]

    def _improve(self, name: str, corpus: _Stretch) -> bool:
        """Find longer copies for some texts; False if there are none."""
        improved = False
        wanted = np.where(self._longest < self._sizes, self._longest + 1, 0)
        lengths = np.unique(wanted[wanted > 0]).tolist()
        self._tables = {length: self._wanted(length, wanted == length) for length in lengths}
        for _, table in self._tables.values():
            improved |= self._follow(name, corpus, table, *corpus.find(table))
        return improved

    def _follow(
        self, name: str, corpus: _Stretch, table: _SpanTable, at: Places, which: Places
    ) -> bool:
        """Follow one found span of each text to its ends; whether one became the longest."""
        place = np.full(len(table.hashes), -1)
        place[which] = at
        windows = np.flatnonzero(place[table.which] >= 0)
        texts = np.searchsorted(self._begins, table.starts[windows], side="right") - 1
        texts, first = np.unique(texts, return_index=True)
        improved = False
        for text, window in zip(texts.tolist(), windows[first].tolist(), strict=True):
            start, there = int(table.starts[window]), int(place[table.which[window]])
            before = _common(self._codes[:start][::-1], corpus.codes[:there][::-1])
            after = _common(self._codes[start:], corpus.codes[there:])
            if before + after > self._longest[text]:
                self._longest[text], self._starts[text] = before + after, start - before
                self._sources[text] = name
                improved = True
        return improved

    def _cover(self, corpus: _Stretch) -> None:
        """Mark the spans that count as covered."""
        at, which = corpus.find(self._covering)
        new = np.flatnonzero(~self._covered[which])
        at, which = at[new], which[new]
        starts = np.empty(len(self._covered), dtype=np.int64)
        starts[self._covering.which] = self._covering.starts
        same = np.ones(len(at), dtype=np.bool_)
        for offset in range(self._covering.length):
            same &= self._codes[starts[which] + offset] == corpus.codes[at + offset]
        self._covered[which[same]] = True

    def _usual_table(self) -> _SpanTable:
        """All texts' spans of a length that nearly all of them want to exceed."""
        wanted = np.sort(self._longest[self._longest < self._sizes] + 1)
        length = int(wanted[int(FEW * len(wanted))]) if len(wanted) else self._covering.length
        if self._usual.length != length:
            self._usual = self._table(length, self._sizes > 0)
        return self._usual

    def _wanted(self, length: int, texts: Bools) -> tuple[Bools, _SpanTable]:
        """The spans of texts that want this length, kept as long as they are the same texts."""
        known = self._tables.get(length)
        if known is not None and np.array_equal(known[0], texts):
            return known
        return texts, self._table(length, texts)

    def _table(self, length: int, texts: Bools) -> _SpanTable:
        """The spans of `length` characters of some texts, (D,)."""
        pairs = zip(self._begins[texts].tolist(), self._sizes[texts].tolist(), strict=True)
        ranges = [np.arange(begin, begin + size - length + 1) for begin, size in pairs]
        return _SpanTable(
            self._sums, length, np.concatenate([np.zeros(0, dtype=np.int64), *ranges])
        )


class _SpanTable:
    """Spans of one length, to be found by their hashes."""

    def __init__(self, sums: Hashes, length: int, starts: Places) -> None:
        self.length = length
        self.starts = starts
        hashes = spans.spans_at(sums, length, starts)
        self.hashes, self.which = np.unique(hashes, return_inverse=True)
        bits = (16 * len(starts) + 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._near = np.zeros(1 << bits, dtype=np.bool_)
        self._near[self.hashes * SPREAD >> self._shift] = True

    def find(self, hashes: Hashes) -> tuple[Places, Places]:
        """Which of `hashes` are in the table, and where: indices into both."""
        # One look into a small table of bits spares most hashes the search.
        near = np.flatnonzero(self._near[hashes * SPREAD >> self._shift])
        places = np.searchsorted(self.hashes, hashes[near])
        same = self.hashes[np.minimum(places, len(self.hashes) - 1)] == hashes[near]
        return near[same], places[same]


class _Stretch:
    """A stretch of the corpus, and where in it copies of a length can begin."""

    def __init__(self, codes: Codes, usual: _SpanTable) -> None:
        """usual: holds every text's spans of the length that is looked for first."""
        self.codes = codes
        self._sums = spans.prefix_sums(codes)
        self._usual = usual.length
        hashes = spans.spans(self._sums, usual.length)
        hits = np.zeros(len(hashes), dtype=np.bool_)
        hits[usual.find(hashes)[0]] = True
        self._in_a_row = spans.hits_in_a_row(hits[::-1])[:0:-1]  # hits in a row from each place on

    def find(self, table: _SpanTable) -> tuple[Places, Places]:
        """Where spans of the table begin, and which of its hashes they have."""
        if table.length < self._usual:
            return table.find(spans.spans(self._sums, table.length))
        # All parts of a copy are copies too, so several in a row make a longer one.
        starts = np.flatnonzero(self._in_a_row > table.length - self._usual)
        at, which = table.find(spans.spans_at(self._sums, table.length, starts))
        return starts[at], which


def _common(one: Codes, other: Codes) -> int:
    """How many characters both begin with."""
    size = min(len(one), len(other))
    for begin in range(0, size, 256):
        differ = (
            one[begin : begin + 256][: size - begin] != other[begin : begin + 256][: size - begin]
        )
        if differ.any():
            return begin + int(differ.argmax())
    return size
