"""How much texts surprise a model: nats a token, bits a byte, perplexity.

    parts -> rows of ids -> Reader -> Read, the nats of each token -> Document or Token

A text is read as in training: the start token, then its own; in a model of documents also the end
token, to be foretold like any other, which counts as the separator it stands for: one character of
one byte. Every text begins with an empty state, so the whole is the sum over its texts.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.errors import CheckpointError
from rnngen.tokenizers.base import Decoder, piece_bytes, piece_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.corpus import Corpus, Piece
    from rnngen.score.reader import Nats, Reader
    from rnngen.tokenizers.base import IdArray, Tokenizer

GROUP = 1 << 18
"""Tokens, at least, of the texts that are held to be read side by side."""
PART = 1 << 20
"""Characters, at most, of one text that are read at once."""
WIDTH = 60
"""Characters, at most, by which a text is named."""


@dataclass(frozen=True)
class Score:
    """The surprise of a text: `nats` in all, over tokens that stand for bytes and characters."""

    nats: float = 0.0
    tokens: int = 0
    bytes: int = 0
    characters: int = 0

    def __add__(self, other: Score) -> Score:
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Score(*(mine + others for mine, others in pairs))

    @property
    def bits_per_byte(self) -> float:
        """The measure that compares models of different tokens."""
        return self.nats / math.log(2) / self.bytes

    @property
    def bits_per_character(self) -> float:
        return self.nats / math.log(2) / self.characters

    @property
    def nats_per_token(self) -> float:
        return self.nats / self.tokens

    @property
    def perplexity(self) -> float:
        """Per token: the number of equally likely tokens that would surprise as much."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf

    def to_dict(self) -> dict[str, float]:
        measures = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity")
        return dataclasses.asdict(self) | {name: getattr(self, name) for name in measures}


class Part(NamedTuple):
    """A text, or a piece of one that is too long to hold."""

    text: str
    last: bool = True
    """The text ends here."""
    file: str | None = None


class Read(NamedTuple):
    part: Part
    ids: IdArray
    """int64 (N,), with the end token where there is one."""
    nats: Nats
    """float64 (N,): the surprise of each."""


@dataclass(frozen=True)
class Document:
    """A text and its score."""

    index: int
    file: str | None
    first_words: str
    score: Score


class Token(NamedTuple):
    document: int
    id: int
    text: str
    """The characters it completes; none for the end token, nor before a character's last part."""
    nats: float
    ends: bool
    """It is the end token."""


class Scorer:
    """Scores texts with a reader, in their order."""

    def __init__(
        self, reader: Reader, tokenizer: Tokenizer, *, start_id: int, continuous: bool
    ) -> None:
        """start_id: the token before each text.  continuous: texts have no end token."""
        self._reader = reader
        self._tokenizer = tokenizer
        self._start_id = start_id
        self._ends = [] if continuous else [tokenizer.end_id]
        self._bytes, self._characters = piece_bytes(tokenizer), piece_characters(tokenizer)

    def whole(self, parts: Iterable[Part]) -> Score:
        """The score of all texts as one."""
        return sum((document.score for document in self.each(parts)), Score())

    def each(self, parts: Iterable[Part]) -> Iterator[Document]:
        """The score of each text."""
        index, score, name = 0, Score(), ""
        for part, ids, nats in self.read(parts):
            score += self._score(ids, nats)
            name = name or first_words(part.text)
            if part.last:
                yield Document(index, part.file, name, score)
                index, score, name = index + 1, Score(), ""

    def tokens(self, parts: Iterable[Part]) -> Iterator[Token]:
        """The surprise of each token."""
        document, decoder, end = 0, Decoder(self._tokenizer), self._tokenizer.end_id
        for part, ids, nats in self.read(parts):
            for token, surprise in zip(ids.tolist(), nats.tolist(), strict=True):
                yield Token(document, token, decoder.feed(token), surprise, token == end)
            document += part.last

    def read(self, parts: Iterable[Part]) -> Iterator[Read]:
        """All parts in order: whole texts side by side, parts of long ones one by one.

        Raises CheckpointError if what the model foretells is not a number.
        """
        waiting: list[tuple[Part, IdArray]] = []
        held, before = 0, None  # before: the last token read of a text that goes on
        for part in parts:
            row = self._row(part, before)
            is_whole = part.last and before is None
            if is_whole:
                waiting.append((part, row))
                held += len(row)
            if held >= GROUP or not is_whole:
                yield from self._together(waiting)
                waiting, held = [], 0
            if not is_whole:
                yield _read(part, row, self._reader.go_on(row, first=before is None))
            before = None if part.last else int(row[-1])
        yield from self._together(waiting)

    def _row(self, part: Part, before: int | None) -> IdArray:
        first = [self._start_id if before is None else before]
        ends = self._ends if part.last else []
        return np.concatenate([first, self._tokenizer.encode(part.text), ends]).astype(np.int64)

    def _together(self, texts: list[tuple[Part, IdArray]]) -> Iterator[Read]:
        found = self._reader.together([row for _, row in texts])
        for (part, row), nats in zip(texts, found, strict=True):
            yield _read(part, row, nats)

    def _score(self, ids: IdArray, nats: Nats) -> Score:
        size, characters = int(self._bytes[ids].sum()), int(self._characters[ids].sum())
        return Score(float(nats.sum()), len(ids), size, characters)


def _read(part: Part, row: IdArray, nats: Nats) -> Read:
    if np.isnan(nats).any():
        raise CheckpointError(
            "what the model foretells is not a number; its weights are damaged, or its training "
            "diverged. Train it again with a lower --learning-rate."
        )
    return Read(part, row[1:], nats)


def parts_of(corpus: Corpus) -> Iterator[Part]:
    """The documents of a corpus; in mode "none" each file is one.

    Raises CorpusError as Corpus.pieces does, here for each file.
    """
    for source in corpus.sources:
        file = None if source.spooled else source.name
        one = dataclasses.replace(corpus, names=(source.name,), sources=(source,))
        pieces = _stream(one.pieces()) if corpus.documents == "none" else one.pieces()
        for text, ends in pieces:
            yield Part(text, ends, file)


def _stream(pieces: Iterable[Piece]) -> Iterator[tuple[str, bool]]:
    """The same text in parts of about `PART` characters, the last one marked as the end."""
    waiting: list[str] = []
    length = 0
    for text, _ in pieces:
        if length + len(text) > PART:
            yield "".join(waiting), False
            waiting, length = [], 0
        waiting.append(text)
        length += len(text)
    yield "".join(waiting), True


def first_words(text: str) -> str:
    """The beginning of a text in one line of at most `WIDTH` characters."""
    line = " ".join(text[: 4 * WIDTH].split())
    if len(line) <= WIDTH:
        return line
    return line[: WIDTH - 3].rsplit(" ", 1)[0] + "..."
