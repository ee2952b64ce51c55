"""How much texts surprise a model: nats a token, bits a byte, perplexity.

    pieces -> rows of ids -> Reader -> the nats of each token -> DocumentScore or TokenScore

A text is read as in training: the start token, then its own; in a model of documents also the end
token, to be predicted like any other, which counts as the separator it stands for: one character of
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
    from collections.abc import Callable, Iterable, Iterator

    from rnngen.corpus import Corpus, Piece
    from rnngen.score.reader import Nats, Reader
    from rnngen.tokenizers.base import IdArray, Tokenizer

GROUP = 1 << 18
"""Tokens, at least, of the texts that are held to be read side by side."""
PIECE = 1 << 20
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


class TextPiece(NamedTuple):
    """A text, or a piece of one that is too long to hold."""

    text: str
    last: bool = True
    """The text ends here."""
    file: str | None = None


class ScoredPiece(NamedTuple):
    piece: TextPiece
    ids: IdArray
    """int64 (N,), with the end token where there is one."""
    nats: Nats
    """float64 (N,): the surprise of each."""


@dataclass(frozen=True)
class DocumentScore:
    """A text and its score."""

    index: int
    file: str | None
    first_words: str
    score: Score


class TokenScore(NamedTuple):
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
        self.on_progress: Callable[[float], None] = lambda share: None
        """Called with the share that is scored of the text taken in so far, from 0 to 1."""
        self._reader = reader
        self._taken_in = self._scored = 0  # tokens
        reader.on_read = self._count
        self._tokenizer = tokenizer
        self._start_id = start_id
        self._ends = [] if continuous else [tokenizer.end_id]
        self._bytes, self._characters = piece_bytes(tokenizer), piece_characters(tokenizer)

    def whole(self, pieces: Iterable[TextPiece]) -> Score:
        """The score of all texts as one."""
        return sum((document.score for document in self.each(pieces)), Score())

    def each(self, pieces: Iterable[TextPiece]) -> Iterator[DocumentScore]:
        """The score of each text."""
        index, score, name = 0, Score(), ""
        for piece, ids, nats in self.read(pieces):
            score += self._score(ids, nats)
            name = name or first_words(piece.text)
            if piece.last:
                yield DocumentScore(index, piece.file, name, score)
                index, score, name = index + 1, Score(), ""

    def tokens(self, pieces: Iterable[TextPiece]) -> Iterator[TokenScore]:
        """The surprise of each token."""
        document, decoder, end = 0, Decoder(self._tokenizer), self._tokenizer.end_id
        for piece, ids, nats in self.read(pieces):
            for token, surprise in zip(ids.tolist(), nats.tolist(), strict=True):
                yield TokenScore(document, token, decoder.feed(token), surprise, token == end)
            document += piece.last

    def read(self, pieces: Iterable[TextPiece]) -> Iterator[ScoredPiece]:
        """All pieces in order: whole texts side by side, pieces of long ones one by one.

        Raises CheckpointError if what the model predicts is not a number.
        """
        waiting: list[tuple[TextPiece, IdArray]] = []
        held, before = 0, None  # before: the last token read of a text that goes on
        for piece in pieces:
            row = self._row(piece, before)
            is_whole = piece.last and before is None
            if is_whole:
                waiting.append((piece, row))
                held += len(row)
            if held >= GROUP or not is_whole:
                yield from self._read_waiting(waiting)
                waiting, held = [], 0
            if not is_whole:
                yield _read(piece, row, self._reader.read_next(row, first=before is None))
            before = None if piece.last else int(row[-1])
        yield from self._read_waiting(waiting)

    def _count(self, tokens: int) -> None:
        self._scored += tokens
        self.on_progress(self._scored / max(1, self._taken_in))

    def _row(self, piece: TextPiece, before: int | None) -> IdArray:
        first = [self._start_id if before is None else before]
        ends = self._ends if piece.last else []
        row = np.concatenate([first, self._tokenizer.encode(piece.text), ends]).astype(np.int64)
        self._taken_in += len(row) - 1
        return row

    def _read_waiting(self, texts: list[tuple[TextPiece, IdArray]]) -> Iterator[ScoredPiece]:
        found = self._reader.read_batch([row for _, row in texts])
        for (piece, row), nats in zip(texts, found, strict=True):
            yield _read(piece, row, nats)

    def _score(self, ids: IdArray, nats: Nats) -> Score:
        size, characters = int(self._bytes[ids].sum()), int(self._characters[ids].sum())
        return Score(float(nats.sum()), len(ids), size, characters)


def _read(piece: TextPiece, row: IdArray, nats: Nats) -> ScoredPiece:
    if np.isnan(nats).any():
        raise CheckpointError(
            "what the model foretells is not a number; its weights are damaged, or its training "
            "diverged. Train it again with a lower `learning_rate`."
        )
    return ScoredPiece(piece, row[1:], nats)


def text_pieces(corpus: Corpus) -> Iterator[TextPiece]:
    """The documents of a corpus; in mode "none" each file is one.

    Raises CorpusError as Corpus.pieces does, here for each file.
    """
    for source in corpus.sources:
        file = None if source.spooled else source.name
        one = dataclasses.replace(corpus, names=(source.name,), sources=(source,))
        pieces = _stream(one.pieces()) if corpus.documents == "none" else one.pieces()
        for text, ends in pieces:
            yield TextPiece(text, ends, file)


def _stream(pieces: Iterable[Piece]) -> Iterator[tuple[str, bool]]:
    """The same text in pieces of about `PIECE` characters, the last one marked as the end."""
    waiting: list[str] = []
    length = 0
    for text, _ in pieces:
        if length + len(text) > PIECE:
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
