"""Where texts of a label begin: the model once it has read the end of a document, then the label.

    <end> <label> text <end>      in a text with labels each document begins so

Whoever begins texts with a runtime and a token that is fed first begins them with a label in the
same way: free text, forms and scores need not know of labels.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import ConfigError
from rnngen.model.softmax import log_softmax
from rnngen.suggest import did_you_mean
from rnngen.tokenizers.labelled import label_ids, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.config import ModelConfig
    from rnngen.model.runtime import FloatArray, IdArray, Runtime, State
    from rnngen.tokenizers.base import Tokenizer


class BegunRuntime:
    """A runtime whose streams have read one token when they start."""

    def __init__(self, runtime: Runtime, token: int) -> None:
        self._runtime, self._token = runtime, token

    @property
    def config(self) -> ModelConfig:
        return self._runtime.config

    def start(self, batch_size: int) -> State:
        """See Runtime; here not empty."""
        ids = np.full(batch_size, self._token, np.int64)
        return self._runtime.step(ids, self._runtime.start(batch_size))[1]

    def step(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        return self._runtime.step(ids, state)

    def step_groups(
        self, ids: IdArray, state: State, sizes: Sequence[int]
    ) -> tuple[FloatArray, State]:
        return self._runtime.step_groups(ids, state, sizes)

    def forward(self, ids: IdArray, state: State) -> tuple[FloatArray, State]:
        return self._runtime.forward(ids, state)


class Labels:
    """The labels of a model, and how likely each is."""

    def __init__(self, runtime: Runtime, tokenizer: Tokenizer) -> None:
        self.names = tuple(tokenizer.labels)
        self._runtime, self._end_id = runtime, tokenizer.end_id
        self._ids = label_ids(tokenizer)

    @cached_property
    def logs(self) -> NDArray[np.float64]:
        """The log-probability of each label where a document begins, given that one comes: (n,)."""
        logits, _ = self._runtime.step(np.array([self._end_id]), self._runtime.start(1))
        return np.asarray(log_softmax(logits[:, list(self._ids.values())].astype(np.float64))[0])

    def start(self, label: str) -> tuple[Runtime, int]:
        """With what the texts of a label begin: a runtime, and the token to feed first.

        Raises ConfigError for a label that the model has not.
        """
        if label not in self._ids:
            if not self.names:
                raise ConfigError(
                    f"`label` {label!r}: the model has no labels. Train one on a text with `label`."
                )
            raise ConfigError(
                f"`label` {label!r} is none of the model's, which are {listed(self.names)}."
                + did_you_mean(label, filter(None, self.names))
            )
        return BegunRuntime(self._runtime, self._end_id), self._ids[label]
