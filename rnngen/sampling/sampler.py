"""Free text from a model: `stream` one text as it comes, or `generate` many side by side.

Text i depends on (model, config, prompt, seed, i) and on nothing else: not on how many texts are
asked for, how many are drawn at once, or whether one is streamed.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

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
    read_prompt,
    select_streams,
)
from rnngen.sampling.novelty_guard import NoveltyGuard

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime, State
    from rnngen.novelty import SpanIndex
    from rnngen.tokenizers.base import Tokenizer

WIDTH = 64
AHEAD = 4096  # texts that may wait for an earlier, longer one before no more are begun


def stream(
    runtime: Runtime,
    tokenizer: Tokenizer,
    config: SampleConfig,
    *,
    prompt: str = "",
    seed: int,
    index: int = 0,
    start_id: int,
    forbidden: NDArray[np.bool_] | None = None,
    novelty: SpanIndex | None = None,
) -> Generator[str, None, SampledText]:
    """Pieces of one text as they become certain; returns the whole (`text = yield from stream`).

    The arguments are `generate`'s. With `best_of` or `beam` the one piece is the chosen text.
    """
    engine = Engine(
        runtime, tokenizer, config, start_id=start_id, forbidden=forbidden, novelty=novelty
    )
    if config.best_of > 1 or config.beam is not None:
        text = next(_texts(engine, [prompt], seed, [index], WIDTH))
        yield text.text
        return text
    [draft] = engine.admit([SampleRequest(prompt, seed, index)])
    given = 0
    while not draft.done:
        engine.advance()
        if piece := "".join(draft.parts[given:]):
            yield piece
        given = len(draft.parts)
    return draft.text()


def generate(
    runtime: Runtime,
    tokenizer: Tokenizer,
    config: SampleConfig,
    *,
    prompt: str | Sequence[str] = "",
    seed: int,
    indices: Iterable[int],
    start_id: int,
    forbidden: NDArray[np.bool_] | None = None,
    novelty: SpanIndex | None = None,
    width: int = WIDTH,
) -> Iterator[SampledText]:
    """The texts of `indices`, in that order, each as soon as it and those before it are finished.

    prompt: one for all, or several that take turns: text i has prompt[i % len(prompt)].
    indices: may be endless.
    start_id: read before the prompt: the end token where texts are documents, else a newline's.
    forbidden: bool (V,), tokens never to draw; in continuous text the end token is one.
    novelty: of the training text; needed where the config asks for `novel`.
    width: texts drawn side by side; a finished one gives its place to the next at once.
    Raises CheckpointError if the model's numbers are not finite, ConfigError if `novelty` cannot
    tell what `novel` asks for.
    """
    engine = Engine(
        runtime, tokenizer, config, start_id=start_id, forbidden=forbidden, novelty=novelty
    )
    prompts = [prompt] if isinstance(prompt, str) else list(prompt) or [""]
    yield from _texts(engine, prompts, seed, indices, width)


class Engine:
    """A batch of drafts, each with its row of the recurrent state."""

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: Tokenizer,
        config: SampleConfig,
        *,
        start_id: int,
        forbidden: NDArray[np.bool_] | None,
        novelty: SpanIndex | None,
    ) -> None:
        self.runtime = runtime
        self.tokenizer = tokenizer
        self.config = config
        guard = None
        if config.novel is not None:
            guard = NoveltyGuard(novelty, config.novel, tokenizer.pieces)
        self.constraints = Constraints(tokenizer, config, forbidden, guard)
        self.start_id = start_id
        self.drafts: list[Draft] = []
        self._ids: list[int] = []  # each row's last token, not yet read
        self._state: State = ()
        self._read: tuple[str, tuple[list[int], State]] | None = None

    def read_prompt(self, prompt: str) -> tuple[list[int], State]:
        """As `read_prompt`; the last prompt is remembered, as most texts have the same."""
        if self._read is None or self._read[0] != prompt:
            read = read_prompt(self.runtime, self.tokenizer, prompt, self.start_id)
            self._read = (prompt, read)
        return self._read[1]

    def admit(self, requests: Sequence[SampleRequest]) -> list[Draft]:
        """Begin texts: their drafts, in new rows after those there are."""
        read = [self.read_prompt(request.prompt) for request in requests]
        pairs = zip(requests, read, strict=True)
        drafts = [
            Draft(request, self.constraints, self.config, ids[1:]) for request, (ids, _) in pairs
        ]
        self.drafts += drafts
        self._ids += [ids[-1] for ids, _ in read]
        self._state = concatenate_streams(
            [s for s in (self._state, *(state for _, state in read)) if s]
        )
        return drafts

    def advance(self) -> None:
        """Draw a token for every draft, then let go of those that are done."""
        logits, self._state = self.runtime.step(np.array(self._ids, dtype=np.int64), self._state)
        left = constrain_logits(logits, self.drafts, self.constraints, self.config)
        left = rules.truncate(left, self.config, np.array([d.temperature for d in self.drafts]))
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


def _texts(
    engine: Engine, prompts: Sequence[str], seed: int, indices: Iterable[int], width: int
) -> Iterator[SampledText]:
    """One text an index: the best of its candidates, the lowest one on ties."""
    best_of = engine.config.best_of
    requests = (
        SampleRequest(prompts[index % len(prompts)], seed, index, candidate)
        for index in indices
        for candidate in range(best_of)
    )
    if engine.config.beam is not None:
        for request in requests:
            yield beam.search(
                engine.runtime,
                engine.constraints,
                engine.config,
                request,
                engine.read_prompt(request.prompt),
            )
        return
    finished = _in_order(engine, requests, width)
    while candidates := [draft.text() for draft in islice(finished, best_of)]:
        yield min(candidates, key=lambda text: text.nats_per_token)


def _in_order(engine: Engine, requests: Iterator[SampleRequest], width: int) -> Iterator[Draft]:
    """Finished drafts in the order of their requests, from a batch kept as full as it can be."""
    waiting: deque[Draft] = deque()
    while True:
        room = min(width - len(engine.drafts), AHEAD - len(waiting))
        if begun := list(islice(requests, max(0, room))):
            waiting += engine.admit(begun)
        if not waiting:
            return
        engine.advance()
        while waiting and waiting[0].done:
            yield waiting.popleft()
