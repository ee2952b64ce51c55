"""Text to token ids and back: `char`, `byte` and `subword`, behind one protocol (see base.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.errors import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rnngen.tokenizers.base import Tensors, Texts, Tokenizer


def load(settings: Mapping[str, Any], tensors: Tensors) -> Tokenizer:
    """The tokenizer whose `settings()` and `tensors()` these are.

    Raises TokenizerError if the kind is unknown or the parts do not fit each other.
    """
    if labels := settings.get("labels"):
        from rnngen.tokenizers.labelled import LabelledTokenizer

        text = {name: value for name, value in settings.items() if name != "labels"}
        return LabelledTokenizer(load(text, tensors), labels)
    kind = settings.get("kind")
    if kind == "char":
        from rnngen.tokenizers.char import CharTokenizer

        return CharTokenizer.load(settings, tensors)
    if kind == "byte":
        from rnngen.tokenizers.byte import ByteTokenizer

        return ByteTokenizer.load(settings, tensors)
    if kind == "subword":
        from rnngen.tokenizers.subword import SubwordTokenizer

        return SubwordTokenizer.load(settings, tensors)
    raise _unknown(kind)


def train(
    kind: str,
    texts: Texts,
    *,
    vocab_size: int | None = None,
    model_type: str = "bpe",
    min_count: int | None = None,
    note: Callable[[str], None] | None = None,
) -> Tokenizer:
    """A tokenizer of `kind` for `texts`; the same texts give the same tokenizer.

    vocab_size, model_type ("bpe" or "unigram"): for `subword` only; None: by the corpus' size.
    min_count: characters beyond ASCII that are rarer become bytes (`char`, `subword`); None: as in
    TextConfig.
    note: called with a line where the tokenizer is not what was asked for.
    Raises TokenizerError for an unknown kind, or settings that do not fit the texts.
    """
    from rnngen.config import TextConfig  # `load`, which starts each command, needs none of it

    min_count = TextConfig.min_count if min_count is None else min_count
    if kind == "char":
        from rnngen.tokenizers.char import CharTokenizer

        return CharTokenizer.train(texts, min_count)
    if kind == "byte":
        from rnngen.tokenizers.byte import ByteTokenizer

        return ByteTokenizer.train(texts)
    if kind == "subword":
        from rnngen.tokenizers.subword_training import train_subword

        return train_subword(texts, vocab_size, model_type, min_count, note)
    raise _unknown(kind)


def _unknown(kind: object) -> TokenizerError:
    from rnngen.config import TOKENIZERS

    return TokenizerError(
        f"unknown tokenizer {kind!r}. This version knows {', '.join(TOKENIZERS)}."
    )
