"""Masks for forms made of words: tokens of letters are weighed all at once.

Letters are walked once for each prefix, whatever the line. The line then only weighs where they
lead, with two products of a matrix and a vector. So a mask costs some 20 microseconds, also with
thousands of subwords, where stepping each token character by character takes milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.forms.automata.base import Mask, S, Walk
from rnngen.forms.automata.masks import Masks, concatenate_masks
from rnngen.forms.language.letters import fold

if TYPE_CHECKING:
    from rnngen.forms.automata.base import Branch, LetterAutomaton, LineBreaks, Vocabulary
    from rnngen.forms.automata.trie import Node


class WordMasks(Masks[S]):
    """Masks of an automaton that knows words."""

    automaton: LetterAutomaton[S]

    def __init__(
        self,
        automaton: LetterAutomaton[S],
        vocabulary: Vocabulary,
        breaks: LineBreaks | None = None,
    ) -> None:
        super().__init__(automaton, vocabulary)
        self.breaks = breaks
        self._walks: dict[tuple[Branch, Node, str], Walk] = {}  # few, and the same for all lines
        self._others_below: dict[tuple[S, Branch], list[Mask]] = {}

    def breaks_line(self, state: S) -> bool:
        return self.automaton.breaks_line(state)

    def forget(self) -> None:
        super().forget()
        self._others_below.clear()

    def follow(self, state: S, char: str) -> S:
        """Without weighing the word that a letter leads to: the mask has done so."""
        place = self.automaton.letters(state)
        node = place[0].child(fold(char)) if place is not None else None
        return super().follow(state, char) if node is None else self.automaton.inside(state, node)

    def _walk_from(self, state: S, branch: Branch) -> Mask:
        parts = self._others(state, branch)
        place = self.automaton.letters(state) if branch.letters else None
        if place is not None:
            walk = self._walk(branch, *place)
            tokens, worths = walk.tokens, self.automaton.weigh(state, walk)  # (k,) each
            fits = worths > 0
            if not fits.all():
                tokens, worths = tokens[fits], worths[fits]
            parts.append(Mask(tokens, np.log(worths)))
            # Tokens such as "moon, " leave the word before they end.
            for below, node in walk.exits:
                parts += self._others(self.automaton.inside(state, node), below)
        return concatenate_masks(parts)

    def _others(self, state: S, branch: Branch) -> list[Mask]:
        """Masks of the tokens below `branch` whose next character is no letter.

        They begin by ending the open word, and most words lead to the same state then. So what is
        found is kept by the state after the word, which is met far more often than the word's own.
        """
        if not branch.others:
            return []
        ended = self.automaton.end_word(state)
        if ended is None:
            return []
        key = (ended, branch)
        parts = self._others_below.get(key)
        if parts is None:
            parts = self._others_below[key] = self._step_each(ended, branch.others)
        return list(parts)

    def _walk(self, branch: Branch, node: Node, only: str) -> Walk:
        key = (branch, node, only)
        found = self._walks.get(key)
        if found is None:
            found = self._walks[key] = _walk_letters(branch, node, only)
        return found


def _walk_letters(branch: Branch, node: Node, only: str) -> Walk:
    """Walk the tree of tokens and the tree of words together, as far as tokens are letters.

    only: the letter that must come first, "" for any.
    """
    tokens: list[int] = []
    ranges: list[tuple[int, int]] = []  # of the words that begin with prefix + token
    exits: list[tuple[Branch, Node]] = []
    waiting = [(branch, node, only)]
    while waiting:
        branch, node, only = waiting.pop()
        for letter, (low, high, _) in node.letters.items():
            if only and letter != only:
                continue
            # One letter has several branches: a capital is the same letter of a word.
            for below in branch.letters.get(letter, ()):
                tokens += below.tokens
                ranges += [(low, high)] * len(below.tokens)
                if below.letters or below.others:
                    child = node.child(letter)
                    assert child is not None
                    waiting.append((below, child, ""))
                    if below.others and child.word >= 0:
                        exits.append((below, child))
    bounds = np.array(ranges, np.int64).reshape(-1, 2)  # (k, 2)
    low_bounds, high_bounds = bounds[:, 0], bounds[:, 1]
    mass = node.tree.every.ranges(low_bounds, high_bounds)  # (k, C)
    total = mass.sum(axis=1)
    # P(count | prefix), whose product with a line's tables is the look-ahead of each token.
    shares = mass / total[:, None]
    return Walk(np.array(tokens, np.int64), low_bounds, high_bounds, shares, total, exits)
