"""The index of the training text's spans: nothing is missed, little is mistaken."""

from __future__ import annotations

import dataclasses
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen import checkpoint, novelty, tensor_file
from rnngen.api import LanguageModel
from rnngen.errors import CheckpointError
from rnngen.novelty import SpanIndex, spans
from tests.models import small_model

SPAN = novelty.SPAN


class Documents(list):
    """A corpus of these documents, each in pieces of at most `size` characters."""

    size = 7
    ends = True

    def pieces(self):
        for text in self:
            parts = [text[k : k + self.size] for k in range(0, len(text), self.size)]
            for number, part in enumerate(parts, 1):
                yield part, self.ends and number == len(parts)


class Stream(Documents):
    """The same as one text without end."""

    ends = False


def hashes(*texts: str) -> spans.Hashes:
    """Of texts of one length, by the definition."""
    values = [sum(ord(c) * spans.BASE**t for t, c in enumerate(text)) % 2**64 for text in texts]
    return np.array(values, dtype=np.uint64)


def holds(index: SpanIndex, *texts: str) -> list[bool]:
    return index.contains(hashes(*texts)).tolist()


def words(count: int, seed: int = 0) -> str:
    """Text of `count` characters, with hardly a span twice."""
    letters = np.random.default_rng(seed).integers(ord("a"), ord("z") + 1, count)
    return "".join(map(chr, letters))


def longest_common(text: str, corpus: str) -> int:
    """By the definition, plainly."""
    starts, best = range(len(text)), 0
    while any(text[i : i + best + 1] in corpus for i in starts if i + best < len(text)):
        best += 1
    return best


@given(st.text(max_size=40), st.integers(1, 45))
def test_hashes_of_spans_are_as_defined(text, length):
    sums = spans.prefix_sums(spans.code_points(text))
    expected = hashes(*(text[k : k + length] for k in range(len(text) - length + 1)))
    assert spans.spans(sums, length).tolist() == expected.tolist()
    starts = np.arange(len(expected))[::-1]
    assert spans.spans_at(sums, length, starts).tolist() == expected[::-1].tolist()
    last = [text[len(text) - k :] for k in range(len(text) + 1)]
    found = spans.ends(sums, np.arange(len(text) + 1)).tolist()
    assert found == [hashes(text).tolist()[0] for text in last]


@given(st.lists(st.text("abé蛙", min_size=1, max_size=30)), st.integers(0, 9), st.integers(1, 40))
def test_stretches_hold_every_span_once(documents, overlap, size):
    with patch.object(spans, "STRETCH", size):
        stretches = list(spans.stretches(Documents(documents), overlap))
    found = [
        stretch[k : k + overlap + 1] for stretch in stretches for k in range(len(stretch) - overlap)
    ]
    text = "".join(document + spans.BORDER for document in documents)
    assert found == [text[k : k + overlap + 1] for k in range(len(text) - overlap)]


documents = st.lists(st.text("ab é蛙", min_size=1, max_size=60), min_size=1, max_size=6)


@given(documents, st.booleans(), st.integers(1, 99))
def test_every_span_of_the_text_is_found(texts, one_stream, size):
    with patch.object(spans, "STRETCH", size):
        index = novelty.build(Stream(texts) if one_stream else Documents(texts))
    assert index is not None
    for text in ["".join(texts)] if one_stream else texts:
        within = [text[k : k + SPAN] for k in range(len(text) - SPAN + 1)]
        assert all(holds(index, *within))


def test_spans_do_not_cross_documents():
    first, second = words(300, 1), words(300, 2)
    across = [(first[-k:] + second)[:SPAN] for k in range(1, SPAN)]
    assert sum(holds(novelty.build(Documents([first, second])), *across)) <= 2
    assert all(holds(novelty.build(Stream([first, second])), *across))


def test_mistakes_are_about_as_rare_as_stated():
    index = novelty.build(Stream([words(50_000)]))
    other = spans.spans(spans.prefix_sums(spans.code_points(words(200_000, seed=1))), SPAN)
    rate = index.contains(other).mean()
    assert 0.8 < rate / index.false_positive_rate < 1.25
    assert index.false_positive_rate == pytest.approx(0.0031, abs=0.0003)
    short = novelty.build(Documents(words(SPAN + 1, seed) for seed in range(2_000)))
    assert short.false_positive_rate == pytest.approx(0.0031, abs=0.0003)


