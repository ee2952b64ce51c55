"""One text while it is being written, and the finished `SampledText` it becomes."""

from __future__ import annotations

import copy
import math
import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import CheckpointError
from rnngen.sampling import logits as rules
from rnngen.sampling.novelty_guard import NO_TRAIL
from rnngen.sampling.stops import StoppingDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import State
    from rnngen.sampling.constraints import Constraints
    from rnngen.sampling.spelling import Beginning

    FloatArray = NDArray[np.floating[Any]]

BLOCK = 256  # uniforms drawn at once


@dataclass(frozen=True)
class SampledText:
    """A finished text. Log-probabilities are natural, and of every token drawn: the end token and
    tokens of a part cut off count too, the prompt does not."""

    index: int
    seed: int
    prompt: str
    text: str  # without the prompt
    tokens: int
    log_probability: float  # as the model has it: no temperature, no rule
    drawn_log_probability: float  # as it was drawn: 0 at temperature 0
    bits_per_character: float  # of the text drawn, with any part cut off; 0 if there is none
    stop_reason: str  # end, length, chars, stop or until
    label: str | None = None  # of a model with labels

    @property
    def nats_per_token(self) -> float:
        """Mean surprise of the tokens drawn: what `best_of` and `beam` make least."""
        return -self.log_probability / self.tokens


@dataclass(frozen=True)
class SampleRequest:
    """A text to write. `candidate` tells apart the texts that `best_of` chooses from."""

    prompt: str
    seed: int
    index: int
    candidate: int = 0


class Draft:
    """What one text has drawn, what it says so far, and what it may draw next."""

    def __init__(
        self,
        request: SampleRequest,
        constraints: Constraints,
        config: SampleConfig,
    ) -> None:
        """To be given its `begin`ning."""
        self.request = request
        self.temperature = config.temperatures[request.index % len(config.temperatures)]
        self.uniforms = uniforms(request.seed, request.index, request.candidate)
        self.recent: deque[int] = deque(maxlen=min(config.repetition_window, sys.maxsize))
        self.states = constraints.start(request.prompt)
        self.trail = constraints.guard.start(request.prompt) if constraints.guard else NO_TRAIL
        self.tokens = 0
        self.log_probability = 0.0
        self.drawn_log_probability = 0.0
        self.parts: list[str] = []
        self._config = config
        self._constraints = constraints
        self._decoder = StoppingDecoder(config)

    @property
    def done(self) -> bool:
        return self._decoder.reason is not None

    @property
    def may_end(self) -> bool:
        return self._decoder.characters >= self._config.min_chars

    def allows(self, added: bytes) -> bool:
        """Whether the text may go on with these bytes, before it has drawn anything."""
        if self._constraints.advance_bytes(self.states, added) is None:
            return False
        guard = self._constraints.guard
        return guard is None or not guard.copies(self.trail, added)

    def begin(self, beginning: Beginning) -> None:
        """Take up the tokens it begins with; what the last adds to the prompt is text."""
        self.recent.extend(beginning.ids[1:])
        self.log_probability += beginning.log_probability
        self.drawn_log_probability += beginning.drawn_log_probability
        if not beginning.added:
            return
        self.tokens += 1
        states = self._constraints.advance_bytes(self.states, beginning.added)
        assert states is not None, "only what is allowed may be added"
        self.states = states
        if self._constraints.guard is not None:
            self.trail = self._constraints.guard.advance_bytes(self.trail, beginning.added)
        self._feed(beginning.added)

    def append(self, token: int, log_probability: float, drawn_log_probability: float) -> None:
        """Add a token; text that is certain then is appended to `parts`."""
        self.tokens += 1
        self.log_probability += log_probability
        self.drawn_log_probability += drawn_log_probability
        self.recent.append(token)
        self.states = self._constraints.advance(self.states, token)
        if self._constraints.guard is not None:
            self.trail = self._constraints.guard.advance(self.trail, token)
        if token == self._constraints.end_id:
            self.parts.append(self._decoder.finish("end"))
            return
        self._feed(self._constraints.pieces[token])

    def _feed(self, piece: bytes) -> None:
        self.parts.append(self._decoder.feed(piece))
        if self.tokens == self._config.length and not self.done:
            self.parts.append(self._decoder.finish("length"))

    def copy(self) -> Draft:
        """A draft that goes its own way from here. Shares the uniforms, so at most one may draw."""
        clone = copy.copy(self)
        clone.recent = self.recent.copy()
        clone.parts = self.parts.copy()
        clone._decoder = copy.copy(self._decoder)
        return clone

    def text(self) -> SampledText:
        """The finished text; call it when `done`."""
        reason = self._decoder.reason
        assert reason is not None
        bits = -self.log_probability / math.log(2)
        characters = self._decoder.characters
        return SampledText(
            index=self.request.index,
            seed=self.request.seed,
            prompt=self.request.prompt,
            text="".join(self.parts),
            tokens=self.tokens,
            log_probability=self.log_probability,
            drawn_log_probability=self.drawn_log_probability,
            bits_per_character=bits / characters if characters else 0.0,
            stop_reason=reason,
        )


def uniforms(seed: int, index: int, candidate: int = 0) -> Iterator[float]:
    """The endless uniforms in [0, 1) of text `index`: the same whatever else is drawn.

    Philox is counter-based (Salmon et al. 2011): the key is (seed, index) and the candidate is the
    counter's highest word, so no two of them ever meet. seed: any integer, taken modulo 2**64.
    """
    key = np.array([seed % 2**64, index], dtype=np.uint64)
    source = np.random.Philox(key=key, counter=np.array([0, 0, 0, candidate], dtype=np.uint64))
    while True:
        # Raw words and not Generator.random: NumPy promises the former never change (NEP 19).
        words = np.asarray(source.random_raw(BLOCK))
        yield from ((words >> np.uint64(11)) * 2.0**-53).tolist()


def constrain_logits(
    logits: FloatArray, drafts: Sequence[Draft], constraints: Constraints, config: SampleConfig
) -> FloatArray:
    """Logits (B, V) with what each draft forbids, repeats and favours: one row a draft."""
    masks = constraints.masks([(draft.states, draft.may_end) for draft in drafts])
    if constraints.guard is not None:
        masks = masks | constraints.guard.masks([draft.trail for draft in drafts])
        masks[masks.all(axis=1), constraints.end_id] = False  # nothing is left: the text ends
    logits = rules.forbid(logits, masks)
    if config.repetition_penalty != 1:
        recent = [draft.recent for draft in drafts]
        logits = rules.repetition(logits, recent, config.repetition_penalty)
    if constraints.biased:
        logits = rules.bias(logits, constraints.biases([draft.states for draft in drafts]))
    return logits


def check_finite(log_probabilities: FloatArray) -> FloatArray:
    """The same, checked: a NaN anywhere in a model's weights ends up here.

    Raises CheckpointError.
    """
    if np.isnan(log_probabilities).any():
        raise CheckpointError(
            "the model gives no probabilities, its numbers are not finite; train it again with a"
            " lower `learning_rate`."
        )
    return log_probabilities


def select_streams(state: State, rows: Sequence[int]) -> State:
    """The rows of a batch's state, in that order; a row may come several times."""
    return tuple(part[:, list(rows)] for part in state)


def concatenate_streams(states: Sequence[State]) -> State:
    """One batch of the rows of several."""
    return tuple(np.concatenate(parts, axis=1) for parts in zip(*states, strict=True))
