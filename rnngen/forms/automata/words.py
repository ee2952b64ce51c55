"""Which characters may follow, for forms made of words: syllables, words, rhymes, acrostics.

    START -letter-> WORD = AFTER -, . ; : ! ?-> STOP -space-> SPACE -letter-> WORD ... -> DONE
                           AFTER --> HYPHEN -letter-> WORD    SPACE -dash-> SPACED -space-> SPACE
A state is kept only if the form can still be filled from it, so no text drawn gets stuck, and
punctuation in a row is bounded, so all end. States are interned: equal ones are one object, which
makes them fast keys of the tables of masks.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from rnngen.forms.language.letters import END, fold, is_letter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rnngen.forms.automata.base import Walk
    from rnngen.forms.automata.meter import LineTables, Meter
    from rnngen.forms.automata.trie import Node

    FloatArray = NDArray[np.float64]

STOPS = frozenset(".!?…")
PAUSES = frozenset(",;:") | STOPS
DASHES = "-\u2013\u2014"
_MOST_MARKS = 3
_MANY_STATES = 100_000


class Kind(IntEnum):
    START = 0  # of a line
    WORD = 1  # inside a word, or at its end
    AFTER = 2  # at the end of a word that letters will not continue
    STOP = 3  # after closing punctuation
    HYPHEN = 4
    DASH = 5  # joined to the word before it
    SPACE = 6
    SPACED = 7  # a dash after a space
    BLANK = 8  # after the last line, where the end of the text must follow
    DONE = 9


class WordState:
    """Where a text stands in its form. `worth`: the look-ahead, positive.

    used: units of the line before this word, or all of them if no word is open.
    rest, close: what it is worth to go on in the line, and to end it here; 0 where it may not be.
    word: the last word of the line if it matters for a rhyme, else -1.  marks: punctuation so far.
    """

    __slots__ = (
        "_worth",
        "close",
        "kind",
        "marks",
        "node",
        "rest",
        "tables",
        "used",
        "word",
    )

    def __init__(self, tables: LineTables, kind: Kind, used: int, worth: float = -1.0) -> None:
        self.tables, self.kind, self.used, self._worth = tables, kind, used, worth
        self.node: Node | None = None
        self.rest = self.close = 0.0
        self.word = -1
        self.marks = ""

    @property
    def worth(self) -> float:
        """Inside a word it is only computed when asked for: the mask that led here had it."""
        if self._worth < 0:
            assert self.node is not None
            self._worth = self.tables.prefix(self.used, self.node)
        return self._worth


class WordAutomaton:
    """A LetterAutomaton that reads text which fills `meter`.

    wrap: the form breaks lines, at spaces; else the model does, with newlines.
    end: any, sentence or text.  loose: in wrap mode, a newline is a space everywhere, as in prose
    broken at a margin; otherwise it may only stand where the form breaks a line too.
    """

    def __init__(self, meter: Meter, *, wrap: bool, end: str, loose: bool) -> None:
        self.meter, self.wrap, self.end, self.loose = meter, wrap, end, loose
        self._states: dict[tuple[object, ...], WordState] = {}

    def start(self) -> WordState:
        return self._line(self.meter.first)

    def is_final(self, state: WordState) -> bool:
        return state.kind is Kind.DONE

    def worth(self, state: WordState) -> float:
        return state.worth

    def step(self, state: WordState, char: str) -> WordState | None:
        if is_letter(char):
            return self._letter(state, fold(char))
        if state.kind is Kind.BLANK:
            return self._done(state) if char in ("\n", END) else None
        if state.kind is Kind.WORD:
            ended = self.end_word(state)
            return None if ended is None else self._mark(ended, char)
        return self._mark(state, char)

    def key(self, state: WordState) -> WordState:
        return state

    def letters(self, state: WordState) -> tuple[Node, str] | None:
        if state.kind is Kind.WORD:
            assert state.node is not None
            return state.node, ""
        if state.kind is Kind.START:
            return self.meter.tree.root, state.tables.first
        if state.rest > 0 and state.kind in _BEFORE_WORDS:
            return self.meter.tree.root, ""
        return None

    def inside(self, state: WordState, node: Node) -> WordState:
        key = (state.tables, Kind.WORD, state.used, node)
        found = self._states.get(key)
        if found is None:
            found = self._intern(key, WordState(state.tables, Kind.WORD, state.used))
            found.node = node
        return found

    def end_word(self, state: WordState) -> WordState | None:
        if state.node is None:
            return state
        word = state.node.word
        if word < 0:
            return None
        used = state.used + int(self.meter.tree.counts[word])
        if used > state.tables.high:
            return None
        close = state.tables.close(used, word)
        # Which word it was matters only for a rhyme. Else all words that bring the line as far lead
        # to one state, which keeps the states few.
        word = word if self.meter.has_rhyme(state.tables.line) else -1
        return self._gap(state.tables, Kind.AFTER, "", used, word, close)

    def breaks_line(self, state: WordState) -> bool:
        if state.tables.last or not (state.node is not None or state.kind in _BEFORE_BLANKS):
            return False
        ended = self.end_word(state)
        return ended is not None and ended.close > 0

    def weigh(self, state: WordState, walk: Walk) -> FloatArray:
        return state.tables.prefixes(state.used, walk)

    def render(self, text: str) -> str:
        state: WordState | None = self.start()
        rendered = []
        for char in text:
            assert state is not None
            state = self.step(state, char)
            if state is None or state.kind in (Kind.DONE, Kind.BLANK):
                break
            rendered.append(_space(state) if char in " \n" else char)
        return "".join(rendered)

    def _line(self, tables: LineTables) -> WordState:
        return self._state(tables, Kind.START, 0, worth=tables.start)

    def _done(self, state: WordState, kind: Kind = Kind.DONE) -> WordState:
        return self._state(state.tables, kind, 0, worth=1.0)

    def _state(self, tables: LineTables, kind: Kind, used: int, *, worth: float) -> WordState:
        key = (tables, kind, used, None)
        if key not in self._states:
            self._intern(key, WordState(tables, kind, used, worth))
        return self._states[key]

    def _intern(self, key: tuple[object, ...], state: WordState) -> WordState:
        """Keep a new state, to be found again. Without the old ones all is the same, but slower."""
        if len(self._states) > _MANY_STATES:
            self._states.clear()
        self._states[key] = state
        return state

    def _letter(self, state: WordState, letter: str) -> WordState | None:
        place = self.letters(state)
        if place is None or (place[1] and letter != place[1]):
            return None
        node = place[0].child(letter)
        if node is None:
            return None
        found = self.inside(state, node)
        return found if found.worth > 0 else None

    def _gap(
        self, tables: LineTables, kind: Kind, marks: str, used: int, word: int, close: float
    ) -> WordState | None:
        """The state between two words; None if neither the next word nor the line's end fits."""
        # psi = rest + close: the line goes on with another word, or ends here.
        rest = float(tables.ahead[used])
        worth = _worth(kind, marks, rest, close, last=tables.last)
        if not worth > 0:
            return None
        key = (tables, kind, used, (word, marks))
        found = self._states.get(key)
        if found is None:
            found = self._intern(key, WordState(tables, kind, used, worth))
            found.rest, found.close, found.word, found.marks = rest, close, word, marks
        return found

    def _mark(self, state: WordState, char: str) -> WordState | None:
        """The state after a character that is no letter."""
        if char == END:
            return self._done(state) if self._may_end(state) else None
        if char in " \n":
            return self._blank(state, char)
        if state.kind is Kind.START:
            return None
        if char in PAUSES:
            return self._pause(state, char)
        if char in DASHES:
            return self._dash(state, char)
        return None

    def _to(self, state: WordState, kind: Kind, marks: str = "") -> WordState | None:
        if kind is Kind.SPACE:  # the line goes on, so its end so far is of no matter
            return self._gap(state.tables, kind, marks, state.used, -1, 0.0)
        return self._gap(state.tables, kind, marks, state.used, state.word, state.close)

    def _pause(self, state: WordState, char: str) -> WordState | None:
        marks = state.marks + char
        if state.kind is Kind.STOP:
            if len(marks) > _MOST_MARKS or not set(marks) <= STOPS:
                return None
        elif state.kind is not Kind.AFTER:
            return None
        return self._to(state, Kind.STOP, marks)

    def _dash(self, state: WordState, char: str) -> WordState | None:
        long = char != "-"
        if state.kind is Kind.AFTER:
            return self._to(state, Kind.DASH if long else Kind.HYPHEN)
        if state.kind is Kind.HYPHEN and not long:
            return self._to(state, Kind.DASH)
        if state.kind is Kind.STOP and long:
            return self._to(state, Kind.DASH)
        if state.kind is Kind.SPACE and state.marks != "-":
            return self._to(state, Kind.SPACED, char)
        if state.kind is Kind.SPACED and state.marks == "-" and not long:
            return self._to(state, Kind.SPACED, "--")
        return None

    def _blank(self, state: WordState, char: str) -> WordState | None:
        """After a space or a newline: the end, the next line, the same line, or None."""
        tables, newline = state.tables, char == "\n"
        if state.kind is Kind.SPACED:
            return None if newline else self._to(state, Kind.SPACE, "-")
        if state.kind not in _BEFORE_BLANKS:
            return None
        # A blank after a full line breaks it. Where the line could also go on, as in [5, 7], the
        # break comes first: otherwise one text would have two ways through the automaton.
        if state.close > 0 and (newline or self.wrap):
            if not tables.last:
                return self._line(self.meter.after(tables, state.word))
            if self.end == "text" and newline and self._is_finished(state):
                return self._done(state, Kind.BLANK)
            if self.end != "text" and self._may_end(state):
                return self._done(state)
        if newline and not (self.wrap and self.loose):
            return None
        return self._to(state, Kind.SPACE)

    def _may_end(self, state: WordState) -> bool:
        """Whether the text may end here: a full last line, with a stop if a sentence is asked."""
        if self.end == "sentence" and state.kind is not Kind.STOP:
            return False
        return self._is_finished(state)

    @staticmethod
    def _is_finished(state: WordState) -> bool:
        stopped = state.kind is Kind.STOP and set(state.marks) <= STOPS
        return state.tables.last and state.close > 0 and (stopped or state.kind is Kind.AFTER)


# Where a blank may follow.
_BEFORE_BLANKS = frozenset((Kind.AFTER, Kind.STOP, Kind.DASH))
# Where a letter begins a new word.
_BEFORE_WORDS = frozenset((Kind.SPACE, Kind.HYPHEN, Kind.DASH, Kind.SPACED))


def _space(state: WordState) -> str:
    return "\n" if state.kind is Kind.START else " "


def _worth(kind: Kind, marks: str, rest: float, close: float, *, last: bool) -> float:
    """The look-ahead between two words; 0 where no way on is left.

    The last line ends after a word or a stop, never after a comma or a dash.
    """
    if kind is Kind.AFTER:
        return rest + close
    if kind is Kind.STOP:
        return rest + close if not last or set(marks) <= STOPS else rest
    if kind is Kind.DASH:
        return rest if last else rest + close
    return rest
