"""The text of a run as tokens, divided into what is trained on and what is held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.dataset import batches, cache
from rnngen.dataset.held_out import held_out_of, remark_on_copies, remark_on_overlap

if TYPE_CHECKING:
    from collections.abc import Callable

    from rnngen.corpus import Corpus
    from rnngen.dataset.batches import Split
    from rnngen.dataset.cache import OnProgress
    from rnngen.dataset.store import TokenStore
    from rnngen.tokenizers.base import Tokenizer

BY_LENGTH = "text"
"""What a run's saved state says of how its text was divided: by length, see held_out.py."""
NORMALISED = "A line end is one byte, and letters with accents are composed (NFC)"
SAME = (
    "the text of `valid` is the training text, so its loss says nothing of new text. Leave `valid`"
    " out, and a share of the text is held out."
)
"""What is said of a run that measures on what it is trained on."""
MOST_HELD_OUT = 2_000_000
"""Tokens of documents held out by default; of more text, a smaller share is enough to measure."""


@dataclass(frozen=True)
class DividedText:
    corpus: Corpus
    valid: Corpus | None
    """What is held out in place of a share of the text."""
    tokenizer: Tokenizer
    store: TokenStore
    """All tokens of the text."""
    fraction: float
    """The share to hold out."""
    training: Split
    validation: Split
    reason: str = ""
    """Why it was divided as it was, if not in the usual way."""

    @property
    def is_continuous(self) -> bool:
        return self.store.documents == "none"

    def facts(self, *, private: bool = False) -> dict[str, Any]:
        """What is stored with the model, and shown before the run.

        private: without what names the text, or would tell it from others.
        """
        found = self._facts()
        if private:
            found |= {"names": [], "digest": "", "documents_reason": "as asked", "private": True}
            found.pop("dropped", None)
        return found

    def _facts(self) -> dict[str, Any]:
        return {
            "names": [Path(name).name for name in self.corpus.names],
            "digest": self.corpus.digest(),
            "bytes": self.store.num_bytes,
            "bytes_reason": _bytes_reason(self.corpus, self.store.num_bytes),
            "tokens": self.store.num_tokens,
            "documents": self.corpus.documents,
            "documents_reason": self.corpus.reason or "as asked",
            "num_documents": len(self.store.hashes),
            "training_tokens": self.training.num_tokens,
            "held_out_tokens": self.validation.num_tokens,
            **({"label": self.corpus.reading.label} if self.tokenizer.labels else {}),
            **({"dropped": dropped} if (dropped := self.corpus.dropped()) else {}),
        }

    def remarks(self) -> list[str]:
        """What was left out, once all has been read, and how the text was divided."""
        read = [self.corpus, self.valid] if self.valid else [self.corpus]
        found = [line for each in read for line in each.remarks()]
        found += self.valid.notes if self.valid else ()
        return [*found, self.reason] if self.reason else found


def divide(
    corpus: Corpus,
    valid: Corpus | None,
    tokenizer: Tokenizer,
    *,
    home: Path,
    fraction: float | None,
    by: str | None = BY_LENGTH,
    progress: OnProgress | None = None,
    note: Callable[[str], None] | None = None,
) -> DividedText:
    """The text as tokens, with `valid` held out, else a share of it.

    home: where tokens are kept.  progress, note: as for `cache.find_store`.
    fraction: the share; None: the usual one.
    by: None for a run of version 0.1, which divided documents by their number alone.
    """
    store = cache.find_store(corpus, tokenizer, home, progress, note)
    fraction = _usual_fraction(store) if fraction is None else fraction
    known = corpus, valid, tokenizer, store, fraction
    if valid is not None:
        of_valid = cache.find_store(valid, tokenizer, home, None, note)
        is_same = of_valid.num_tokens == store.num_tokens and valid.digest() == corpus.digest()
        reason = SAME if is_same else remark_on_overlap(store, of_valid)
        return DividedText(*known, batches.whole(store), batches.whole(of_valid), reason)
    draw = held_out_of(store, fraction) if by == BY_LENGTH else None
    reason = draw.reason if draw else remark_on_copies(store)
    return DividedText(*known, *batches.split(store, fraction, draw), reason)


def _bytes_reason(corpus: Corpus, num_bytes: int) -> str:
    """Why the text has other bytes than its files, a sentence or two; "" if it has as many."""
    if corpus.size() == num_bytes or not all(source.size for source in corpus.sources):
        return ""
    files = f"The files have {corpus.size():,} bytes"
    if any(source.compression for source in corpus.sources):
        return f"{files}, compressed."
    if any(source.table for source in corpus.sources):
        return f"{files}. Only one column of a table is read."
    if dropped := corpus.dropped():
        return f"{files}. {' '.join(line[0].upper() + line[1:] for line in dropped)}"
    if corpus.documents == "none":
        return f"{files}. {NORMALISED}."
    return (
        f"{files}. Blank lines around documents are left out, the end of each counts as a byte. "
        f"{NORMALISED}."
    )


def _usual_fraction(store: TokenStore) -> float:
    """A tenth; of many documents less, but never of continuous text: published figures use 10%."""
    if store.documents == "none":
        return 0.1
    return min(0.1, MOST_HELD_OUT / store.num_tokens)
