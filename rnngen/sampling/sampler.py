"""Free text from a model: a `Sampler` streams one text as it comes, or writes many side by side.

Text i depends on (model, config, prompt, seed, i) and on nothing else: not on how many texts are
asked for, how many are drawn at once, or whether one is streamed.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rnngen.model.softmax import log_probability
from rnngen.sampling import beam
from rnngen.sampling import logits as rules
from rnngen.sampling.constraints import Constraints
from rnngen.sampling.draft import (
    Draft,
    SampledText,
    SampleRequest,
    check_finite,
    concatenate_streams,
    constrain_logits,
    select_streams,
)
from rnngen.sampling.novelty_guard import NoveltyGuard
from rnngen.sampling.prompts import PromptReader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime, State
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer

WIDTH = 64
AHEAD = 4096  # texts that may wait for an earlier, longer one before no more are begun


class SampledModel(Protocol):
    """What a Sampler uses of a model; `rnngen.LanguageModel` is one."""

    @property
    def runtime(self) -> Runtime: ...
    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def start_id(self) -> int:
        """Read before the prompt: the end token where texts are documents, else a newline's."""
        ...

    @property
    def forbidden(self) -> NDArray[np.bool_]:
        """(V,), tokens never to draw; in continuous text the end token is one."""
        ...

    @property
    def novelty(self) -> SpanIndex | None:
        """The index of the training text, which `SampleConfig.novel` needs."""
        ...


class Sampler:
    """Writes texts with one model by one set of rules.

    >>> sampler = Sampler(model, SampleConfig(temperature=0.7))
    >>> [text.text for text in sampler.generate(["old pond"], seed=1, indices=range(3))]
    """

    def __init__(self, model: SampledModel, config: SampleConfig, *, width: int = WIDTH) -> None:
        """width: texts drawn side by side; a finished one gives its place to the next at once.

        Raises ConfigError if the model's index cannot tell what `config.novel` asks for.
        """
        self._runtime, self._config, self._width = model.runtime, config, width
        guard = None
        if config.novel is not None:
            guard = NoveltyGuard(model.novelty, config.novel, model.tokenizer.pieces)
        self._constraints = Constraints(model.tokenizer, config, model.forbidden, guard)
        self._prompts = PromptReader(
            model.runtime,
            model.tokenizer,
            config,
            start_id=model.start_id,
            forbidden=model.forbidden,
        )

    def generate(
        self, prompts: Sequence[str], *, seed: int, indices: Iterable[int]
    ) -> Iterator[SampledText]:
        """The texts of `indices`, in that order, each once it and those before it are finished.

        prompts: at least one; they take turns, so text i has prompts[i % len(prompts)].
        indices: may be endless.
        Raises CheckpointError if the model's numbers are not finite.
        """
        best_of = self._config.best_of
        requests = (
            SampleRequest(prompts[index % len(prompts)], seed, index, candidate)
            for index in indices
            for candidate in range(best_of)
        )
        if self._config.beam is not None:
            for request in requests:
                yield beam.search(
                    self._runtime,
                    self._constraints,
                    self._config,
                    request,
                    self._prompts.read(request.prompt),
                )
            return
        finished = self._in_order(requests)
        while candidates := [draft.text() for draft in islice(finished, best_of)]:
            yield min(candidates, key=lambda text: text.nats_per_token)  # of equals the first

    def stream(
        self, prompt: str = "", *, seed: int, index: int = 0
    ) -> Generator[str, None, SampledText]:
        """Pieces of one text as they become certain; returns the whole (`text = yield from ...`).

        With `best_of` or `beam` the one piece is the chosen text.
        """
        if self._config.best_of > 1 or self._config.beam is not None:
            text = next(self.generate([prompt], seed=seed, indices=[index]))
            yield text.text
            return text
        batch = self._batch()
        [draft] = batch.admit([SampleRequest(prompt, seed, index)])
        given = 0
        while True:
            if piece := "".join(draft.parts[given:]):
                yield piece
            given = len(draft.parts)
            if draft.done:
                return draft.text()
            batch.advance()

    def _batch(self) -> DraftBatch:
        return DraftBatch(self._runtime, self._constraints, self._config, self._prompts)

    def _in_order(self, requests: Iterator[SampleRequest]) -> Iterator[Draft]:
        """Finished drafts in the order of their requests, from a batch as full as it can be."""
        batch = self._batch()
        waiting: deque[Draft] = deque()
        while True:
            room = min(self._width - len(batch.drafts), AHEAD - len(waiting))
            if begun := list(islice(requests, max(0, room))):
                waiting += batch.admit(begun)
            if not waiting:
                return
            if batch.drafts:
                batch.advance()
            while waiting and waiting[0].done:
                yield waiting.popleft()


class DraftBatch:
    """Drafts side by side, each with its row of the recurrent state."""

    def __init__(
        self,
        runtime: Runtime,
        constraints: Constraints,
        config: SampleConfig,
        prompts: PromptReader,
    ) -> None:
        self.drafts: list[Draft] = []
        self._runtime, self._constraints, self._config = runtime, constraints, config
        self._prompts = prompts
        self._ids: list[int] = []  # each row's last token, not yet read
        self._state: State = ()

    def admit(self, requests: Sequence[SampleRequest]) -> list[Draft]:
        """Begin texts. Those that the beginning ends already get no row."""
        drafts = [Draft(request, self._constraints, self._config) for request in requests]
        states = [self._state] if self._state else []
        for draft in drafts:
            prompt = self._prompts.read(draft.request.prompt)
            beginning = prompt.draw(draft.temperature, draft.uniforms, draft.allows)
            draft.begin(beginning)
            if not draft.done:
                self.drafts.append(draft)
                self._ids.append(beginning.ids[-1])
                states.append(beginning.state)
        self._state = concatenate_streams(states)
        return drafts

    def advance(self) -> None:
        """Draw a token for every draft, then let go of those that are done."""
        # logits (B, V): what the model says;  left (B, V): what the rules leave of it
        logits, self._state = self._runtime.step(np.array(self._ids, dtype=np.int64), self._state)
        left = constrain_logits(logits, self.drafts, self._constraints, self._config)
        left = rules.truncate(left, self._config, np.array([d.temperature for d in self.drafts]))
        ids = rules.draw(left, np.array([next(draft.uniforms) for draft in self.drafts]))
        learned = check_finite(log_probability(logits, ids)).tolist()
        drawn = log_probability(left, ids).tolist()
        self._ids = ids.tolist()
        for row, draft in enumerate(self.drafts):
            draft.append(self._ids[row], learned[row], drawn[row])
        self._retire()

    def _retire(self) -> None:
        keep = [row for row, draft in enumerate(self.drafts) if not draft.done]
        if len(keep) < len(self.drafts):
            self.drafts = [self.drafts[row] for row in keep]
            self._ids = [self._ids[row] for row in keep]
            self._state = select_streams(self._state, keep)
