"""What `store.json` says of a token store: what it is of, and how large."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STORE_VERSION = 2
FACTS = "store.json"
MOST_FILES, MOST_TOKENS = 100_000, 1 << 24
FIELDS = {"shard": "chunk"}
"""Keys of the file -> fields of `Facts` that have another name."""


@dataclass(frozen=True)
class Facts:
    """What `store.json` holds."""

    version: int
    vocab_size: int
    tokenizer_digest: str
    corpus_digest: str
    documents: str
    num_tokens: int
    num_bytes: int
    num_documents: int
    chunk: int
    """Tokens in each file but the last."""
    crc32: dict[str, int]
    """Of every other file but those of tokens, by name."""

    def __post_init__(self) -> None:
        numbers = (self.vocab_size, self.num_tokens, self.num_bytes, self.num_documents, self.chunk)
        if not all(type(n) is int for n in numbers) or min(self.vocab_size, self.chunk) < 1:
            raise ValueError(f"{FACTS} has a number that cannot be")
        if self.num_tokens // self.chunk > MOST_FILES or self.vocab_size > MOST_TOKENS:
            raise ValueError(f"{FACTS} has a number that cannot be")
        texts = (self.tokenizer_digest, self.corpus_digest, self.documents)
        if not all(isinstance(text, str) for text in texts) or not isinstance(self.crc32, dict):
            raise ValueError(f"{FACTS} has a value that cannot be")
        # Only a part of a store may be empty: there may be more machines than documents.
        if min(self.num_tokens, self.num_bytes, self.num_documents) < 0:
            raise ValueError(f"{FACTS} has a number that cannot be")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Of the values of `store.json`.

        Raises KeyError, TypeError or ValueError for what cannot be, or was changed.
        """
        values = dict(values)
        if values.pop("digest") != _digest(values):
            raise ValueError(f"{FACTS} does not match its digest")
        return cls(**{FIELDS.get(key, key): value for key, value in values.items()})

    def to_json(self) -> str:
        keys = {field: key for key, field in FIELDS.items()}
        values = {keys.get(k, k): v for k, v in asdict(self).items()}
        return json.dumps({**values, "digest": _digest(values)}, indent=2)

    def made_from(self) -> tuple[object, ...]:
        """What the parts of a store have in common."""
        return (self.vocab_size, self.tokenizer_digest, self.corpus_digest, self.documents)

    def files(self) -> Iterator[tuple[str, int]]:
        """The name and the number of tokens of each file of tokens."""
        for index, start in enumerate(range(0, self.num_tokens, self.chunk)):
            yield chunk_name(index), min(self.chunk, self.num_tokens - start)


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def chunk_name(index: int) -> str:
    """The file of tokens number `index`."""
    return f"tokens-{index:05}.bin"
