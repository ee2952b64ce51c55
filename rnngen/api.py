"""A trained model to write with, from Python as from the command line. Imports no torch.

>>> import rnngen
>>> haiku = rnngen.load("haiku")
>>> for text in haiku.sample(n=3, seed=1):
...     print(text.text)
"""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import TYPE_CHECKING, Any

from rnngen import checkpoint, runs, sample
from rnngen.config import SampleConfig
from rnngen.runtime.numpy import NumpyRuntime

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from rnngen.draft import Text


def load(name: str | Path) -> LanguageModel:
    """The model called `name`, or the one at a path. Raises CheckpointError."""
    return LanguageModel(checkpoint.load_model(runs.find_model(str(name))))


class LanguageModel:
    """A model with all it needs to read and write text."""

    def __init__(self, model: checkpoint.Model) -> None:
        self.tokenizer = model.tokenizer
        self.config = model.config
        self.facts = model.facts
        self.runtime = NumpyRuntime(model.config, model.weights)
        self.start_id = model.start_id
        self.forbidden = ~model.tokenizer.seen
        if model.continuous:
            self.forbidden[model.tokenizer.end_id] = True

    def sample(self, prompt: str = "", *, n: int = 1, seed: int = 0, **settings: Any) -> list[Text]:
        """`n` new texts that begin with `prompt`; settings are SampleConfig's fields.

        Text i is the same whatever `n`. Raises ConfigError for a setting that cannot be.
        """
        return list(self.generate(SampleConfig(**settings), prompt, seed=seed, indices=range(n)))

    def generate(
        self,
        config: SampleConfig,
        prompt: str | Sequence[str] = "",
        *,
        seed: int,
        indices: Iterable[int],
    ) -> Iterator[Text]:
        """The texts of `indices` in order, many drawn at once; see sample.generate."""
        prompts = [prompt] if isinstance(prompt, str) else prompt
        return sample.generate(
            self.runtime,
            self.tokenizer,
            _as_read(config),
            prompt=[normalized(p) for p in prompts],
            seed=seed,
            indices=indices,
            start_id=self.start_id,
            forbidden=self.forbidden,
        )

    def stream(
        self, config: SampleConfig, prompt: str = "", *, seed: int, index: int = 0
    ) -> Generator[str, None, Text]:
        """One text piece by piece as it is written; see sample.stream."""
        return sample.stream(
            self.runtime,
            self.tokenizer,
            _as_read(config),
            prompt=normalized(prompt),
            seed=seed,
            index=index,
            start_id=self.start_id,
            forbidden=self.forbidden,
        )

    def describe(self, text: Text) -> dict[str, Any]:
        """What `rnngen sample --json` prints of a text; the README explains the keys."""
        return dataclasses.asdict(text)

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` that the model's training text did not have."""
        return self.tokenizer.unseen(normalized(text))


def _as_read(config: SampleConfig) -> SampleConfig:
    """The same, its strings as training text is read: only so can they occur in what is drawn."""
    return dataclasses.replace(
        config,
        stop=tuple(map(normalized, config.stop)),
        ban=tuple(map(normalized, config.ban)),
        bias=tuple((normalized(text), value) for text, value in config.bias),
    )


def normalized(text: str) -> str:
    """`text` as training text is read: NFC, lines ended by a newline."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
