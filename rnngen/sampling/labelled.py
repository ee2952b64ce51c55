"""Free text of a model with labels: of one label, or of one that is drawn for each text."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from rnngen.model.labels import Labels
from rnngen.sampling.draft import uniforms
from rnngen.sampling.sampler import WIDTH, Sampler

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from rnngen.config import SampleConfig
    from rnngen.model.runtime import Runtime
    from rnngen.novelty import SpanIndex
    from rnngen.sampling.draft import SampledText
    from rnngen.sampling.sampler import SampledModel
    from rnngen.tokenizers.base import Tokenizer

APART = 1 << 32
"""A candidate's number that no candidate has: the draw of a label takes nothing from a text's."""


def draw_label(labels: Labels, seed: int, index: int) -> str:
    """The label of text `index`, as often as the model expects it; no rule applies."""
    ends = np.cumsum(np.exp(labels.logs))
    point = next(uniforms(seed, index, APART)) * ends[-1]
    return labels.names[int(np.searchsorted(ends, point, side="right"))]


@dataclass(frozen=True)
class StartedModel:
    """A model whose texts begin with a label; a SampledModel, as Sampler has it."""

    runtime: Runtime
    tokenizer: Tokenizer
    start_id: int
    """The label's token."""
    forbidden: NDArray[np.bool_]
    novelty: SpanIndex | None


class LabelledSampler:
    """A Sampler of a model with labels: of one label, or of one that is drawn for each text.

    Text i is the same whatever other texts are asked for, as with Sampler.
    """

    def __init__(self, model: SampledModel, config: SampleConfig) -> None:
        """Raises ConfigError for a label that the model has not, and as Sampler does."""
        self._model, self._config = model, config
        self._labels = Labels(model.runtime, model.tokenizer)
        self._samplers: dict[str, Sampler] = {}
        self._sampler(self._labels.names[0] if config.label is None else config.label)

    def generate(
        self, prompts: Sequence[str], *, seed: int, indices: Iterable[int]
    ) -> Iterator[SampledText]:
        """See Sampler.generate."""
        waiting = iter(indices)
        while some := list(islice(waiting, WIDTH)):
            of_label = defaultdict[str, list[int]](list)
            for index in some:
                of_label[self.label(seed, index)].append(index)
            found = {
                text.index: replace(text, label=label)
                for label, own in of_label.items()
                for text in self._sampler(label).generate(prompts, seed=seed, indices=own)
            }
            yield from (found[index] for index in some)

    def stream(
        self, prompt: str = "", *, seed: int, index: int = 0
    ) -> Generator[str, None, SampledText]:
        """See Sampler.stream."""
        label = self.label(seed, index)
        text = yield from self._sampler(label).stream(prompt, seed=seed, index=index)
        return replace(text, label=label)

    def label(self, seed: int, index: int) -> str:
        """The label of text `index`."""
        given = self._config.label
        return draw_label(self._labels, seed, index) if given is None else given

    def _sampler(self, label: str) -> Sampler:
        if label not in self._samplers:
            model = self._model
            runtime, start_id = self._labels.start(label)
            started = StartedModel(
                runtime, model.tokenizer, start_id, model.forbidden, model.novelty
            )
            self._samplers[label] = Sampler(started, self._config)
        return self._samplers[label]
