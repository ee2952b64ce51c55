"""All tokens at once through a form of one line that counts characters, such as a tweet.

Walking thousands of subwords from each place of a tweet takes seconds; as columns of a table of
characters they take a millisecond. It must say what `CharacterAutomaton.step` says, token by token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.automata.base import Mask

if TYPE_CHECKING:
    from rnngen.forms.automata.base import Vocabulary
    from rnngen.forms.automata.characters import CharacterAutomaton, CharacterState

_ABSENT = -1  # a character that may not occur
_NEWLINE, _SPACE = 1, 2


class LineMasks:
    """Masks of a `CharacterAutomaton` of one line, over one vocabulary of V tokens."""

    def __init__(self, automaton: CharacterAutomaton, vocabulary: Vocabulary) -> None:
        self._automaton = automaton
        self._tokens = np.array([t for t, text in enumerate(vocabulary.texts) if text], np.int64)
        texts = [vocabulary.texts[t] for t in self._tokens.tolist()]
        self._lengths = np.array([len(text) for text in texts])
        shape = (len(texts), int(self._lengths.max(initial=1)))
        self._places = np.full(shape, _ABSENT)
        self._blanks = np.zeros(shape, np.int8)
        for row, text in enumerate(texts):
            self._places[row, : len(text)] = [automaton.places.get(c, _ABSENT) for c in text]
            self._blanks[row, : len(text)] = [
                _NEWLINE * (c == "\n") + _SPACE * (c == " ") for c in text
            ]
        self._end_id = vocabulary.end_id

    def mask(self, state: CharacterState) -> Mask:
        """What may follow `state`, but for the end token."""
        automaton = self._automaton
        low, high = automaton.lines[0]
        count = len(self._tokens)
        used, shapes = np.full(count, state.used), np.full(count, state.shape)
        closed, done = np.full(count, state.closed), np.zeros(count, bool)
        fits = np.ones(count, bool)
        for column in range(self._places.shape[1]):
            reads = fits & (column < self._lengths)
            fits &= ~(reads & done)
            reads &= ~done
            if not reads.any():
                break
            place, blank = self._places[:, column], self._blanks[:, column]
            whole = (blank > 0) & (used >= low) & automaton.closable[0][shapes]
            ends = reads & whole & automaton.may_close(blank == _SPACE, used)
            goes = reads & ~ends
            after = automaton.moves[shapes, place]
            weights = automaton.weights[place]
            possible = (place != _ABSENT) & (after >= 0) & (used + weights <= high)
            fits &= ~goes | possible
            goes &= possible
            used = np.where(goes, used + weights, used)
            shapes = np.where(goes, after, shapes)
            closed |= goes & whole & automaton.cut
            fits &= ~goes | closed | automaton.fits[0][shapes, used]
            done |= ends | (goes & closed & (used == high))
        worths = np.where(closed | done, 1.0, automaton.worths[used])
        return Mask(self._tokens[fits], np.log(worths[fits]))
