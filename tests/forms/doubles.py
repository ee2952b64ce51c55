"""Small models for tests of forms: a character n-gram model, and one of given probabilities."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from rnngen.config import ModelConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from rnngen.model.runtime import FloatArray, IdArray, State


class ContextRuntime:
    """A Runtime whose logits are a function of the last `order` tokens; -1 stands for none.

    The state is one float32 array (1, B, order), so that a search may gather it as it would a
    recurrent state.
    """

    def __init__(
        self,
        vocab_size: int,
        order: int,
        log_probabilities: Callable[[tuple[int, ...]], FloatArray],
    ) -> None:
        self.config = ModelConfig(vocab_size=vocab_size)
        self._order, self.log_probabilities = order, log_probabilities

    def start(self, batch_size: int) -> State:
        return (np.full((1, batch_size, max(1, self._order)), -1, np.float32),)

    def step(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        (memory,) = state
        after = np.concatenate([memory[:, :, 1:], ids[None, :, None].astype(np.float32)], axis=2)
        logits = np.stack([self.log_probabilities(tuple(map(int, row))) for row in after[0]])
        return logits.astype(np.float32), (after,)

    def step_groups(
        self, ids: IdArray, state: State, sizes: Sequence[int]
    ) -> tuple[FloatArray, State]:
        assert sum(sizes) == len(ids)
        return self.step(ids, state)

    def forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        logits = []
        for column in ids.T:
            after, state = self.step(column, state)
            logits.append(after)
        return np.stack(logits, axis=1), state


class NgramModel:
    """An n-gram model of a text and its tokenizer, Witten-Bell smoothed.

    Tokens are characters, and `subwords`, the longest that fits being taken first.
    """

    kind = "subword"

    def __init__(self, documents: Sequence[str], order: int, subwords: Sequence[str] = ()) -> None:
        texts = [*sorted(set("".join(documents))), *subwords]
        self.end_id = len(texts)
        self.vocab_size = self.end_id + 1
        self.pieces = [text.encode() for text in texts] + [b""]
        self.seen = np.ones(self.vocab_size, dtype=np.bool_)
        self._ids = {text: i for i, text in enumerate(texts)}
        self._longest = max(map(len, texts))
        self._counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        self._cache: dict[tuple[int, ...], NDArray[np.float64]] = {}
        for document in documents:
            ids = [self.end_id, *self.encode(document), self.end_id]
            for place in range(1, len(ids)):
                for size in range(min(order, place) + 1):
                    self._counts[tuple(ids[place - size : place])][ids[place]] += 1
        self.runtime = ContextRuntime(len(self.pieces), order, self._logits)

    def encode(self, text: str) -> list[int]:
        ids, place = [], 0
        while place < len(text):
            sizes = range(self._longest, 0, -1)
            size = next(n for n in sizes if text[place : place + n] in self._ids)
            ids.append(self._ids[text[place : place + size]])
            place += size
        return ids

    def settled(self, text: str) -> int:
        """A word may grow into a subword, which may begin with the space before it."""
        return len(text) if self._longest == 1 else max(0, text.rfind(" "))

    def _logits(self, context: tuple[int, ...]) -> FloatArray:
        context = tuple(token for token in context if token >= 0)
        return np.log(self._probabilities(context)).astype(np.float32)

    def _probabilities(self, context: tuple[int, ...]) -> NDArray[np.float64]:
        if context in self._cache:
            return self._cache[context]
        shorter = (
            self._probabilities(context[1:])
            if context
            else np.full(len(self.pieces), 1 / len(self.pieces))
        )
        seen = self._counts.get(context)
        if not seen:
            return shorter
        total, kinds = sum(seen.values()), len(seen)
        found = shorter * kinds / (total + kinds)
        for token, count in seen.items():
            found[token] += count / (total + kinds)
        self._cache[context] = found
        return found
