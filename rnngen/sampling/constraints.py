"""Which tokens the text so far rules out, and which it favours: banned, biased and broken strings.

A string seldom is one token. So every rule is a small automaton over bytes, and each token's piece
is read by it from the state the text is in: a ban forbids the pieces that would complete the
string, wherever it began; a bias pays for every byte that carries the string further. Reading all
pieces at once is one table look-up a byte, remembered for each state.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from rnngen.tokenizers.base import utf8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.sampling.novelty_guard import NoveltyGuard
    from rnngen.tokenizers.base import Tokenizer

    States = tuple[int, ...]

_PAD = 256  # stands after the end of a piece; every state keeps to itself on it


class ByteAutomaton:
    """States over bytes, and what every piece does from each. The last state is the goal.

    table: (S, 257), the state after a byte.  codes: (V, P), the bytes of each piece, then `_PAD`.
    """

    def __init__(self, table: NDArray[np.int64], codes: NDArray[np.int64]) -> None:
        self.goal = len(table) - 1
        self._table = table
        self._codes = codes
        self.transitions = lru_cache(maxsize=None)(self._transitions)

    def read(self, data: bytes, state: int = 0) -> tuple[int, bool]:
        """The state after `data`, and whether the goal was reached on the way."""
        reached = False
        for byte in data:
            state = int(self._table[state, byte])
            reached |= state == self.goal
        return state, reached

    def _transitions(self, state: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each token, (V,): the state after its piece, and how often it reached the goal."""
        states = np.full(len(self._codes), state)
        goals = np.zeros_like(states)
        for column in self._codes.T:
            states = self._table[states, column]
            goals += (states == self.goal) & (column != _PAD)
        return states, goals


