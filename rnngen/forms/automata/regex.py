r"""A regular expression as a finite automaton over a known set of characters.

The syntax is the part of Python's `re` that finite automata can follow: literals, `.`, classes
`[a-z]`, `\d \w \s` and their opposites, `( )`, `(?: )`, `|`, `* + ?` and `{m,n}`. Anchors,
look-around and back-references are refused by name. `re` parses, and judges each character (in
`check` it judges the whole text), so what a class means is Python's word and not ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import FormError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_MOST_STATES = 2000
_MOST_REPEATS = 500


class Dfa:
    """A deterministic automaton: state 0 is the start, and -1 is no state.

    moves: int64 (states, characters), columns in the order of `characters`.
    accepting: bool (states,).
    """

    def __init__(self, pattern: str, characters: Sequence[str]) -> None:
        """Raises FormError for syntax beyond finite automata, or an automaton too large."""
        nfa = _Nfa(pattern)
        classes, column_of = _columns(nfa, characters)
        start = nfa.closure({nfa.start})
        numbers, waiting, rows = {start: 0}, [start], []
        while waiting:
            current = waiting.pop(0)
            row = []
            for moves in classes:
                after = nfa.closure({b for a, b in moves if a in current})
                if after and after not in numbers:
                    numbers[after] = len(numbers)
                    waiting.append(after)
                row.append(numbers[after] if after else -1)
            rows.append(row)
            if len(numbers) > _MOST_STATES:
                raise FormError(f"match {pattern!r} needs more than {_MOST_STATES} states.")
        self.moves: NDArray[np.int64] = np.array(rows, np.int64).reshape(len(rows), -1)[
            :, column_of
        ]
        self.accepting = np.array([nfa.end in states for states in numbers])


def _columns(
    nfa: _Nfa, characters: Sequence[str]
) -> tuple[list[tuple[tuple[int, int], ...]], list[int]]:
    """The different sets of moves characters make, and which of them each character makes."""
    kinds: dict[tuple[tuple[int, int], ...], int] = {}
    column_of = []
    for char in characters:
        moves = tuple((a, b) for a, b, test in nfa.moves if test.fullmatch(char))
        column_of.append(kinds.setdefault(moves, len(kinds)))
    return list(kinds), column_of


class _Nfa:
    """Thompson's construction over the parse tree of `re`."""

    def __init__(self, pattern: str) -> None:
        from re import _parser  # type: ignore[attr-defined]

        self._pattern, self._size = pattern, 0
        self._silent: dict[int, list[int]] = {}
        self.moves: list[tuple[int, int, re.Pattern[str]]] = []
        self.start = self._new()
        self.end = self._sequence(_parser.parse(pattern), self.start)

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """The states, and all that can be reached from them without a character."""
        found, waiting = set(states), list(states)
        while waiting:
            for after in self._silent.get(waiting.pop(), ()):
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        return frozenset(found)

    def _new(self) -> int:
        self._size += 1
        return self._size - 1

    def _link(self, before: int, after: int) -> None:
        self._silent.setdefault(before, []).append(after)

    def _sequence(self, items: Any, start: int) -> int:
        for operator, argument in items:
            start = self._item(str(operator), argument, start)
        return start

    def _item(self, operator: str, argument: Any, start: int) -> int:
        """Add one item of the parse tree after `start`; where it ends."""
        if operator == "SUBPATTERN" and not argument[1] and not argument[2]:
            return self._sequence(argument[3], start)
        if operator == "BRANCH":
            end = self._new()
            for branch in argument[1]:
                self._link(self._sequence(branch, start), end)
            return end
        if operator in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, items = argument
            return self._repeat(least, most, items, start)
        end = self._new()
        self.moves.append((start, end, re.compile(self._one(operator, argument), re.DOTALL)))
        return end

    def _repeat(self, least: int, most: Any, items: Any, start: int) -> int:
        endless = str(most) == "MAXREPEAT"
        if max(least, 0 if endless else most) > _MOST_REPEATS:
            raise FormError(f"match {self._pattern!r} repeats more than {_MOST_REPEATS} times.")
        for _ in range(least):
            start = self._sequence(items, start)
        end = self._new()
        if endless:
            again = self._new()
            self._link(start, again)
            self._link(self._sequence(items, again), again)
            self._link(again, end)
            return end
        for _ in range(most - least):
            self._link(start, end)
            start = self._sequence(items, start)
        self._link(start, end)
        return end

    def _one(self, operator: str, argument: Any) -> str:
        """The item that reads one character, written as a pattern again."""
        if operator == "LITERAL":
            return re.escape(chr(argument))
        if operator == "NOT_LITERAL":
            return f"[^{re.escape(chr(argument))}]"
        if operator == "ANY":
            return r"[^\n]"
        if operator == "IN":
            return f"[{''.join(self._member(str(kind), value) for kind, value in argument)}]"
        raise FormError(
            f"match {self._pattern!r}: {operator.lower()} is not supported; use literals, classes,"
            " groups, | * + ? and {m,n}."
        )

    @staticmethod
    def _member(kind: str, value: Any) -> str:
        if kind == "NEGATE":
            return "^"
        if kind == "LITERAL":
            return re.escape(chr(value))
        if kind == "RANGE":
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        letter = str(value).split("_")[-1][0].lower()  # CATEGORY_NOT_DIGIT is \D
        return "\\" + (letter.upper() if "NOT" in str(value) else letter)