def test_spans_that_differ_in_one_character_are_told_apart():
    text = words(2_000)
    index = novelty.build(Stream([text]))
    near = [
        text[k : k + t] + "~" + text[k + t + 1 : k + SPAN]
        for k in range(0, 1_900, 10)
        for t in range(SPAN)
    ]
    assert sum(holds(index, *near)) < 0.01 * len(near)


def test_a_text_too_large_gets_no_index_unless_asked_for():
    text = Stream([words(1_000)])
    count = 1_000 - SPAN + 1
    size = -(-count * novelty.BITS_PER_SPAN // 8)
    assert novelty.build(text, most_bytes=size - 1) is None
    assert len(novelty.build(text, most_bytes=size).bits) == size
    assert len(novelty.build(text, most_bytes=None).bits) == size


@pytest.mark.parametrize("texts", [[], ["short"], [words(SPAN)]])
def test_a_text_of_few_spans_has_an_index(texts):
    index = novelty.build(Documents(texts))
    assert holds(index, words(SPAN)) == [texts == [words(SPAN)]]


@settings(max_examples=60)
@given(st.data())
def test_the_longest_copy_is_never_understated_and_mostly_exact(data):
    corpus = words(3_000)
    index = novelty.build(Stream([corpus]))
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 2_900), st.integers(0, 60)), max_size=4))
    text = "~".join(corpus[start : start + length] for start, length in cuts)
    exact = longest_common(text, corpus)
    least = min(len(text), SPAN - 1)
    assert index.longest_copied(text) >= max(exact, least)
    # One mistake at an end of a copy makes it longer by one; the seeds of `words` are lucky.
    assert index.longest_copied(text) <= max(exact, least) + 1


@pytest.mark.parametrize(
    ("bits", "settings"),
    [
        (np.zeros(0, np.uint8), {}),
        (np.zeros(4, np.int8), {}),
        (np.zeros((2, 2), np.uint8), {}),
        (np.zeros(4, np.uint8), {"span": 0}),
        (np.zeros(4, np.uint8), {"probes": 0}),
        (np.zeros(4, np.uint8), {"span": 2.5}),
        (np.zeros(4, np.uint8), {"probes": "8"}),
    ],
)
def test_an_index_that_cannot_be_is_refused(bits, settings):
    with pytest.raises((ValueError, TypeError)):
        SpanIndex(**{"span": SPAN, "probes": 8, **settings}, bits=bits)


def with_index():
    return dataclasses.replace(small_model(), novelty=novelty.build(Stream([words(500)])))


def test_an_index_travels_in_the_model_file(tmp_path):
    model, path = with_index(), tmp_path / "m"
    checkpoint.save_model(path, model)
    loaded = checkpoint.load_model(path)
    assert loaded.facts == model.facts
    assert loaded.novelty.settings() == model.novelty.settings()
    assert (loaded.novelty.bits == model.novelty.bits).all()
    copied = words(500)[100:160]
    assert LanguageModel(loaded).longest_copied(f"~{copied}~") == 60
    checkpoint.save_model(path, small_model())
    assert checkpoint.load_model(path).novelty is None
    assert LanguageModel(checkpoint.load_model(path)).longest_copied(copied) is None


@pytest.mark.parametrize(
    "damage",
    [
        {"bits": None},
        {"bits": np.zeros(0, np.uint8)},
        {"bits": np.zeros(9)},
        {"novelty": 3},
        {"novelty": {}},
        {"novelty": {"span": 20}},
        {"novelty": {"span": 20, "probes": "8"}},
        {"novelty": {"span": 20, "probes": 8, "bits": []}},
    ],
)
def test_a_model_with_a_damaged_index_is_refused(tmp_path, damage):
    path = tmp_path / "m"
    checkpoint.save_model(path, with_index())
    tensors, facts = tensor_file.load_tensors(path, "model")
    tensors["novelty.bits"] = damage.get("bits", tensors["novelty.bits"])
    facts["novelty"] = damage.get("novelty", facts["novelty"])
    kept = {name: array for name, array in tensors.items() if array is not None}
    tensor_file.save_tensors(path, "model", kept, facts)
    with pytest.raises(CheckpointError, match=f"{path}: not a model this version can use"):
        checkpoint.load_model(path)
