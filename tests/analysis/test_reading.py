"""Loss by context and accuracy within words, against a slow reading and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnngen.analysis import reading
from rnngen.errors import CorpusError
from rnngen.model.numpy_runtime import NumpyRuntime
from rnngen.tokenizers.byte import ByteTokenizer
from tests.models import small_model

TEXT = "an old pond; a fr\u00f6g leaps in, the sound of w\u00e4ter! "
END = 256


def ids(times: int = 6, text: str = TEXT) -> np.ndarray:
    """Documents of bytes, each with its end token."""
    tokenizer = ByteTokenizer()
    return np.concatenate([np.append(tokenizer.encode(text), END) for _ in range(times)])


def by_slow_reading(model, tokens: np.ndarray, length: int, count: int):
    """Each prediction made anew from its own prefix; sums by the definitions in the module."""
    runtime = NumpyRuntime(model.config, model.weights)
    starts = np.unique(np.linspace(0, len(tokens) - 1 - length, count).astype(np.int64))
    bits = np.zeros(len(reading.CONTEXTS))
    letters = np.zeros((reading.LETTERS, 2))
    counts = np.zeros(len(reading.CONTEXTS), int)
    for start in starts:
        window = tokens[start : start + length + 1]
        logits, _ = runtime.forward(window[None, :-1], runtime.start(1))
        seen = 0
        for place in range(length):
            before, target = int(window[place]), int(window[place + 1])
            seen += 1 if before == END or before & 0xC0 != 0x80 else 0
            row = logits[0, place].astype(np.float64)
            nats = math.log(np.exp(row - row[target]).sum())
            k = max(k for k, low in enumerate(reading.CONTEXTS) if low <= max(1, seen))
            bits[k] += nats / math.log(2)
            counts[k] += 1
            if place >= reading.SETTLED:
                word = 0
                text = bytes(t for t in tokens[: start + place + 1].tolist() if t != END)
                shown = text.decode("utf-8", "ignore")
                while before != END and word < len(shown) and shown[-1 - word].isalpha():
                    word += 1
                word = min(word, reading.LETTERS - 1)
                letters[word] += (int(row.argmax()) == target, 1)
    return bits / np.maximum(counts, 1), counts, letters


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_loss_by_context_is_that_of_reading_each_prefix_anew(cell: str, monkeypatch):
    monkeypatch.setattr(reading, "LEAST_TARGETS", 1)
    monkeypatch.setattr(reading, "STREAMS", 7)
    monkeypatch.setattr(reading, "BLOCK", 11)
    model = small_model(cell=cell, num_layers=2)
    tokens = ids()
    found = reading.read_held_out(model, tokens)
    length = (len(tokens) - 1) // 2
    expected, counts, _ = by_slow_reading(model, tokens, length, len(tokens) - length)
    for got, value, count in zip(found.context, expected, counts, strict=True):
        assert (got is None) == (count == 0)
        if got is not None:
            assert got == pytest.approx(value, rel=1e-4)


def test_accuracy_is_by_the_letters_before(monkeypatch):
    """A model that always says "a" is right as often as an "a" follows so many letters."""
    monkeypatch.setattr(reading, "LEAST_TARGETS", 1)
    model = small_model()
    for name, array in model.weights.items():
        array[:] = 0
        if name == "output.bias":
            array[ord("a")] = 1
    tokens = ids(9, "an old pond; a canal leads a raft away. ")
    found = reading.read_held_out(model, tokens)
    length = (len(tokens) - 1) // 2
    _, _, letters = by_slow_reading(model, tokens, length, len(tokens) - length)
    assert letters[:, 0].sum() > 0
    assert found.accuracy == pytest.approx((letters[:, 0] / letters[:, 1]).tolist())


def test_letters_end_with_a_word_and_with_a_document():
    tokens = np.array([*b"an old", END, *b"pond"])
    found = reading.letters_before(ByteTokenizer(), tokens)
    #                        a  n     o  l  d  $  p  o  n  d
    assert found.tolist() == [0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3]


def test_a_model_that_knows_nothing_loses_as_much_at_any_context():
    model = small_model()
    for array in model.weights.values():
        array[:] = 0
    found = reading.read_held_out(model, ids())
    shown = [loss for loss in found.context if loss is not None]
    assert len(shown) >= 6
    assert shown == pytest.approx([math.log2(257)] * len(shown))


def test_bins_of_few_targets_are_left_out():
    found = reading.read_held_out(small_model(), ids(2))
    assert found.context[-1] is None


def test_too_little_text_is_an_error():
    with pytest.raises(
        CorpusError, match=r"too little text is held out to compare by: \d+ of 65 tokens"
    ):
        reading.read_held_out(small_model(), ids(1))
