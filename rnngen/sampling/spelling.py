"""All ways in which a model spells the end of a prompt, as a tree of tokens.

settled   rest                          the state of a node has read all tokens before it
the    -> " river", " ripe", ..         reach the end of the prompt: a text may begin so
       -> " ri" -> "ver", "p", ..
       -> " r"  -> "i", "iver", ..
       -> " "   -> "ri", "river", "r" -> ..
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.model.softmax import log_softmax
from rnngen.sampling import logits as rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime, State

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

NEGLIGIBLE = math.log(1e-9)  # of a spelling, against the likeliest: what lies behind is left out
MOST_NODES = 4096


@dataclass(frozen=True)
class Beginning:
    """The tokens a text begins with: the prompt's, and what the last of them adds to it."""

    ids: list[int]
    """The start token and all that follow; the model has not read the last one yet."""
    state: State
    """(L, 1, H), after all ids but the last."""
    added: bytes = b""
    """What the last token holds beyond the prompt."""
    log_probability: float = 0.0
    """Of this beginning among all that spell the prompt, as the model has it."""
    drawn_log_probability: float = 0.0
    """The same as it was drawn, with temperature and truncation."""


class TokenSpellings:
    """Which tokens spell the beginning of a string of bytes, or all of it and more."""

    def __init__(self, pieces: Sequence[bytes], forbidden: NDArray[np.bool_]) -> None:
        self.pieces = pieces
        self.forbidden = forbidden
        self._usable = [i for i, p in enumerate(pieces) if p and not forbidden[i]]
        self.spell = lru_cache(maxsize=1024)(self._spell)

    def _spell(self, rest: bytes) -> tuple[IntArray, list[int]]:
        """Tokens that begin with `rest`, int64 (k,), and those that are a beginning of it."""
        # Nearly all tokens fail at the first byte.
        near = [i for i in self._usable if self.pieces[i][0] == rest[0]]
        crossing = [i for i in near if self.pieces[i].startswith(rest)]
        inner = [
            i for i in near if len(self.pieces[i]) < len(rest) and rest.startswith(self.pieces[i])
        ]
        return np.array(crossing, np.int64), inner


class _Spelling(NamedTuple):
    """A spelling of a part of the rest."""

    ids: list[int]
    rest: bytes
    log_probability: float
    level: int
    row: int
    parent: int
    """The node before its last token; -1 for the root."""


class SpellingTree:
    """All token sequences that spell `rest` after a beginning, with what the model says of each.

    Built level by level, the nodes of a level read as one batch.
    choices: (K,) arrays of the sequences that reach the end of `rest`: the node before the last
    token, that token, and the log-probability of the whole under the model, not normalised.
    """

    def __init__(
        self, runtime: Runtime, spellings: TokenSpellings, beginning: Beginning, rest: bytes
    ) -> None:
        self._spellings = spellings
        self._nodes: list[_Spelling] = []
        self._levels: list[tuple[NDArray[np.float32], State]] = []  # logits (n, V), state (L, n, H)
        self._ends: list[tuple[IntArray, IntArray, FloatArray]] = []  # the choices, node by node
        self._best = -math.inf  # log-probability of the likeliest choice
        level, state = [_Spelling(beginning.ids, rest, 0.0, 0, 0, -1)], beginning.state
        while level:
            last = np.array([node.ids[-1] for node in level], dtype=np.int64)
            logits, state = runtime.step(last, state)
            self._levels.append((logits, state))
            learned = log_softmax(logits.astype(np.float64))
            following = [after for node in level for after in self._expand(node, learned[node.row])]
            likely = self._likely(following)
            state = tuple(part[:, [node.row for node in likely]] for part in state)
            level = [node._replace(row=row) for row, node in enumerate(likely)]
        nodes, tokens, logs = (np.concatenate(arrays) for arrays in zip(*self._ends, strict=True))
        self.choices = nodes, tokens, logs

    def _expand(self, node: _Spelling, learned: FloatArray) -> list[_Spelling]:
        """Note the choices that end after `node`; returns the nodes one token further.

        learned: (V,), the log-probability of each token there. A returned node's row is still that
        of `node`, whose state its token is to be read with.
        """
        index = len(self._nodes)
        self._nodes.append(node)
        crossing, inner = self._spellings.spell(node.rest)
        reached = node.log_probability + learned[crossing]
        self._best = max(self._best, float(reached.max(initial=-math.inf)))
        self._ends.append((np.full(len(crossing), index), crossing, reached))
        pieces = self._spellings.pieces
        return [
            _Spelling(
                [*node.ids, token],
                node.rest[len(pieces[token]) :],
                node.log_probability + float(learned[token]),
                len(self._levels),
                node.row,
                index,
            )
            for token in inner
        ]

    def _likely(self, nodes: list[_Spelling]) -> list[_Spelling]:
        """Those that matter beside what is found already, the likeliest if they are too many."""
        room = max(0, MOST_NODES - len(self._nodes))
        best = max([self._best, *(node.log_probability for node in nodes)])
        kept = [node for node in nodes if node.log_probability > best + NEGLIGIBLE]
        return sorted(kept, key=lambda node: -node.log_probability)[:room]

    def drawn_logs(self, config: SampleConfig, temperature: float) -> FloatArray:
        """The log-probability of each choice (K,) as tokens are drawn one by one."""
        left = [
            log_softmax(
                rules.truncate(
                    rules.forbid(logits, self._spellings.forbidden),
                    config,
                    np.full(len(logits), temperature),
                ).astype(np.float64)
            )
            for logits, _ in self._levels
        ]
        before = np.zeros(len(self._nodes))
        for index, node in enumerate(self._nodes[1:], 1):
            parent = self._nodes[node.parent]
            before[index] = before[node.parent] + left[parent.level][parent.row, node.ids[-1]]
        nodes, tokens, _ = self.choices
        rows = [left[node.level][node.row] for node in self._nodes]
        last = [rows[node][token] for node, token in zip(nodes, tokens, strict=True)]
        logs: FloatArray = before[nodes] + np.array(last)
        return logs

    def completions(self) -> dict[tuple[int, ...], float]:
        """For the tokens of each node, the log-probability that the rest is spelled after them.

        The tokens are those after the beginning: () for the root.
        """
        nodes, _, logs = self.choices
        through = np.full(len(self._nodes), -np.inf)  # log-probability of all choices by a node
        np.logaddexp.at(through, nodes, logs)
        for index in range(len(self._nodes) - 1, 0, -1):  # a node comes after its parent
            parent = self._nodes[index].parent
            through[parent] = np.logaddexp(through[parent], through[index])
        size = len(self._nodes[0].ids)
        return {
            tuple(node.ids[size:]): float(log - node.log_probability)
            for node, log in zip(self._nodes, through, strict=True)
        }

    def spelled(self, choice: int) -> tuple[int, ...]:
        """The tokens of a choice, those after the beginning."""
        nodes, tokens, _ = self.choices
        ids = self._nodes[nodes[choice]].ids
        return (*ids[len(self._nodes[0].ids) :], int(tokens[choice]))

    def beginning(self, choice: int, log_probability: float, drawn: float) -> Beginning:
        nodes, tokens, _ = self.choices
        node, token = self._nodes[nodes[choice]], int(tokens[choice])
        _, state = self._levels[node.level]
        row = tuple(part[:, node.row : node.row + 1] for part in state)
        added = self._spellings.pieces[token][len(node.rest) :]
        return Beginning([*node.ids, token], row, added, log_probability, drawn)
