"""Masks for forms of one line that counts characters, such as a tweet: all tokens at once.

Walking thousands of subwords from each place of a tweet takes seconds; as columns of a table of
characters they take a millisecond. It must find what `CharacterAutomaton.step` allows, token by
token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.automata.base import Mask
from rnngen.forms.automata.characters import CharacterState
from rnngen.forms.automata.masks import Masks, concatenate_masks
from rnngen.forms.language.letters import END

if TYPE_CHECKING:
    from rnngen.forms.automata.base import Branch, Vocabulary
    from rnngen.forms.automata.characters import CharacterAutomaton

_ABSENT = -1  # a character that may not occur
_NEWLINE, _SPACE = 1, 2


class LineMasks(Masks[CharacterState]):
    """Masks of a `CharacterAutomaton` of one line.

    For the V tokens that are text, the longest of W characters:
    places: (V, W), where each character stands in the automaton's tables, or absent.
    blanks: (V, W), which characters are a newline or a space.
    """

    automaton: CharacterAutomaton

    def __init__(self, automaton: CharacterAutomaton, vocabulary: Vocabulary) -> None:
        super().__init__(automaton, vocabulary)
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

    def _walk_from(self, state: CharacterState, branch: Branch) -> Mask:
        # The start is met once a text, and the table takes no account of what must not begin one.
        if branch is not self.vocabulary.root or state == self.automaton.start():
            return super()._walk_from(state, branch)
        end = self._step_each(state, {END: branch.grown[END]})
        return concatenate_masks([self.text_mask(state), *end])

    def text_mask(self, state: CharacterState) -> Mask:
        """What may follow `state`, but for the end token.

        `CharacterAutomaton.step` for all tokens side by side, one column of characters at a time.
        Everything is (V,): used units, shape, whether the text may be cut, whether it is over.
        """
        automaton = self.automaton
        low, high = automaton.lines[0]
        count = len(self._tokens)
        used, shapes = np.full(count, state.used), np.full(count, state.shape)
        closed, done = np.full(count, state.closed), np.zeros(count, bool)
        fits = np.ones(count, bool)
        for column in range(self._places.shape[1]):
            reads = fits & (column < self._lengths)  # tokens that have a character here
            fits &= ~(reads & done)  # nothing follows the end
            reads &= ~done
            if not reads.any():
                break
            place, blank = self._places[:, column], self._blanks[:, column]
            # A blank where the line may close ends the text, or marks a place to cut it.
            whole = (blank > 0) & (used >= low) & automaton.whole_at_blank[shapes]
            ends = reads & whole & automaton.may_close(blank == _SPACE, used)
            goes = reads & ~ends
            # All others move on, if the character may follow and the line has room for it ...
            after = automaton.moves[shapes, place]
            weights = automaton.weights[place]
            possible = (place != _ABSENT) & (after >= 0) & (used + weights <= high)
            fits &= ~goes | possible
            goes &= possible
            used = np.where(goes, used + weights, used)
            shapes = np.where(goes, after, shapes)
            closed |= goes & whole & automaton.cut
            # ... and if the line can still be finished from there.
            fits &= ~goes | closed | automaton.fits[0][shapes, used]
            done |= ends | (goes & closed & (used == high))
        worths = np.where(closed | done, 1.0, automaton.worths[used])
        return Mask(self._tokens[fits], np.log(worths[fits]))
