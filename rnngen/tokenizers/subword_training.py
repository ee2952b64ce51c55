"""A subword vocabulary is learned here, from an excerpt of the corpus, by sentencepiece.

Everything is chosen before sentencepiece sees the text: which characters it may use, and where a
piece may not go. It drops sentences that are too long or hold U+2585, so the excerpt has neither.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np

from rnngen.errors import TokenizerError
from rnngen.tokenizers.base import join_pieces, utf8
from rnngen.tokenizers.char import CODE_POINTS, add_counts, code_points_of
from rnngen.tokenizers.subword import SubwordTokenizer
from rnngen.tokenizers.subword_model import FIXED, MOST_PIECES, SPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from rnngen.tokenizers.base import Texts

MODEL_TYPES = ("bpe", "unigram")
LEAST = 300
MOST = 1 << 13
"""Tokens nobody asked for: with 32,000 the output layer of a small model takes nearly all of the
time, and its logits a gigabyte."""
CHUNK = 1 << 16
EXCERPT = 8 << 20
# Lines end a sentence, so no piece holds one; the rest means something else to sentencepiece.
EXCLUDED = "\0\t\n\u2585\ufffd" + SPACE


def train_subword(
    texts: Texts,
    vocab_size: int | None,
    model_type: str,
    min_count: int,
    note: Callable[[str], None] | None,
) -> SubwordTokenizer:
    """See `rnngen.tokenizers.train`. `seen` is what the excerpt holds."""
    _check(vocab_size, model_type)
    chunks, num_bytes, has_end = _excerpt(texts)
    counts = np.zeros(CODE_POINTS, np.int64)
    for chunk in chunks:
        add_counts(counts, chunk)
    alphabet = _alphabet(counts, min_count)
    if vocab_size is None:
        vocab_size = default_vocab_size(num_bytes, counts[alphabet])
    alphabet = alphabet[: (vocab_size - len(FIXED)) // 2]
    if not len(alphabet):
        raise TokenizerError("the corpus has no text to learn subwords from; use char or byte.")
    model = _learn(_sentences(chunks, alphabet), vocab_size, model_type)
    tokenizer = SubwordTokenizer(model)
    tokenizer.seen = _seen(tokenizer, chunks, has_end)
    if note is not None and tokenizer.vocab_size < vocab_size:
        note(f"the corpus yields {tokenizer.vocab_size} subwords, not {vocab_size}.")
    return tokenizer


def _check(vocab_size: int | None, model_type: str) -> None:
    if model_type not in MODEL_TYPES:
        raise TokenizerError(
            f"unknown subword model {model_type!r}; known are {', '.join(MODEL_TYPES)}."
        )
    if vocab_size is not None and vocab_size > MOST_PIECES:
        raise TokenizerError(
            f"a subword vocabulary has at most {MOST_PIECES} tokens, got {vocab_size}."
        )
    if vocab_size is not None and vocab_size < LEAST:
        raise TokenizerError(
            f"a subword vocabulary needs {LEAST} tokens or more, as {len(FIXED)} are bytes and "
            f"marks; got {vocab_size}. Use char or byte for a smaller one."
        )


def default_vocab_size(num_bytes: int, counts: NDArray[np.int64]) -> int:
    """A vocabulary whose rarest tokens still occur some dozens of times.

    num_bytes: of the corpus.  counts: int64 (n,), of its characters, the most frequent first.
    Bytes, the characters that make up 99.5% of the text, and a piece for each square root:
    about 700 for 100 kB of English, 1100 at 0.5 MB, 2600 at 5 MB, and `MOST` from 60 MB on.
    """
    enough = 0.995 * counts.sum()
    characters = int(np.searchsorted(np.cumsum(counts), enough))
    most = max(MOST, len(FIXED) + 2 * characters)  # Chinese has thousands of characters
    return min(most, MOST_PIECES, len(FIXED) + characters + math.isqrt(num_bytes))


def _excerpt(texts: Texts) -> tuple[list[str], int, bool]:
    """Chunks spread evenly over `texts`, the bytes of all of it, whether it has documents.

    Every `stride`-th chunk is kept; when they are too many, every other one goes.
    """
    chunks: list[str] = []
    stride, position, num_bytes, has_end = 1, 0, 0, False
    for text, ended in join_pieces(texts, CHUNK):
        num_bytes += len(utf8(text))
        has_end |= ended
        for start in range(0, len(text), CHUNK):
            if position % stride == 0:
                chunks.append(text[start : start + CHUNK])
            position += 1
            if len(chunks) * CHUNK > EXCERPT:
                chunks, stride = chunks[::2], stride * 2
    return chunks, num_bytes, has_end


def _alphabet(counts: NDArray[np.int64], min_count: int) -> NDArray[np.int64]:
    """The code points that a piece may hold, the most frequent first."""
    allowed = counts.copy()
    allowed[128:][counts[128:] < min_count] = 0
    allowed[[ord(c) for c in EXCLUDED]] = 0
    by_count = np.argsort(-allowed, kind="stable")
    return by_count[: np.count_nonzero(allowed)]


def _sentences(chunks: list[str], alphabet: NDArray[np.int64]) -> list[str]:
    """The lines of the excerpt, cut at each character that is not of the alphabet."""
    replaced = np.full(CODE_POINTS, ord("\n"), "<u4")
    replaced[alphabet] = alphabet
    lines = [" "]  # else a model of Japanese has no space, and spells U+2581 in its place
    for chunk in chunks:
        text = replaced[code_points_of(chunk)].tobytes().decode("utf-32-le")
        lines += [line for line in text.split("\n") if line]
    return lines


def _learn(sentences: list[str], vocab_size: int, model_type: str) -> bytes:
    """A serialized sentencepiece model of at most `vocab_size` tokens."""
    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    try:
        SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type=model_type,
            vocab_size=vocab_size,
            hard_vocab_limit=False,  # a small corpus gives fewer, not an error
            character_coverage=1.0,
            byte_fallback=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            allow_whitespace_only_pieces=True,
            max_sentence_length=8 * CHUNK,
            unk_id=0,
            eos_id=1,
            bos_id=-1,
            pad_id=-1,
            seed_sentencepiece_size=10 * vocab_size,  # of `unigram`: as good as a million, faster
            num_threads=8,  # fixed: the sums of `unigram` depend on it, so the pieces do
            minloglevel=2,
        )
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise TokenizerError(
            f"sentencepiece cannot learn {vocab_size} subwords: {reason}"
        ) from error
    return model.getvalue()


def _seen(tokenizer: SubwordTokenizer, chunks: list[str], has_end: bool) -> NDArray[np.bool_]:
    seen = np.zeros(tokenizer.vocab_size, np.bool_)
    for chunk in chunks:
        seen[tokenizer.encode(chunk)] = True
    seen[tokenizer.end_id] = has_end
    return seen
