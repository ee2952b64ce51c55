"""Whether a line matches a pattern in full, in time that grows as the line does.

This is the checker's own reading of `match`. `re` tries one way after the other, so that `(a+)+b`
takes 2**n steps for n letters. Here all ways are followed at once: a set of positions in the
pattern, those that may have read the last character (Glushkov 1961). The sets met so far and where
each character leads from them are kept, so that most characters cost one look into a table.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rnngen.forms.automata.syntax import Alternatives, Char, Sequence, parse

if TYPE_CHECKING:
    import re

    from rnngen.forms.automata.syntax import Node, Repeat

MOST_KEPT = 10_000
"""Entries of the table, after which a new one is begun."""


class _Part(NamedTuple):
    """A part of a pattern. Sets of positions are numbers, a bit for each position."""

    may_be_empty: bool
    first: int
    last: int


_EMPTY = _Part(True, 0, 0)


class Pattern:
    """A regular expression; see `automata.syntax` for what it may hold."""

    def __init__(self, pattern: str) -> None:
        """Raises FormError for a pattern that cannot be used."""
        self._tests: list[re.Pattern[str]] = []  # of each position
        self._follow: list[int] = []  # of each position: those that may read the next character
        self._whole = self._add(parse(pattern))
        self._places: dict[re.Pattern[str], int] = {}
        for position, test in enumerate(self._tests):
            self._places[test] = self._places.get(test, 0) | 1 << position
        self._fitting = lru_cache(maxsize=MOST_KEPT)(self._find_fitting)
        self._table: dict[tuple[int, str], int] = {}

    def matches(self, line: str) -> bool:
        """Whether all of `line` fits."""
        if not line:
            return self._whole.may_be_empty
        state = self._whole.first & self._fitting(line[0])
        for char in line[1:]:
            if not state:
                return False
            after = self._table.get((state, char))
            state = self._step(state, char) if after is None else after
        return bool(state & self._whole.last)

    def _step(self, state: int, char: str) -> int:
        if len(self._table) >= MOST_KEPT:
            self._table.clear()
        fitting = self._fitting(char)
        after = 0
        for position in _bits(state):
            after |= self._follow[position] & fitting
        self._table[state, char] = after
        return after

    def _find_fitting(self, char: str) -> int:
        """The positions that may read `char`."""
        return sum(places for test, places in self._places.items() if test.fullmatch(char))

    def _add(self, node: Node) -> _Part:
        """Number the positions of a part, and note which may follow which."""
        if isinstance(node, Char):
            self._tests.append(node.test)
            self._follow.append(0)
            own = 1 << len(self._tests) - 1
            return _Part(False, own, own)
        if isinstance(node, Sequence):
            return self._joined([self._add(part) for part in node.parts])
        if isinstance(node, Alternatives):
            whole = _Part(False, 0, 0)
            for found in map(self._add, node.parts):
                empty = whole.may_be_empty or found.may_be_empty
                whole = _Part(empty, whole.first | found.first, whole.last | found.last)
            return whole
        return self._repeated(node)

    def _repeated(self, node: Repeat) -> _Part:
        parts = [self._add(node.part) for _ in range(node.least)]
        if node.most is None:
            again = self._add(node.part)
            self._link(again.last, again.first)
            parts.append(again._replace(may_be_empty=True))
        else:
            optional = [self._add(node.part) for _ in range(node.most - node.least)]
            parts += [part._replace(may_be_empty=True) for part in optional]
        return self._joined(parts)

    def _joined(self, parts: list[_Part]) -> _Part:
        whole = _EMPTY
        for part in parts:
            self._link(whole.last, part.first)
            whole = _Part(
                whole.may_be_empty and part.may_be_empty,
                whole.first | (part.first if whole.may_be_empty else 0),
                part.last | (whole.last if part.may_be_empty else 0),
            )
        return whole

    def _link(self, before: int, after: int) -> None:
        for position in _bits(before):
            self._follow[position] |= after


def _bits(numbers: int) -> list[int]:
    """The bits that are set, ascending."""
    found = []
    while numbers:
        lowest = numbers & -numbers
        found.append(lowest.bit_length() - 1)
        numbers ^= lowest
    return found


@lru_cache(maxsize=16)
def compiled(pattern: str) -> Pattern:
    """The pattern, made once."""
    return Pattern(pattern)
