"""The surprise of texts to a model with labels, whether the label is known or not.

Of a label that is known, p(text | label). Of one that is not, the sum over all labels,

    p(text) = sum over labels l of p(l) p(text | l),

read token by token: what comes next is expected as each label expects it, in proportion to how
well it has foretold the text so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import ConfigError
from rnngen.model.labels import Labels
from rnngen.model.softmax import log_sum_exp
from rnngen.score.reader import RuntimeReader
from rnngen.tokenizers.labelled import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from rnngen.model.runtime import IdArray, Runtime
    from rnngen.score.reader import Nats, Reader
    from rnngen.tokenizers.base import Tokenizer

MOST_LABELS = 64
"""All of which a text is read with."""


def label_reader(
    runtime: Runtime, tokenizer: Tokenizer, label: str | None, stride: int | None
) -> Reader:
    """A reader of texts of a label; None: of whichever it may be.

    Raises ConfigError for a label that the model has not, or if there are too many to read with.
    """
    labels = Labels(runtime, tokenizer)
    names = _few(labels) if label is None else (label,)
    starts = [labels.start(name) for name in names]
    logs = labels.logs if label is None else np.zeros(1)
    return _LabelReader(
        [RuntimeReader(started, stride) for started, _ in starts],
        [token for _, token in starts],
        logs,
    )


def likeliest_label(runtime: Runtime, tokenizer: Tokenizer, ids: IdArray) -> str:
    """The label that a text most likely has: the highest p(label) p(text | label).

    ids: (T,), of the text.  Raises ConfigError if there are too many labels to read it with.
    """
    labels = Labels(runtime, tokenizer)
    logs = []
    for name, log in zip(_few(labels), labels.logs, strict=True):
        begun, token = labels.start(name)
        [nats] = RuntimeReader(begun, None).read_batch([np.concatenate([[token], ids])])
        logs.append(log - nats.sum())
    return labels.names[int(np.argmax(logs))]


def _few(labels: Labels) -> tuple[str, ...]:
    """Their names. Raises ConfigError if they are too many to read a text with each."""
    if len(labels.names) > MOST_LABELS:
        raise ConfigError(
            f"the model has {len(labels.names):,} labels, too many to read a text with each: name "
            f"one with `label`, such as {listed(labels.names[:3])}."
        )
    return labels.names


class _LabelReader:
    """The Reader protocol by readers of one label each."""

    def __init__(
        self, readers: Sequence[Reader], tokens: Sequence[int], logs: NDArray[np.float64]
    ) -> None:
        """tokens: of the labels, with which texts begin.  logs: (n,), how likely each is."""
        self._readers, self._tokens, self._logs = readers, tokens, logs
        self._joint = logs  # (n,) with the text so far, of a text that is read in parts

    @property
    def on_read(self) -> Callable[[int], None]:
        """Called with the tokens that one of the readers has read; the others read them again."""
        return self._readers[-1].on_read

    @on_read.setter
    def on_read(self, function: Callable[[int], None]) -> None:
        self._readers[-1].on_read = function

    def read_batch(self, rows: Sequence[IdArray]) -> list[Nats]:
        found = [
            reader.read_batch([_begun(row, token) for row in rows])
            for reader, token in zip(self._readers, self._tokens, strict=True)
        ]
        return [self._mixed(np.stack(nats), self._logs)[0] for nats in zip(*found, strict=True)]

    def read_next(self, row: IdArray, *, first: bool) -> Nats:
        nats = [
            reader.read_next(_begun(row, token) if first else row, first=first)
            for reader, token in zip(self._readers, self._tokens, strict=True)
        ]
        mixed, self._joint = self._mixed(np.stack(nats), self._logs if first else self._joint)
        return mixed

    def _mixed(
        self, nats: NDArray[np.float64], logs: NDArray[np.float64]
    ) -> tuple[Nats, NDArray[np.float64]]:
        """The surprise (N,) where each label foretells with nats (n, N), and the next logs (n,)."""
        joint = logs[:, None] - np.cumsum(nats, axis=1)  # log p(label, text up to each token)
        totals = log_sum_exp(np.concatenate([logs[:, None], joint], axis=1).T)  # (N + 1,)
        return totals[:-1] - totals[1:], joint[:, -1] if nats.shape[1] else logs


def _begun(row: IdArray, token: int) -> IdArray:
    """The row of a text, which begins with the label's token in place of the usual one."""
    return np.concatenate([[token], row[1:]])
