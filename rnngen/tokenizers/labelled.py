"""Tokens of a text whose documents have labels: one more token for each label, after the others.

    ids   0 .. V-1      those of the text's own tokenizer
          V .. V+n-1    the labels

A label's token stands right after the end of the document before, where the text begins. It has no
bytes: no text is ever encoded as one, and none is decoded from it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rnngen.errors import TokenizerError
from rnngen.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import IdArray, Texts, Tokenizer

MOST_LABELS = 1000
MOST_LISTED = 10
"""Labels that a message names."""


class LabelledTokenizer:
    """A tokenizer with labels."""

    def __init__(self, text: Tokenizer, labels: Sequence[str]) -> None:
        """text: the tokenizer of what is written.  labels: all different.

        Raises TokenizerError if they are not, or too many.
        """
        if len(set(labels)) < len(labels) or not all(isinstance(label, str) for label in labels):
            raise TokenizerError("the tokenizer's labels must be strings, all different.")
        if len(labels) > MOST_LABELS:
            raise TokenizerError(too_many(labels))
        self.text, self.labels = text, tuple(labels)
        self.kind, self.end_id = text.kind, text.end_id
        self.vocab_size = text.vocab_size + len(self.labels)
        self._ids = {label: text.vocab_size + n for n, label in enumerate(self.labels)}

    def label_id(self, label: str) -> int:
        """The token of a label. Raises TokenizerError for one that is not known."""
        if label not in self._ids:
            raise TokenizerError(
                f"no label {label!r}; there are {listed(self.labels)}."
                + did_you_mean(label, filter(None, self.labels))
            )
        return self._ids[label]

    @cached_property
    def pieces(self) -> Sequence[bytes]:
        return (*self.text.pieces, *(b"" for _ in self.labels))

    @property
    def seen(self) -> NDArray[np.bool_]:
        return np.append(self.text.seen, np.ones(len(self.labels), np.bool_))

    def encode(self, text: str) -> IdArray:
        return self.text.encode(text)

    def settled(self, text: str) -> int:
        return self.text.settled(text)

    def unseen(self, text: str) -> list[str]:
        return self.text.unseen(text)

    def extend(self, texts: Texts, min_count: int) -> LabelledTokenizer:
        """See Tokenizer. New tokens of the text move those of the labels."""
        return LabelledTokenizer(self.text.extend(texts, min_count), self.labels)

    def settings(self) -> dict[str, Any]:
        return {**self.text.settings(), "labels": list(self.labels)}

    def tensors(self) -> dict[str, NDArray[Any]]:
        return self.text.tensors()


def with_labels(tokenizer: Tokenizer, labels: Sequence[str]) -> Tokenizer:
    """The tokenizer with these labels after those it has; itself if there are no new ones."""
    new = [label for label in labels if label not in tokenizer.labels]
    if not new:
        return tokenizer
    text = tokenizer.text if isinstance(tokenizer, LabelledTokenizer) else tokenizer
    return LabelledTokenizer(text, [*tokenizer.labels, *new])


def label_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """The token of each label."""
    first = tokenizer.vocab_size - len(tokenizer.labels)
    return {label: first + n for n, label in enumerate(tokenizer.labels)}


def listed(labels: Sequence[str]) -> str:
    """Some labels, for a message; the one of documents without label in quotes."""
    named = ", ".join(label or "''" for label in labels[:MOST_LISTED])
    more = len(labels) - MOST_LISTED
    return named + (f" and {more:,} more" if more > 0 else "")


def too_many(labels: Sequence[str]) -> str:
    return (
        f"there are more than {MOST_LABELS:,} different labels, such as {listed(labels[:3])}. Each "
        "takes a token and needs texts to learn it from: choose a `label` of few values."
    )