class Constraints:
    """The tokens a text may take next, and the bias on them, from the states it is in.

    Always forbidden: `forbidden`, and tokens of no bytes but the end token. From the text so far:
    what completes a banned string, what cannot be UTF-8, and an end within a character. When
    nothing is left the text ends: the end token has no bytes, so it can complete nothing.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        config: SampleConfig,
        forbidden: NDArray[np.bool_] | None,
        guard: NoveltyGuard | None = None,
    ) -> None:
        """guard: for `config.novel`; `draft.constrain_logits` asks it."""
        self.guard = guard
        self.pieces = tokenizer.pieces
        self.end_id = tokenizer.end_id
        self.biased = bool(config.bias)
        self._always_forbidden = np.array([not piece for piece in self.pieces])
        self._always_forbidden[self.end_id] = False
        if forbidden is not None:
            self._always_forbidden |= forbidden
        utf8_tables = [] if all(_is_text(piece) for piece in self.pieces) else [_utf8_table()]
        bans = [_match_table(utf8(text), overlapping=True) for text in config.ban]
        bias_tables = [_match_table(utf8(text), overlapping=False) for text, _ in config.bias]
        tables = [*utf8_tables, *bans, *bias_tables]
        codes = _codes(self.pieces) if tables else None
        self._automata = [ByteAutomaton(table, codes) for table in tables if codes is not None]
        self._num_masking = len(utf8_tables) + len(bans)
        self._checks_utf8 = bool(utf8_tables)
        self._nats = [nats for _, nats in config.bias]
        # Texts are in few states at a time; those in the same one get the very same array.
        self.start = lru_cache(maxsize=16)(self._start)
        self._mask = lru_cache(maxsize=1024)(self._find_mask)
        self._weights = lru_cache(maxsize=1024)(self._find_weights)

    def advance(self, states: States, token: int) -> States:
        """The states after `token`."""
        pairs = zip(self._automata, states, strict=True)
        return tuple(int(automaton.transitions(state)[0][token]) for automaton, state in pairs)

    def advance_bytes(self, states: States, data: bytes) -> States | None:
        """The states after `data`; None if it holds what is forbidden."""
        read = [a.read(data, state) for a, state in zip(self._automata, states, strict=True)]
        forbidden = any(reached for _, reached in read[: self._num_masking])
        return None if forbidden else tuple(state for state, _ in read)

    def mask(self, states: States, may_end: bool) -> NDArray[np.bool_]:
        """The tokens forbidden in `states`, (V,); at least one is left."""
        return self._mask(states[: self._num_masking], may_end)

    def weights(self, states: States) -> NDArray[np.float64]:
        """The bias in `states`, nats, (V,): each byte of a string is worth an equal share of its.

        Over a text that adds up to nats x (occurrences + share of one begun at the end): a string
        that breaks off, by the end of the text too, gives back what its beginning was given.
        """
        return self._weights(states[self._num_masking :])

    def masks(self, keys: Sequence[tuple[States, bool]]) -> NDArray[np.bool_]:
        """`mask` for several texts: (B, V), or (V,) if they are alike."""
        masks = [self.mask(*key) for key in keys]
        return masks[0] if all(mask is masks[0] for mask in masks) else np.stack(masks)

    def biases(self, states: Sequence[States]) -> NDArray[np.float64]:
        """`weights` for several texts, (B, V)."""
        return np.stack([self.weights(state) for state in states])

    def _start(self, prompt: str) -> States:
        """The states of a text that begins with `prompt`."""
        return tuple(automaton.read(utf8(prompt))[0] for automaton in self._automata)

    def _find_mask(self, states: States, may_end: bool) -> NDArray[np.bool_]:
        mask = self._always_forbidden.copy()
        for automaton, state in zip(self._automata[: self._num_masking], states, strict=True):
            mask |= automaton.transitions(state)[1] > 0
        if not may_end or (self._checks_utf8 and states[0] != 0):
            mask[self.end_id] = True
        if mask.all():
            mask[self.end_id] = False
        return mask

    def _find_weights(self, states: States) -> NDArray[np.float64]:
        weights = np.zeros(len(self.pieces))
        biased = zip(self._automata[self._num_masking :], states, self._nats, strict=True)
        for automaton, state, nats in biased:
            after, completed = automaton.transitions(state)
            size = automaton.goal
            carried = after % size - state % size + completed * size
            carried[self.end_id] = -(state % size)
            weights += nats * carried / size
        return weights


def _is_text(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _codes(pieces: Sequence[bytes]) -> NDArray[np.int64]:
    """The bytes of each piece, (V, P), followed by `_PAD`."""
    lengths = np.array([len(piece) for piece in pieces])
    codes = np.full((len(pieces), lengths.max()), _PAD)
    codes[np.arange(codes.shape[1]) < lengths[:, None]] = np.frombuffer(b"".join(pieces), np.uint8)
    return codes


def _table(states: int, rest: int) -> NDArray[np.int64]:
    """A table in which every byte leads to `rest`."""
    table = np.full((states, 257), rest)
    table[:, _PAD] = np.arange(states)
    return table


def _match_table(word: bytes, *, overlapping: bool) -> NDArray[np.int64]:
    """Finds `word` in a stream: state q has read q bytes of it (Knuth, Morris and Pratt 1977).

    overlapping: after an occurrence its own end may begin the next one, as in "aa" twice in "aaa".
    """
    table = _table(len(word) + 1, 0)
    fallback = 0
    for state, byte in enumerate(word):
        if state > 0:
            table[state, :_PAD] = table[fallback, :_PAD]
            fallback = table[fallback, byte]
        table[state, byte] = state + 1
    table[-1, :_PAD] = table[fallback if overlapping else 0, :_PAD]
    return table


def _utf8_table() -> NDArray[np.int64]:
    """Reads UTF-8: state 0 lies between characters, the last is for what is not UTF-8.

    States 1 to 3 want that many continuation bytes; 4 to 7 follow e0, ed, f0 and f4, whose next
    byte is restricted (no overlong forms, no surrogates, nothing above U+10FFFF).
    """
    table = _table(9, 8)
    table[0, 0x00:0x80] = 0
    table[0, 0xC2:0xE0] = 1
    table[0, 0xE0:0xF0] = 2
    table[0, 0xF0:0xF5] = 3
    table[0, [0xE0, 0xED, 0xF0, 0xF4]] = [4, 5, 6, 7]
    for state in (1, 2, 3):
        table[state, 0x80:0xC0] = state - 1
    table[4, 0xA0:0xC0] = table[5, 0x80:0xA0] = 1
    table[6, 0x90:0xC0] = table[7, 0x80:0x90] = 2
    return table
