"""How a text begins: the prompt, read by the model, its last word left open.

A tokenizer of subwords cuts `the river` into `the| river` but `the ri` into `the| ri`, which in a
text is followed by `pe` and never by `ver`. So only what no later text can change is encoded as
it stands (`Tokenizer.settled`). The rest of the prompt is spelled by the model itself: all token
sequences that begin with it are followed (spelling.py), and one is drawn in proportion to its
probability. That is the model's own distribution of texts, given that they begin with the prompt's
characters, wherever the prompt was cut.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from rnngen.sampling.spelling import Beginning, SpellingTree, TokenSpellings
from rnngen.tokenizers.base import utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime
    from rnngen.tokenizers.base import Tokenizer

    FloatArray = NDArray[np.float64]

BLOCK = 256  # tokens read at once


def normalized(text: str) -> str:
    """`text` as training text is read: NFC, lines ended by a newline."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


class PromptReader:
    """Reads prompts with one model; the last one is remembered, as most texts have the same."""

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: Tokenizer,
        config: SampleConfig,
        *,
        start_id: int,
        forbidden: NDArray[np.bool_],
    ) -> None:
        """start_id: the token before each text.  forbidden: (V,), tokens never to draw."""
        self._runtime, self._tokenizer, self._config = runtime, tokenizer, config
        self._start_id = start_id
        self._spellings = TokenSpellings(tokenizer.pieces, forbidden)
        self.read = lru_cache(maxsize=1)(self._read)

    def _read(self, prompt: str) -> OpenPrompt:
        """The prompt, for texts to begin with."""
        settled = self._tokenizer.settled(prompt)
        ids = [self._start_id, *self._tokenizer.encode(prompt[:settled]).tolist()]
        beginning = self._continued(Beginning([], self._runtime.start(1)), ids)
        if settled == len(prompt):
            return OpenPrompt(self._config, lambda: beginning, None)
        rest = self._tokenizer.encode(prompt[settled:]).tolist()
        tree = SpellingTree(self._runtime, self._spellings, beginning, utf8(prompt[settled:]))
        return OpenPrompt(self._config, lambda: self._continued(beginning, rest), tree)

    def _continued(self, beginning: Beginning, ids: list[int]) -> Beginning:
        """The beginning with more tokens, all but the last of them read."""
        state, unread = beginning.state, [*beginning.ids[-1:], *ids[:-1]]
        for begin in range(0, len(unread), BLOCK):
            block = np.array([unread[begin : begin + BLOCK]], dtype=np.int64)
            _, state = self._runtime.forward(block, state)
        return Beginning([*beginning.ids, *ids], state)


class OpenPrompt:
    """A prompt as texts begin with it: in one way if it is closed, else in one that is drawn."""

    def __init__(
        self, config: SampleConfig, closed: Callable[[], Beginning], tree: SpellingTree | None
    ) -> None:
        """closed: the prompt as it is encoded by itself.  tree: None if nothing is open."""
        self._config, self._closed = config, closed
        self._tree = tree if tree is not None and len(tree.choices[0]) else None
        self._logs = lru_cache(maxsize=64)(self._normalized_logs)

    def _normalized_logs(self, temperature: float) -> tuple[FloatArray, FloatArray]:
        """Of each choice: the model's log-probability, and the one it is drawn with, (K,) each."""
        assert self._tree is not None
        learned = _normalized(self._tree.choices[2])
        if temperature == 0:
            return learned, np.where(np.arange(len(learned)) == learned.argmax(), 0.0, -np.inf)
        drawn = self._tree.drawn_logs(self._config, temperature)
        # Truncation may leave nothing that spells the prompt; then the model's own choice stands.
        return learned, _normalized(drawn) if np.isfinite(drawn).any() else learned

    def draw(
        self, temperature: float, uniforms: Iterator[float], allowed: Callable[[bytes], bool]
    ) -> Beginning:
        """A beginning whose addition is allowed. Takes uniforms only if the prompt is open."""
        if self._tree is None:
            return self._closed()
        learned, drawn = self._logs(temperature)
        shares = np.exp(drawn)
        while shares.any():
            sums = np.cumsum(shares)
            choice = int(np.searchsorted(sums, next(uniforms) * sums[-1], side="right"))
            found = self._tree.beginning(choice, float(learned[choice]), float(drawn[choice]))
            if allowed(found.added):
                return found
            shares[choice] = 0.0
        return self._closed()

    def likeliest(self, count: int, allowed: Callable[[bytes], bool]) -> list[Beginning]:
        """The `count` likeliest beginnings whose addition is allowed, the likeliest first."""
        if self._tree is None:
            return [self._closed()]
        learned = _normalized(self._tree.choices[2])
        found = (
            self._tree.beginning(choice, float(learned[choice]), float(learned[choice]))
            for choice in np.argsort(-learned, kind="stable").tolist()
        )
        likeliest = (beginning for beginning in found if allowed(beginning.added))
        return list(islice(likeliest, count)) or [self._closed()]


def _normalized(logs: FloatArray) -> FloatArray:
    """Log-probabilities whose exponentials sum to 1."""
    top = logs.max()
    below: FloatArray = logs - (top + np.log(np.exp(logs - top).sum()))
    return below
