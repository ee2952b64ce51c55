"""How a text begins: the prompt, read by the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rnngen.model.runtime import Runtime, State
    from rnngen.tokenizers.base import Tokenizer

BLOCK = 256  # tokens read at once


class PromptReader:
    """Reads prompts with one model; the last one is remembered, as most texts have the same."""

    def __init__(self, runtime: Runtime, tokenizer: Tokenizer, start_id: int) -> None:
        """start_id: the token before each text."""
        self._runtime, self._tokenizer, self._start_id = runtime, tokenizer, start_id
        self._last: tuple[str, tuple[list[int], State]] | None = None

    def read(self, prompt: str) -> tuple[list[int], State]:
        """[start_id, *the prompt's tokens], and the state (L, 1, H) after all but the last.

        The last is left for the batch to step with, which gives the first logits.
        """
        if self._last is None or self._last[0] != prompt:
            self._last = (prompt, self._read(prompt))
        return self._last[1]

    def _read(self, prompt: str) -> tuple[list[int], State]:
        ids = [self._start_id, *self._tokenizer.encode(prompt).tolist()]
        state = self._runtime.start(1)
        for begin in range(0, len(ids) - 1, BLOCK):
            block = np.array([ids[begin : min(begin + BLOCK, len(ids) - 1)]], dtype=np.int64)
            _, state = self._runtime.forward(block, state)
        return ids, state
