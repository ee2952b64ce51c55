"""A form whose texts begin with given characters, and tokens that spell them in any way.

A tokenizer cuts `the river` into `the| river` but `the ri` into `the| ri`. So the end of a prompt
is not read as tokens. Its characters are forced, and a token may cross their end:

    given " ri"   " river", " ripe"   cross the end: what comes after is for the form to judge
                  " ri"               spells all of it
                  " r", " "           spell a part: the next token goes on from there
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.automata.base import Mask
from rnngen.forms.automata.masks import concatenate_masks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rnngen.forms.automata.base import TextState, TokenState
    from rnngen.forms.automata.characters import CharacterState
    from rnngen.forms.automata.masks import Masks
    from rnngen.forms.automata.words import WordState

    FormMasks = Masks[WordState] | Masks[CharacterState]

LEAST_COMPLETION = math.log(1e-9)
"""Spellings that the model hardly completes are tried so rarely, but none is ruled out."""


class Leading:
    """A TokenAutomaton that forces some bytes first, and then goes on in a form.

    When "the" has been read, this forces " ri":

    >>> leading = Leading(masks, b" ri", "the ri")

    Once the bytes are spelled, its states are those of `masks`, so it costs nothing from there.
    """

    def __init__(
        self,
        masks: FormMasks,
        given: bytes,
        prompt: str,
        *,
        completions: Mapping[tuple[int, ...], float] | None = None,
        barred: frozenset[str] = frozenset(),
        spelled: tuple[int, ...] = (),
    ) -> None:
        """given: each of its characters, or else each byte of it, must be a token.

        prompt: what the form has read when `given` is spelled; it must allow that and go on.
        completions: for tokens that spell a part of `given`, the log-probability that the model
        spells the rest. It is a look-ahead, so it need not be exact. None takes all as equal.
        barred: characters that must not come right after `given`.
        spelled: tokens that begin the text, of those that are allowed.
        """
        self.vocabulary, self.given, self.barred = masks.vocabulary, given, barred
        beyond = masks.read(prompt)
        assert beyond is not None, "the form allows the prompt"
        self.beyond: TextState = beyond
        self._prompt, self._spelled = prompt, spelled
        self._render = masks.automaton.render
        self.breaks = masks.breaks
        self._completions = completions

    def start(self) -> TokenState:
        state = self.state((), self.given)
        for token in self._spelled:
            state = state.after(token)
        return state

    def render(self, tokens: Sequence[int]) -> str:
        pieces = self.vocabulary.pieces
        written = b"".join(pieces[token] for token in (*self._spelled, *tokens))
        return self._render(self._prompt + written[len(self.given) :].decode())

    def state(self, spelled: tuple[int, ...], rest: bytes) -> TokenState:
        """The state after these tokens, when `rest` is still to be spelled."""
        return LeadingState(self, spelled, rest) if rest or self.barred else self.beyond

    def log_completion(self, spelled: tuple[int, ...]) -> float:
        """The log of how likely the model is to spell the rest after these tokens."""
        if self._completions is None:
            return 0.0
        return max(LEAST_COMPLETION, self._completions.get(spelled, LEAST_COMPLETION))


class LeadingState:
    """A TokenState before the end of what is given, or right after it if something is barred."""

    __slots__ = ("_after", "_leading", "_mask", "_rest", "_spelled", "worth")

    is_final = False

    def __init__(self, leading: Leading, spelled: tuple[int, ...], rest: bytes) -> None:
        """spelled: the tokens so far.  rest: the bytes that are still to come."""
        self._leading, self._spelled, self._rest = leading, spelled, rest
        log_completion = leading.log_completion(spelled) if rest else 0.0
        # psi = P(the rest is spelled) * psi(the form after it)
        self.worth = leading.beyond.worth * math.exp(log_completion)
        self._mask: Mask | None = None
        self._after: dict[int, TokenState] = {}

    @property
    def breaks_line(self) -> bool:
        """What is given stands in every text, and so does a break in it, which needs no weight."""
        return not self._rest and self._leading.beyond.breaks_line

    def mask(self) -> Mask:
        if self._mask is None:
            self._mask = concatenate_masks([self._crossing(), *self._within()])
        return self._mask

    def after(self, token: int) -> TokenState:
        found = self._after.get(token)
        if found is None:
            found = self._after[token] = self._next(token)
        return found

    def _next(self, token: int) -> TokenState:
        piece = self._leading.vocabulary.pieces[token]
        if not self._rest:
            return self._leading.beyond.after(token)
        if len(piece) > len(self._rest):
            return self._leading.beyond.follow(piece[len(self._rest) :].decode())
        return self._leading.state((*self._spelled, token), self._rest[len(piece) :])

    def _crossing(self) -> Mask:
        """Tokens that spell the rest and more, where the form allows what comes after."""
        vocabulary, barred = self._leading.vocabulary, self._leading.barred
        try:
            rest = self._rest.decode()
        except UnicodeDecodeError:  # the tokens so far end inside a character
            return concatenate_masks([])
        branch = vocabulary.branch(rest)
        if branch is None:
            return concatenate_masks([])
        mask = self._leading.beyond.below(branch) if rest else self._leading.beyond.mask()
        if not barred:
            return mask
        following = [vocabulary.texts[token][len(rest) :][:1] for token in mask.tokens.tolist()]
        fits = np.array([char not in barred for char in following], bool)
        return Mask(mask.tokens[fits], mask.log_worths[fits])

    def _within(self) -> list[Mask]:
        """Tokens that spell the rest and no more, or a part of it."""
        found: dict[bool, list[int]] = {True: [], False: []}
        for token, piece in enumerate(self._leading.vocabulary.pieces):
            if piece and self._rest.startswith(piece):
                found[piece == self._rest].append(token)
        parts = []
        for tokens in filter(None, found.values()):
            states = [self.after(token) for token in tokens]
            worths = [state.worth for state in states]
            parts.append(Mask(np.array(tokens, np.int64), np.log(worths)))
        return parts
