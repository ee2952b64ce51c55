"""A regular expression as a finite automaton over a known set of characters."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import FormError
from rnngen.forms.automata.syntax import Alternatives, Char, Repeat, parse
from rnngen.forms.automata.syntax import Sequence as Parts

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from rnngen.forms.automata.syntax import Node

_MOST_STATES = 2000
_MOST_WORK = 3_000_000  # states looked at while the automaton is made: some seconds


class Dfa:
    """A deterministic automaton: state 0 is the start, and -1 is no state.

    moves: int64 (states, characters), columns in the order of `characters`.
    accepting: bool (states,).
    """

    def __init__(self, pattern: str, characters: Sequence[str]) -> None:
        """Raises FormError for syntax beyond finite automata, or an automaton too large."""
        nfa = _Nfa(parse(pattern))
        classes, column_of = _columns(nfa, characters)
        start = nfa.closure({nfa.start})
        numbers, waiting, rows = {start: 0}, deque([start]), []
        while waiting:
            current = waiting.popleft()
            row = []
            for moves in classes:
                after = nfa.closure({b for a in current for b in moves.get(a, ())})
                if after and after not in numbers:
                    numbers[after] = len(numbers)
                    waiting.append(after)
                row.append(numbers[after] if after else -1)
                nfa.work += len(current)
            rows.append(row)
            if len(numbers) > _MOST_STATES or nfa.work > _MOST_WORK:
                raise FormError(
                    f"match {pattern!r} needs too large an automaton, one of more than"
                    f" {len(numbers) - 1:,} states. Repeat less, or have fewer choices overlap."
                )
        self.moves: NDArray[np.int64] = np.array(rows, np.int64).reshape(len(rows), -1)[
            :, column_of
        ]
        self.accepting = np.array([nfa.end in states for states in numbers])


def _columns(nfa: _Nfa, characters: Sequence[str]) -> tuple[list[dict[int, list[int]]], list[int]]:
    """The different sets of moves characters make, and which of them each character makes.

    A set of moves: from each state, those that may come after it.
    """
    tests = list(dict.fromkeys(test for _, _, test in nfa.moves))
    kinds: dict[tuple[bool, ...], int] = {}
    column_of = []
    for char in characters:
        kind = tuple(test.fullmatch(char) is not None for test in tests)
        column_of.append(kinds.setdefault(kind, len(kinds)))
    classes = []
    for kind in kinds:
        fitting = dict(zip(tests, kind, strict=True))
        moves: dict[int, list[int]] = {}
        for before, after, test in nfa.moves:
            if fitting[test]:
                moves.setdefault(before, []).append(after)
        classes.append(moves)
    return classes, column_of


class _Nfa:
    """Thompson's construction (1968)."""

    def __init__(self, tree: Node) -> None:
        self.work = 0  # states looked at so far
        self._size = 0
        self._silent: dict[int, list[int]] = {}
        self.moves: list[tuple[int, int, re.Pattern[str]]] = []
        self.start = self._new()
        self.end = self._add(tree, self.start)

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and all that can be reached from them without a character."""
        found, waiting = set(states), list(states)
        while waiting:
            for after in self._silent.get(waiting.pop(), ()):
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        self.work += len(found)
        return frozenset(found)

    def _new(self) -> int:
        self._size += 1
        return self._size - 1

    def _link(self, before: int, after: int) -> None:
        self._silent.setdefault(before, []).append(after)

    def _add(self, node: Node, start: int) -> int:
        """Add a part of the pattern after `start`; where it ends."""
        if isinstance(node, Char):
            end = self._new()
            self.moves.append((start, end, node.test))
            return end
        if isinstance(node, Parts):
            for part in node.parts:
                start = self._add(part, start)
            return start
        if isinstance(node, Alternatives):
            end = self._new()
            for part in node.parts:
                self._link(self._add(part, start), end)
            return end
        return self._repeat(node, start)

    def _repeat(self, node: Repeat, start: int) -> int:
        for _ in range(node.least):
            start = self._add(node.part, start)
        end = self._new()
        if node.most is None:
            again = self._new()
            self._link(start, again)
            self._link(self._add(node.part, again), again)
            self._link(again, end)
            return end
        for _ in range(node.most - node.least):
            self._link(start, end)
            start = self._add(node.part, start)
        self._link(start, end)
        return end
