"""From characters to tokens: which tokens may follow a state, and what each is worth.

The vocabulary is a tree of characters. A walk through the tree and the automaton together finds
every token whose characters may follow. What it finds is kept here, by state: a text meets the same
states again and again, and all texts of a form share them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

import numpy as np

from rnngen.forms.automata.base import Mask, S
from rnngen.forms.language.letters import END

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.forms.automata.base import Automaton, Branch, LineBreaks, Vocabulary

_MANY_STATES = 100_000
_NOTHING = Mask(np.zeros(0, np.int64), np.zeros(0))


class MaskedState(Generic[S]):
    """A TextState: a state of an automaton with what `Masks` finds for it, computed once."""

    __slots__ = ("_after", "_mask", "_masks", "_state", "is_final")

    def __init__(self, masks: Masks[S], state: S) -> None:
        self._masks, self._state = masks, state
        self.is_final = masks.automaton.is_final(state)
        self._mask: Mask | None = None
        self._after: dict[int, MaskedState[S]] = {}

    @property
    def worth(self) -> float:
        return self._masks.automaton.worth(self._state)

    @property
    def breaks_line(self) -> bool:
        return self._masks.breaks_line(self._state)

    def mask(self) -> Mask:
        if self._mask is None:
            self._mask = self._masks.mask(self._state)
        return self._mask

    def after(self, token: int) -> MaskedState[S]:
        found = self._after.get(token)
        if found is None:
            found = self.follow(self._masks.vocabulary.texts[token])
            self._after[token] = found
        return found

    def below(self, branch: Branch) -> Mask:
        return self._masks.below(self._state, branch)

    def follow(self, text: str) -> MaskedState[S]:
        state = self._state
        for char in text or (END,):
            state = self._masks.follow(state, char)
        return self._masks.masked(state)


class Masks(Generic[S]):
    """The tokens of one vocabulary that one automaton allows: a TokenAutomaton.

    Subclasses find the same masks faster, for automata that know words or have one line.
    """

    breaks: LineBreaks | None = None

    def __init__(self, automaton: Automaton[S], vocabulary: Vocabulary) -> None:
        self.automaton, self.vocabulary = automaton, vocabulary
        self._states: dict[S, MaskedState[S]] = {}
        self._below: dict[tuple[S, Branch], Mask] = {}

    def start(self) -> MaskedState[S]:
        return self.masked(self.automaton.start())

    def read(self, text: str) -> MaskedState[S] | None:
        """The state after `text`, or None if no text of the form begins so and goes on."""
        state: S | None = self.automaton.start()
        for char in text:
            state = None if state is None else self.automaton.step(state, char)
            if state is None or self.automaton.is_final(state):
                return None
        return None if state is None else self.masked(state)

    def breaks_line(self, state: S) -> bool:
        """See TokenState."""
        return False

    def render(self, tokens: Sequence[int]) -> str:
        return self.automaton.render("".join(self.vocabulary.texts[token] for token in tokens))

    def masked(self, state: S) -> MaskedState[S]:
        """The state as the search sees it, the same object each time."""
        found = self._states.get(state)
        if found is None:
            if len(self._states) > _MANY_STATES:
                self.forget()
            found = self._states[state] = MaskedState(self, state)
        return found

    def forget(self) -> None:
        """Drop what was computed, which takes memory. It is computed anew when it is needed."""
        self._states.clear()
        self._below.clear()

    def mask(self, state: S) -> Mask:
        """What may follow `state`; never empty unless the state is final."""
        return self.below(self.automaton.key(state), self.vocabulary.root)

    def below(self, state: S, branch: Branch) -> Mask:
        """The mask of the tokens below `branch`, when its characters have led to `state`.

        So a token "a b" of the root is " b" below the branch "a", and "b" below "a ".
        """
        key = (state, branch)
        found = self._below.get(key)
        if found is None:
            found = self._below[key] = self._walk_from(state, branch)
        return found

    def follow(self, state: S, char: str) -> S:
        """`step` with a character that is known to be allowed, by the mask of a token."""
        after = self.automaton.step(state, char)
        assert after is not None, "only tokens of a mask may be drawn"
        return after

    def _walk_from(self, state: S, branch: Branch) -> Mask:
        return concatenate_masks(self._step_each(state, branch.grown))

    def _step_each(self, state: S, branches: Mapping[str, Branch]) -> list[Mask]:
        """Masks of the tokens that go on with one of these characters."""
        parts: list[Mask] = []
        tokens: list[int] = []
        worths: list[float] = []
        for char, below in branches.items():
            after = self.automaton.step(state, char)
            if after is not None:
                tokens += below.tokens  # those that end with this character
                worths += [self.automaton.worth(after)] * len(below.tokens)
                if below.grown and not self.automaton.is_final(after):
                    parts.append(self.below(after, below))  # and the longer ones
        if tokens:
            parts.append(Mask(np.array(tokens), np.log(worths)))
        return parts


def concatenate_masks(parts: list[Mask]) -> Mask:
    """One mask of masks that share no token."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _NOTHING
    return Mask(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.log_worths for part in parts]),
    )
