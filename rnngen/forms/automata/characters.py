"""Which characters may follow, for forms that count characters: chars and tweet, with `match`.

A text is read as shapes: the state of `match` in this line, and what the last character was. What
can still be finished from a shape after so many units is worked out for all of them at once.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.errors import FormError
from rnngen.forms.automata.regex import Dfa
from rnngen.forms.language import tweet
from rnngen.forms.language.letters import END

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    BoolOrArray = bool | np.bool_ | NDArray[np.bool_]
    IntOrArray = int | NDArray[np.int64]

CLOSING_ZONE = 40  # the last units of a tweet, where the first natural stop ends it
_STEERED = 64  # units before the limit from which the look-ahead tells states apart
_TYPICAL_REST = 60  # units to the next natural stop, for the look-ahead
_STOPS = frozenset(".!?\u2026\u3002\uff01\uff1f")  # also those of Chinese and Japanese
_DIGITS = frozenset("0123456789")
_NAMES = "@#\uff20\uff03"  # what begins a name or a tag


_MOST_CELLS = 2_000_000_000  # shapes by characters by units of all lines: some ten seconds


class Last(IntEnum):
    """What the last character of a line was."""

    NONE = 0
    WORD = 1  # a letter, or a digit of other scripts
    POINT = 2  # a full stop right after one
    STOP = 3
    SPACE = 4
    COLON = 5
    OTHER = 6
    DIGIT = 7
    DECIMAL = 8  # a full stop right after a digit: another may follow, as in 1.5 and 24.12.


class CharacterState(NamedTuple):
    """Where a text stands; after its end the line is -1.

    used: units of the line so far.  shape: a row of `CharacterAutomaton.moves`.
    closed: the text has passed a place where it may be cut and be whole.
    """

    line: int
    used: int
    shape: int
    closed: bool


_START = CharacterState(0, 0, 0, False)
_DONE = CharacterState(-1, 0, 0, False)


class CharacterAutomaton:
    """An Automaton: lines of so many characters, or a tweet that ends at a natural stop.

    wrap: lines are broken at spaces by the form.  end: any, sentence or text.  cut: the text goes
    on until it is nearly full and is then cut at its last natural stop (for models whose texts do
    not end by themselves within the limit).  loose: a newline inside a line is a space, as in prose
    broken at a margin.
    """

    def __init__(
        self,
        lines: Sequence[tuple[int, int]],
        characters: Sequence[str],
        *,
        unit: str,
        is_tweet: bool,
        match: str,
        wrap: bool,
        end: str,
        cut: bool,
        loose: bool,
        split: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Raises FormError if a line cannot be filled with these characters.

        lines: least and most units of each.  unit: chars or tweet.  match: as a form has it.
        is_tweet: characters weigh as in a tweet, and none may make a name, a tag or a link.
        split: least and most units of the lines that a text of one line is cut into in the end, as
        no character of it stands for a line's end; together as many as `lines` allows.
        """
        self.lines, self.wrap, self.end, self.cut = lines, wrap, end, cut
        self.loose, self._split = loose, split
        self._tweet = is_tweet
        self._chars = [c for c in characters if self._may_occur(c)]
        self.places = {char: place for place, char in enumerate(self._chars)}
        self.weights = np.array([self._weight(c) for c in self._chars], np.int64)
        self._dfa = Dfa(match, self._chars) if match else None
        self.moves = self._shape_moves()
        self.closable = self._closable_shapes()
        self.whole_at_blank = self._whole_at_blank()
        self._check_size()
        self.fits = [self._fitting(line) for line in range(len(lines))]
        self._worths = [self._line_worths(line) for line in range(len(lines))]
        self.worths = np.array(self._worths[0])
        for line, fits in enumerate(self.fits):
            if not fits[0, 0]:
                raise FormError(
                    f"line {line + 1}: no text of the model's characters has {lines[line][0]}"
                    f" to {lines[line][1]} {unit} and fits the form."
                )

    def start(self) -> CharacterState:
        return _START

    def is_final(self, state: CharacterState) -> bool:
        return state.line < 0

    def worth(self, state: CharacterState) -> float:
        """The chance that a natural stop comes in the room that is left."""
        return 1.0 if state.line < 0 or state.closed else self._worths[state.line][state.used]

    def key(self, state: CharacterState) -> CharacterState:
        """Far from the limit, how far does not matter."""
        low, high = self.lines[state.line]
        far = high - _STEERED - CLOSING_ZONE
        if low <= state.used <= far:
            return state._replace(used=max(low, 1, far))
        return state

    def step(self, state: CharacterState, char: str) -> CharacterState | None:
        """The state after `char`, or None if it may not follow. `END` is the end of the text."""
        if state.line < 0:
            return None
        if char in (END, "\n", " ") and self._closes(state, char):
            return self._close(state)
        place = self.places.get(char)
        if place is None:
            return None
        shape = int(self.moves[state.shape, place])
        used = state.used + int(self.weights[place])
        high = self.lines[state.line][1]
        if shape < 0 or used > high:
            return None
        closed = state.closed or (self.cut and self._cuttable(state, char))
        if not closed and not self.fits[state.line][shape, used]:
            return None
        if closed and used == high:
            return _DONE
        return CharacterState(state.line, used, shape, closed)

    def render(self, text: str) -> str:
        """The text as it is printed. `text` must be allowed."""
        state, rendered, cut = self.start(), "", 0
        for char in text:
            if self.cut and self._cuttable(state, char):
                cut = len(rendered)
            after = self.step(state, char)
            assert after is not None, "the text is one that the automaton allowed"
            if after.line < 0:
                whole = char in (END, "\n", " ") and self._closes(state, char)
                return self._in_lines(rendered) if whole else rendered[:cut]
            if after.line > state.line:
                char = "\n"
            elif self.loose and char == "\n":
                char = " "
            rendered += char
            state = after
        return self._in_lines(rendered)

    def _in_lines(self, text: str) -> str:
        """The text cut into the lines of `split`: in proportion, after a mark if there is one.

        A line is no longer than those after it allow, and no shorter than they can take the rest.
        """
        lines = []
        for place, (low, high) in enumerate(self._split[:-1], 1):
            after = self._split[place:]
            least = max(low, len(text) - sum(most for _, most in after))
            most = min(high, len(text) - sum(few for few, _ in after))
            wanted = round(len(text) * high / (high + sum(most for _, most in after)))
            wanted = min(max(least, wanted), most)
            nearest = sorted(range(least, most + 1), key=lambda n: abs(n - wanted))
            marks = (n for n in nearest if text[n].isalnum() and not text[n - 1].isalnum())
            cut = next(marks, wanted)
            lines.append(text[:cut])
            text = text[cut:]
        return "\n".join([*lines, text])

    def _closes(self, state: CharacterState, char: str) -> bool:
        """Whether `char` ends the line, and with the last one the text."""
        low, _ = self.lines[state.line]
        if not (low <= state.used and self.closable[state.line][state.shape]):
            return False
        if state.line < len(self.lines) - 1:
            return char == "\n" or (char == " " and self.wrap)
        if char == END:
            return True
        return bool(self.whole_at_blank[state.shape] and self.may_close(char == " ", state.used))

    def may_close(self, is_space: BoolOrArray, used: IntOrArray) -> BoolOrArray:
        """Whether a space or a newline ends the whole text, where its shape allows that."""
        if self.cut:
            return used > self.lines[-1][1] - CLOSING_ZONE
        if self.end == "text" or self._tweet:
            return np.zeros_like(is_space)
        return np.logical_or(np.logical_not(is_space), self.wrap)

    def _close(self, state: CharacterState) -> CharacterState:
        if state.line == len(self.lines) - 1:
            return _DONE
        return _START._replace(line=state.line + 1)

    def _cuttable(self, state: CharacterState, char: str) -> bool:
        """Whether the text is whole when it is cut before `char`."""
        low, _ = self.lines[state.line]
        return char in " \n" and state.used >= low and bool(self.whole_at_blank[state.shape])

    def _line_worths(self, line: int) -> list[float]:
        """`worth` after each number of units."""
        low, high = self.lines[line]
        if low == high:
            return [1.0] * (high + 1)
        left = [high - used for used in range(high + 1)]
        # 1 - P(no stop in what is left), where one comes every _TYPICAL_REST units.
        return [
            1.0 if n > _STEERED else 1.0 - float(np.exp(-(n + 1) / _TYPICAL_REST)) for n in left
        ]

    def _may_occur(self, char: str) -> bool:
        """Lines break only between lines of the form, and a tweet holds no names, tags or links."""
        if char == "\n":
            return self._tweet and self.lines[0][1] > 1 and len(self.lines) == 1
        return (char.isprintable() or char in "\u200d\ufe0f") and not (
            self._tweet and char in _NAMES
        )

    def _weight(self, char: str) -> int:
        return tweet.most(char) if self._tweet else 1

    def _shape_moves(self) -> NDArray[np.int64]:
        """int64 (shapes, characters), -1 where forbidden.

        The product of two automata: shape = state of `match` * kinds + kind of last character.
        """
        states = len(self._dfa.moves) if self._dfa else 1
        kinds = len(Last)
        moves = np.full((states * kinds, len(self._chars)), -1)
        for place, char in enumerate(self._chars):
            after = self._dfa.moves[:, place] if self._dfa else np.zeros(1, np.int64)  # (states,)
            for last in Last:
                now = self._last(last, char)
                if now is not None:
                    column = np.where(after < 0, -1, after * kinds + now)
                    moves[np.arange(states) * kinds + last, place] = column
        return moves

    def _last(self, last: Last, char: str) -> Last | None:
        """What `char` is after `last`, or None if it may not follow."""
        if char in " \n":
            return None if last in (Last.NONE, Last.SPACE) else Last.SPACE
        if char in _DIGITS:
            return None if last is Last.POINT and self._tweet else Last.DIGIT
        if char.isalnum():
            # the end.It would be read as an address and weigh 23. Figures alone make no address.
            return None if last in (Last.POINT, Last.DECIMAL) and self._tweet else Last.WORD
        if char == ".":
            return {Last.WORD: Last.POINT, Last.DIGIT: Last.DECIMAL}.get(last, Last.STOP)
        if char in _STOPS:
            return Last.STOP
        if char == ":":
            return Last.COLON
        return None if char == "/" and last is Last.COLON and self._tweet else Last.OTHER

    def _check_size(self) -> None:
        """Raises FormError for a pattern and lines that would take minutes to fit together."""
        cells = self.moves.size * sum(high for _, high in self.lines)
        if cells > _MOST_CELLS:
            raise FormError(
                f"match has {len(self.moves) // len(Last):,} states, too many for lines of"
                f" {sum(high for _, high in self.lines):,} characters in all. Have fewer or shorter"
                " lines, or a smaller match."
            )

    def _fitting(self, line: int) -> NDArray[np.bool_]:
        """bool (shapes, high + 1): whether the line can be finished from a shape and used units.

        fits[s, u] = s may end the line and u >= low, or some character leads to where it fits:
        a dynamic programme from the end, for all shapes at once.
        """
        low, high = self.lines[line]
        closable = self.closable[line]
        fits = np.zeros((len(self.moves), high + 1), bool)
        for used in range(high, -1, -1):
            found = closable & (used >= low)  # (shapes,)
            for weight in np.unique(self.weights).tolist():
                if used + weight <= high:
                    moves = self.moves[:, self.weights == weight]  # (shapes, characters so heavy)
                    found = found | (fits[moves, used + weight] & (moves >= 0)).any(axis=1)
            fits[:, used] = found
        return fits

    def _closable_shapes(self) -> list[NDArray[np.bool_]]:
        """For each line, which shapes may end it: bool (shapes,)."""
        kinds = np.arange(len(self.moves)) % len(Last)
        whole = ~np.isin(kinds, (Last.NONE, Last.SPACE, Last.COLON))
        if self._dfa:
            whole &= self._dfa.accepting[np.arange(len(self.moves)) // len(Last)]
        stopped = whole & np.isin(kinds, (Last.POINT, Last.STOP, Last.DECIMAL))
        last = stopped if self.end == "sentence" else whole
        return [*[whole] * (len(self.lines) - 1), last]

    def _whole_at_blank(self) -> NDArray[np.bool_]:
        """Which shapes end the last line where more text follows: bool (shapes,).

        A figure with a stop, as in 24. December, is no end of a sentence then.
        """
        kinds = np.arange(len(self.moves)) % len(Last)
        is_stop = self.cut or self.end == "sentence"
        return np.asarray(self.closable[-1] & ~(is_stop & (kinds == Last.DECIMAL)))
