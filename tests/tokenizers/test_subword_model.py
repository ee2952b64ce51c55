"""Subword models of unknown origin: what sentencepiece may see is read here first, byte by byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import tensor_file
from rnngen.errors import TokenizerError
from rnngen.tokenizers import subword_model, train
from rnngen.tokenizers.base import decode
from rnngen.tokenizers.subword import SubwordTokenizer
from rnngen.tokenizers.subword_model import FIXED, read_subword_model

from .corpora import HARD, JAPANESE, PROSE, MemoryCorpus, texts

if TYPE_CHECKING:
    from collections.abc import Callable

pb = pytest.importorskip("sentencepiece.sentencepiece_model_pb2")

TEXT = [PROSE * 3, JAPANESE, "".join(HARD)]
MODELS = {
    kind: train("subword", MemoryCorpus(TEXT), vocab_size=380, model_type=kind)
    .tensors()["model"]
    .tobytes()
    for kind in ("bpe", "unigram")
}
SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints" / "shipped"


def message(content: bytes) -> Any:
    """The file as Google's own library reads it."""
    model = pb.ModelProto()
    model.ParseFromString(content)
    return model


def changed(change: Callable[[Any], None], kind: str = "bpe") -> bytes:
    model = message(MODELS[kind])
    change(model)
    written: bytes = model.SerializeToString()
    return written


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_read_as_the_reference_library_reads_it(kind: str):
    read, expected = read_subword_model(MODELS[kind]), message(MODELS[kind])
    assert [*FIXED, *read.pieces] == [each.piece for each in expected.pieces]
    np.testing.assert_array_equal(read.scores, [each.score for each in expected.pieces[258:]])
    assert read.model_type == kind
    assert read.to_bytes() == MODELS[kind]


def test_the_models_that_come_with_rnngen_are_written_as_they_were_read():
    for file in sorted(SHIPPED.glob("*/model.safetensors")):
        tensors, _ = tensor_file.load_tensors(file, "model")
        content = tensors["tokenizer.model"].tobytes()
        assert read_subword_model(content).to_bytes() == content


@pytest.mark.parametrize("size", [117, 118, 119, 120, 121, 122, 127, 128, 129, 256])
def test_a_piece_of_any_size_that_is_allowed_is_read(size: int):
    content = changed(lambda m: m.pieces.add(piece="x" * size, score=-1000))
    assert read_subword_model(content).pieces[-1] == "x" * size


REFUSED: dict[str, Callable[[Any], None]] = {
    "a piece has 257 bytes": lambda m: m.pieces.add(piece="x" * 257, score=-1000),
    "a piece is empty": lambda m: m.pieces.add(piece="", score=-1000),
    "there twice": lambda m: m.pieces.add(piece=m.pieces[300].piece, score=-1000),
    "holds a NUL": lambda m: m.pieces.add(piece="a\0b", score=-1000),
    "a line end": lambda m: m.pieces.add(piece="a\nb", score=-1000),
    "or a space": lambda m: m.pieces.add(piece="a b", score=-1000),
    "score is out of": lambda m: setattr(m.pieces[300], "score", float("nan")),
    "score is out of range": lambda m: setattr(m.pieces[300], "score", float("-inf")),
    "a score is out of range": lambda m: setattr(m.pieces[300], "score", 1e30),
    "a score is out": lambda m: setattr(m.pieces[2], "score", 1.0),
    "written as": lambda m: setattr(m.pieces[300], "type", 4),
    "not written as": lambda m: setattr(m.pieces[1], "type", 1),
    "begin with <unk>": lambda m: m.pieces.pop(0),
    "begin with <unk>, </s>": lambda m: setattr(m.pieces[4], "piece", "<0x00>"),
    "no pieces": lambda m: m.pieces.__delitem__(slice(258, None)),
    "neither bpe nor": lambda m: setattr(m.trainer_spec, "model_type", 4),
    "setting 35 is 0": lambda m: setattr(m.trainer_spec, "byte_fallback", False),
    "setting 40 is 5": lambda m: setattr(m.trainer_spec, "unk_id", 5),
    "setting 42 is": lambda m: setattr(m.trainer_spec, "eos_id", -1),
    "setting 24 is not known": lambda m: setattr(m.trainer_spec, "treat_whitespace_as_suffix", 1),
    "setting 45 is not known": lambda m: setattr(m.trainer_spec, "unk_piece", "a"),
    "setting 31 is not known": lambda m: m.trainer_spec.user_defined_symbols.append("a"),
    "changes text": lambda m: setattr(m.normalizer_spec, "add_dummy_prefix", True),
    "loses some": lambda m: setattr(m.normalizer_spec, "precompiled_charsmap", b"\x04\0\0\0abcd"),
    "before it cuts": lambda m: setattr(m.normalizer_spec, "normalization_rule_tsv", "61\t62"),
    "it changes": lambda m: setattr(m.normalizer_spec, "escape_whitespaces", False),
    "others after its pieces": lambda m: setattr(m.denormalizer_spec, "name", "a"),
    "lacks its settings": lambda m: m.ClearField("trainer_spec"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_training_never_writes_is_refused(what: str):
    with pytest.raises(TokenizerError, match=f"model is damaged: .*{what}"):
        SubwordTokenizer(changed(REFUSED[what]))


def test_text_that_is_not_utf8_is_refused():
    content = MODELS["bpe"].replace(b"\x0a\x05<unk>", b"\x0a\x05<un\xff>", 1)
    with pytest.raises(TokenizerError, match="utf-8"):
        SubwordTokenizer(content)


@pytest.mark.parametrize(
    "content", [b"", b"\x0a", b"\x0a\x80", b"\x0a\xff\xff\xff\xff\x0f", b"\xff" * 30, b"\x1a\0"]
)
def test_what_is_no_model_is_refused(content: bytes):
    with pytest.raises(TokenizerError, match="damaged"):
        read_subword_model(content)


def test_there_are_limits():
    with pytest.raises(TokenizerError, match="more than 4194304"):
        read_subword_model(bytes(subword_model.MOST_BYTES + 1))
    # Pieces may overlap in a crafted file: 2 bytes each, that stand for 127.
    with pytest.raises(TokenizerError, match="more than 65536 pieces"):
        read_subword_model(b"\x0a\0" * (1 << 21))


def test_a_file_that_says_a_thing_twice_is_refused():
    normalizer = b"\x1a\x10\x0a\x08identity\x12\0\x18\0\x20\0"
    assert MODELS["bpe"].endswith(normalizer)
    with pytest.raises(TokenizerError, match="not written as"):
        read_subword_model(MODELS["bpe"] + normalizer)


@given(data=st.data())
def test_a_damaged_model_is_refused_or_is_a_model_in_every_byte(data: st.DataObject):
    content = bytearray(MODELS[data.draw(st.sampled_from(sorted(MODELS)))])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        tokenizer = SubwordTokenizer(bytes(content))
    except TokenizerError:
        return
    assert tokenizer.tensors()["model"].tobytes() == content
    text = data.draw(texts) + PROSE[:50]
    assert decode(tokenizer, tokenizer.encode(text).tolist()) == text
