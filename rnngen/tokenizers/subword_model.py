"""A subword model in sentencepiece's file format, read and written here, without that library.

A file may come from anyone, and sentencepiece is C++ that trusts it. So a file is read here, for
what our own training writes and nothing else, and sentencepiece is given what is written from that.
Both must be the same bytes, which leaves nothing in a file that this reading overlooked.

    1  a piece, once for each token, by id       2  how it was trained       3  how text is changed
         1 its text   2 its score   3 its kind        3 BPE or unigram, ..        not at all

The format is Protocol Buffers: https://protobuf.dev/programming-guides/encoding/. The numbers are
those of sentencepiece_model.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rnngen.errors import TokenizerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

MOST_BYTES = 4 << 20
MOST_PIECES = 1 << 16
MOST_PIECE_BYTES = 256
MOST_SCORE = 1e6
"""A score is a rank or a log-share; sums of larger ones could leave float32."""
SPACE = "\u2581"
"""How sentencepiece writes a space."""
MARKS = UNKNOWN, END = "<unk>", "</s>"
FIXED = (*MARKS, *(f"<0x{byte:02X}>" for byte in range(256)))
"""The tokens before the first piece."""
TRAINER, NORMALIZER = 2, 3
PIECE_KEY, TEXT_KEY, SCORE_KEY, KIND_KEY = 0x0A, 0x0A, 0x15, 0x18
"""The byte before each part: its number and how it is stored."""
NORMAL = 1
FIXED_KINDS = (2, 3, *[6] * 256)
"""Of tokens that are unknown, an end or a byte; NORMAL is that of pieces."""
VARINT, LENGTH, FLOAT = 0, 2, 5
"""How a field is stored: a number in groups of 7 bits, bytes after their number, 4 bytes."""
MOST_VARINT_BYTES = 10
MODEL_TYPE = 3
MODEL_TYPES = {1: "unigram", 2: "bpe"}
MINUS_ONE = (1 << 64) - 1
BYTE_FALLBACK, UNKNOWN_ID, START_ID, END_ID, PADDING_ID = 35, 40, 41, 42, 43
NEEDED = {BYTE_FALLBACK: 1, UNKNOWN_ID: 0, START_ID: MINUS_ONE, END_ID: 1, PADDING_ID: MINUS_ONE}
"""Of how it was trained, what encoding depends on."""
DEFAULTS = {BYTE_FALLBACK: 0, UNKNOWN_ID: 0, START_ID: 1, END_ID: 2, PADDING_ID: MINUS_ONE}
REMARKS = {4: VARINT, 10: FLOAT, 14: VARINT, 16: VARINT, 18: VARINT, 26: VARINT, 33: VARINT}
"""Sizes and switches of the training, which are passed on, and how they are stored."""
UNCHANGED: dict[int, tuple[int, int | bytes]] = {
    1: (LENGTH, b"identity"),
    2: (LENGTH, b""),
    3: (VARINT, 0),
    4: (VARINT, 0),
}
"""The only way to change text: by no rule, without adding or dropping spaces."""


class Field(NamedTuple):
    """A field of a message, as it is stored."""

    number: int
    storage: int
    value: int | bytes


@dataclass(frozen=True)
class SubwordModel:
    """What a model file holds: tokens 0 and 1 are marks, 2 to 257 bytes, the pieces follow."""

    model_type: str
    """bpe or unigram."""
    pieces: tuple[str, ...]
    """All different; a space is U+2581."""
    scores: NDArray[np.float32]
    """Of the pieces, (P,)."""
    training: tuple[Field, ...]
    """How it was trained, by number."""

    def to_bytes(self) -> bytes:
        """The file, the very bytes that it was read from."""
        zero = bytes(4)
        marks = [_piece(n.encode(), zero, kind) for n, kind in zip(FIXED, FIXED_KINDS, strict=True)]
        scores = self.scores.astype("<f4").tobytes()
        pieces = [
            _piece(text.encode(), scores[start : start + 4], NORMAL)
            for start, text in zip(range(0, len(scores), 4), self.pieces, strict=True)
        ]
        unchanged = [Field(number, *stored) for number, stored in UNCHANGED.items()]
        settings = [
            Field(TRAINER, LENGTH, _message(self.training)),
            Field(NORMALIZER, LENGTH, _message(unchanged)),
        ]
        return b"".join([*marks, *pieces, _message(settings)])


def read_subword_model(content: bytes) -> SubwordModel:
    """The model in a file's content, if it is such as our own training writes, byte for byte.

    Raises TokenizerError that says what is wrong with it.
    """
    try:
        model = _read(content)
        if model.to_bytes() != content:
            raise ValueError("it is not written as sentencepiece writes it")
    except (ValueError, IndexError) as error:
        raise TokenizerError(f"the tokenizer's sentencepiece model is damaged: {error}.") from error
    return model


def _read(content: bytes) -> SubwordModel:
    if len(content) > MOST_BYTES:
        raise ValueError(f"it has {len(content)} bytes, more than {MOST_BYTES}")
    texts, scores, end = _read_pieces(content)
    names = [text.decode("utf-8") for text in texts]
    _check_names(names)
    all_scores = np.frombuffer(b"".join(scores), "<f4").astype(np.float32)
    if all_scores[: len(FIXED)].any() or not (np.abs(all_scores) <= MOST_SCORE).all():
        raise ValueError("a score is out of range")
    trainer, normalizer = _settings(content[end:])
    model_type = _check_training(trainer)
    _check_unchanged(normalizer)
    training = tuple(sorted(trainer.values()))
    return SubwordModel(model_type, tuple(names[len(FIXED) :]), all_scores[len(FIXED) :], training)


def _read_pieces(content: bytes) -> tuple[list[bytes], list[bytes], int]:
    """The texts of all tokens, their scores, 4 bytes each, and the place after them.

    Only the places are looked at, which takes no time: a byte that is not as it should be is found
    when the file that is written from this is compared. Raises ValueError or IndexError.
    """
    texts, scores, place = [], [], 0
    while content[place] == PIECE_KEY:
        length, size, start = content[place + 1], content[place + 3], place + 4
        if length < 0x80:  # most
            place += 2 + length
        else:
            length, start = _varint(content, place + 1)
            place = start + length
            size, start = _varint(content, start + 1)
            if size > MOST_PIECE_BYTES:
                raise ValueError(f"a piece has {size} bytes, more than {MOST_PIECE_BYTES}")
        texts.append(content[start : start + size])
        scores.append(content[start + size + 1 : start + size + 5])
        if len(texts) > MOST_PIECES:
            raise ValueError(f"it has more than {MOST_PIECES} pieces")
    return texts, scores, place


def _settings(content: bytes) -> tuple[dict[int, Field], dict[int, Field]]:
    """How the model was trained, and how it changes text. Raises ValueError."""
    settings = _by_number(content)
    trainer, normalizer = settings.pop(TRAINER, None), settings.pop(NORMALIZER, None)
    if trainer is None or normalizer is None or settings:
        raise ValueError("it lacks its settings, or has others after its pieces")
    if not isinstance(trainer.value, bytes) or not isinstance(normalizer.value, bytes):
        raise ValueError("its settings are numbers")
    return _by_number(trainer.value), _by_number(normalizer.value)


def _check_names(names: list[str]) -> None:
    if tuple(names[: len(FIXED)]) != FIXED:
        raise ValueError(f"it does not begin with {UNKNOWN}, {END} and the 256 bytes")
    if len(names) == len(FIXED):
        raise ValueError("it has no pieces")
    if len(set(names)) < len(names) or "" in names:
        raise ValueError("a piece is empty, or there twice")
    if SPACE not in names:  # sentencepiece would spell it as the bytes of U+2581
        raise ValueError("it has no piece for a space")
    if any(sign in name for name in names for sign in "\0\n "):
        raise ValueError("a piece holds a NUL, a line end or a space")


def _check_training(fields: dict[int, Field]) -> str:
    """The type of the model. Raises ValueError for a setting that no model made here has."""
    model_type = MODEL_TYPES.get(_number(fields, MODEL_TYPE, 0))
    if model_type is None:
        raise ValueError("it is neither bpe nor unigram")
    for number, wanted in NEEDED.items():
        if (found := _number(fields, number, DEFAULTS[number])) != wanted:
            raise ValueError(f"its setting {number} is {found}, not {wanted}")
    for number, field in fields.items():
        if number not in NEEDED and number != MODEL_TYPE and REMARKS.get(number) != field.storage:
            raise ValueError(f"its setting {number} is not known")
    return model_type


def _number(fields: dict[int, Field], number: int, default: int) -> int:
    _, storage, value = fields.get(number, (number, VARINT, default))
    if storage != VARINT or not isinstance(value, int):
        raise ValueError(f"its setting {number} is no number")
    return value


def _check_unchanged(fields: dict[int, Field]) -> None:
    if fields != {number: (number, *stored) for number, stored in UNCHANGED.items()}:
        raise ValueError("it changes text before it cuts it, so it loses some")


def _by_number(message: bytes) -> dict[int, Field]:
    """The fields of a message, the last of each number. Raises ValueError."""
    return {field.number: field for field in _fields(message)}


def _fields(message: bytes) -> Iterator[Field]:
    """The fields of a message, as they are stored. Raises ValueError."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, storage = key >> 3, key & 7
        if storage == VARINT:
            value, place = _varint(message, place)
            yield Field(number, storage, value)
            continue
        if storage == LENGTH:
            length, place = _varint(message, place)
        elif storage == FLOAT:
            length = 4
        else:
            raise ValueError(f"its field {number} is stored in way {storage}, as none is here")
        yield Field(number, storage, message[place : place + length])
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """The number at a place, the low 7 bits first, and the place after it. Raises ValueError."""
    number = 0
    for shift, byte in enumerate(message[place : place + MOST_VARINT_BYTES]):
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            if number > MINUS_ONE:
                break
            return number, place + shift + 1
    raise ValueError("a number in it does not end")


def _piece(text: bytes, score: bytes, kind: int) -> bytes:
    mark = b"" if kind == NORMAL else bytes([KIND_KEY, kind])  # the default is not written
    size, length = len(text), len(text) + 7 + len(mark)
    if length < 0x80:  # most: written at once
        return b"\x0a%c\x0a%c%b\x15%b%b" % (length, size, text, score, mark)
    head = b"%c%b%c%b" % (
        PIECE_KEY,
        _varint_bytes(length + (size >= 0x80)),
        TEXT_KEY,
        _varint_bytes(size),
    )
    return b"%b%b%c%b%b" % (head, text, SCORE_KEY, score, mark)


def _message(fields: Iterable[Field]) -> bytes:
    return b"".join(map(_written, fields))


def _written(field: Field) -> bytes:
    number, storage, value = field
    head = _varint_bytes(number << 3 | storage)
    if isinstance(value, int):
        return head + _varint_bytes(value)
    return head + (_varint_bytes(len(value)) if storage == LENGTH else b"") + value


def _varint_bytes(number: int) -> bytes:
    low = bytearray()
    while number >= 0x80:
        low.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*low, number])
