"""From characters to tokens: which tokens may follow a state, and what each is worth.

Tokens are the paths of a tree of characters, walked together with the automaton. Letters are walked
once for each prefix, whatever the line; the line then only weighs them (two products of a matrix
with a vector), so a mask costs some 20 microseconds, also with thousands of subwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.forms.automata.base import Mask, Walk
from rnngen.forms.language.letters import END

if TYPE_CHECKING:
    from rnngen.forms.automata.base import Automaton, Branch, Vocabulary
    from rnngen.forms.automata.line_masks import LineMasks
    from rnngen.forms.automata.trie import Node

_NOTHING = Mask(np.zeros(0, np.int64), np.zeros(0))


def _concatenate(parts: list[Mask]) -> Mask:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return _NOTHING
    return Mask(
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.log_worths for part in parts]),
    )


class Masks:
    """Masks of one automaton over one vocabulary, each computed once."""

    def __init__(
        self, automaton: Automaton, vocabulary: Vocabulary, line_masks: LineMasks | None = None
    ) -> None:
        """line_masks: all tokens at once, for an automaton of one line that counts characters."""
        self.automaton, self.vocabulary, self.line_masks = automaton, vocabulary, line_masks
        self._walks: dict[tuple[Branch, Node, str], Walk] = {}

    def mask(self, state: Any) -> Mask:
        """What may follow `state`; never empty unless the state is done."""
        return self._part(self.automaton.key(state), self.vocabulary.root)

    def after(self, state: Any, token: int) -> Any:
        """The state after a token of its mask."""
        found = state.tokens.get(token)
        if found is None:
            found = state
            for char in self.vocabulary.texts[token] or (END,):
                found = self.automaton.follow(found, char)
            state.tokens[token] = found
        return found

    def _part(self, state: Any, branch: Branch) -> Mask:
        """The mask of the tokens below `branch`, when its characters have led to `state`."""
        found: Mask | None = state.parts.get(branch)
        if found is None:
            found = state.parts[branch] = self._walk_from(state, branch)
        return found

    def _walk_from(self, state: Any, branch: Branch) -> Mask:
        if not self.automaton.uses_words:
            return self._walk_characters(state, branch)
        parts = self._others(state, branch)
        place = self.automaton.letters(state) if branch.letters else None
        if place is not None:
            walk = self._walk(branch, *place)
            tokens, worths = walk.tokens, state.tables.prefixes(state.used, walk)
            fits = worths > 0
            if not fits.all():
                tokens, worths = tokens[fits], worths[fits]
            parts.append(Mask(tokens, np.log(worths)))
            for below, node in walk.exits:
                parts += self._others(self.automaton.inside(state, node), below)
        return _concatenate(parts)

    def _walk_characters(self, state: Any, branch: Branch) -> Mask:
        """For automata without words; one line of characters is computed for all tokens at once."""
        is_root = branch is self.vocabulary.root
        if self.line_masks is None or not is_root or state is self.automaton.start():
            return _concatenate(self._step_each(state, branch.grown))
        end = self._step_each(state, {END: branch.grown[END]})
        return _concatenate([self.line_masks.mask(state), *end])

    def _others(self, state: Any, branch: Branch) -> list[Mask]:
        """Masks of the tokens below `branch` whose next character is no letter."""
        state = self.automaton.end_word(state)
        if state is None or not branch.others:
            return []
        parts: list[Mask] | None = state.parts.get((branch,))
        if parts is None:
            parts = state.parts[branch,] = self._step_each(state, branch.others)
        return list(parts)

    def _step_each(self, state: Any, branches: dict[str, Branch]) -> list[Mask]:
        parts, tokens, worths = [], [], []
        for char, below in branches.items():
            after = self.automaton.step(state, char)
            if after is not None:
                tokens += below.tokens
                worths += [after.worth] * len(below.tokens)
                if below.grown and not after.done:
                    parts.append(self._part(after, below))
        if tokens:
            parts.append(Mask(np.array(tokens), np.log(worths)))
        return parts

    def _walk(self, branch: Branch, node: Node, only: str) -> Walk:
        key = (branch, node, only)
        found = self._walks.get(key)
        if found is None:
            found = self._walks[key] = _walk_letters(branch, node, only)
        return found


def _walk_letters(branch: Branch, node: Node, only: str) -> Walk:
    tokens: list[int] = []
    ranges: list[tuple[int, int]] = []
    exits: list[tuple[Branch, Node]] = []
    waiting = [(branch, node, only)]
    while waiting:
        branch, node, only = waiting.pop()
        for letter, (low, high, _) in node.letters.items():
            if only and letter != only:
                continue
            for below in branch.letters.get(letter, ()):
                tokens += below.tokens
                ranges += [(low, high)] * len(below.tokens)
                if below.letters or below.others:
                    child = node.child(letter)
                    assert child is not None
                    waiting.append((below, child, ""))
                    if below.others and child.word >= 0:
                        exits.append((below, child))
    bounds = np.array(ranges, np.int64).reshape(-1, 2)
    low_bounds, high_bounds = bounds[:, 0], bounds[:, 1]
    mass = node.tree.every.ranges(low_bounds, high_bounds)
    total = mass.sum(axis=1)
    shares = mass / total[:, None]
    return Walk(np.array(tokens, np.int64), low_bounds, high_bounds, shares, total, exits)
