"""Streams, epochs and splits: what the model reads, and what it must not."""

from __future__ import annotations

import hashlib
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rnngen.dataset import batches
from rnngen.dataset.batches import IGNORE
from rnngen.errors import CorpusError

START = 999


def store_of(documents: list[list[int]], mode: str = "line") -> SimpleNamespace:
    """A token store in memory."""
    tokens = np.array([t for d in documents for t in d], np.int64)
    ends = np.cumsum([0, *map(len, documents)]).astype(np.uint64)
    hashes = [hashlib.blake2b(bytes(d), digest_size=8).digest() for d in documents]
    return SimpleNamespace(
        documents=mode,
        num_tokens=len(tokens),
        offsets=ends,
        hashes=np.frombuffer(b"".join(hashes), np.uint64),
        read=lambda start, stop: tokens[start:stop],
    )


def targets_of(sequence: batches.TokenSequence, batch_size: int, seq_len: int) -> list[int]:
    """All targets, stream after stream."""
    found = list(batches.batches(sequence, batch_size, seq_len, start_id=START))
    rows = np.concatenate([b.targets for b in found], axis=1)
    return [int(t) for row in rows for t in row if t != IGNORE]


documents = st.lists(
    st.lists(st.integers(0, 200), min_size=1, max_size=20), min_size=1, max_size=30
)


@given(documents, st.integers(1, 9), st.integers(1, 9), st.integers(0, 3), st.booleans())
def test_every_token_of_an_epoch_is_a_target_exactly_once(docs, batch_size, seq_len, epoch, loose):
    split = batches.whole(store_of(docs, "line" if loose else "none"))
    if not loose:
        split = batches.whole(store_of([[t for d in docs for t in d]], "none"))
    batch_size = min(batch_size, split.num_tokens)
    seen = targets_of(split.shuffled(seed=3, epoch=epoch), batch_size, seq_len)
    assert Counter(seen) == Counter(t for d in docs for t in d)


@given(documents, st.integers(1, 9), st.integers(1, 9))
def test_streams_are_contiguous_and_each_input_is_the_token_before_its_target(
    docs, batch_size, seq_len
):
    sequence = batches.whole(store_of(docs)).in_order()
    batch_size = min(batch_size, len(sequence))
    text = [t for d in docs for t in d]
    assert targets_of(sequence, batch_size, seq_len) == text
    before = dict(enumerate([START, *text]))
    length = -(-len(text) // batch_size)
    for batch in batches.batches(sequence, batch_size, seq_len, start_id=START):
        for row in range(batch_size):
            for column in range(batch.inputs.shape[1]):
                place = row * length + batch.position * seq_len + column
                if batch.targets[row, column] != IGNORE:
                    assert batch.inputs[row, column] == before[place]


@given(documents, st.integers(1, 5), st.integers(1, 5), st.integers(0, 10))
def test_batches_from_the_middle_are_those_an_unbroken_epoch_has(docs, batch_size, seq_len, first):
    sequence = batches.whole(store_of(docs)).shuffled(seed=1, epoch=2)
    unbroken = list(batches.batches(sequence, batch_size, seq_len, start_id=START))[first:]
    resumed = list(batches.batches(sequence, batch_size, seq_len, start_id=START, first=first))
    assert len(unbroken) == len(resumed)
    for a, b in zip(unbroken, resumed, strict=True):
        assert a.position == b.position
        assert (a.inputs == b.inputs).all()
        assert (a.targets == b.targets).all()


@given(documents, st.data())
def test_spans_read_like_the_list_they_stand_for(docs, data):
    sequence = batches.whole(store_of(docs)).in_order()
    text = [t for d in docs for t in d]
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    assert sequence.read(start, stop).tolist() == text[start:stop]


def test_documents_are_kept_whole_and_shuffled_by_seed_and_epoch():
    docs = [[i, i, i] for i in range(50)]
    split = batches.whole(store_of(docs))
    orders = {
        (seed, epoch): tuple(split.shuffled(seed, epoch).read(0, 150)[::3].tolist())
        for seed in (1, 2)
        for epoch in (0, 1)
    }
    assert len(set(orders.values())) == 4
    assert orders[1, 0] == tuple(split.shuffled(1, 0).read(0, 150)[::3].tolist())
    for order in orders.values():
        assert sorted(order) == list(range(50))


@given(documents, st.floats(0.01, 0.9))
def test_no_held_out_document_occurs_in_training(docs, fraction):
    docs = [*docs, [201], [202]]  # two that differ, so that there is something to part
    training, validation = batches.split(store_of(docs), fraction)
    if isinstance(training, batches.DocumentSplit):
        assert not _documents_of(training, docs) & _documents_of(validation, docs)
    assert training.num_tokens + validation.num_tokens == sum(map(len, docs))
    assert training.num_tokens > 0
    assert validation.num_tokens > 0


def _documents_of(split: batches.DocumentSplit, docs: list[list[int]]) -> set[tuple[int, ...]]:
    text = [t for d in docs for t in d]
    ranges = [zip(*split._ranges(unit), strict=True) for unit in split._units.tolist()]
    return {tuple(text[start:stop]) for unit in ranges for start, stop in unit}


@settings(max_examples=50)
@given(documents, st.floats(0.05, 0.9), st.integers(1, 7), st.integers(1, 7))
def test_more_documents_than_can_be_shuffled_are_shuffled_in_groups(docs, fraction, most, at_once):
    """Each document stays whole and on its side, and no more groups are held than may be."""
    docs = [[d, *doc] for d, doc in enumerate([*docs, [201], [202]])]
    sides = batches.split(store_of(docs), fraction)
    assume(isinstance(sides[0], batches.DocumentSplit))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "MOST_UNITS", most)
        patch.setattr(batches, "AT_ONCE", at_once)
        grouped = batches.split(store_of(docs), fraction)
        for side, expected in zip(grouped, sides, strict=True):
            assert len(side._units) <= most
            text = expected.in_order().read(0, expected.num_tokens).tolist()
            assert side.num_tokens == expected.num_tokens
            assert side.in_order().read(0, side.num_tokens).tolist() == text
            shuffled = side.shuffled(seed=1, epoch=0).read(0, side.num_tokens).tolist()
            kept = _documents_of(side, docs)
            assert kept == _documents_of(expected, docs)
            while shuffled:
                document = tuple(docs[shuffled[0]])
                assert document in kept
                assert tuple(shuffled[: len(document)]) == document
                kept, shuffled = kept - {document}, shuffled[len(document) :]
            assert not kept


def test_about_the_asked_share_of_documents_is_held_out():
    docs = [[i % 250, i // 250] for i in range(5000)]
    _, validation = batches.split(store_of(docs), 0.1)
    assert 0.08 < validation.num_tokens / 10000 < 0.12


def test_a_growing_corpus_keeps_its_sides():
    docs = [[i % 250, i // 250] for i in range(2000)]
    few = _documents_of(batches.split(store_of(docs[:1000]), 0.1)[1], docs[:1000])
    many = _documents_of(batches.split(store_of(docs), 0.1)[1], docs)
    assert few < many


def test_continuous_text_holds_out_its_last_tenth():
    training, validation = batches.split(store_of([list(range(100))], "none"), 0.1)
    assert training.in_order().read(0, 90).tolist() == list(range(90))
    assert validation.in_order().read(0, 10).tolist() == list(range(90, 100))


@pytest.mark.parametrize("size", [0, 1])
def test_a_text_too_short_to_hold_anything_out_is_refused(size):
    with pytest.raises(CorpusError, match="too few"):
        batches.split(store_of([[1] * size], "none"), 0.1)


@given(documents, st.integers(1, 100))
def test_in_order_can_be_limited_to_the_first_tokens(docs, most):
    text = [t for d in docs for t in d][:most]
    sequence = batches.whole(store_of(docs)).in_order(most)
    assert sequence.read(0, len(sequence)).tolist() == text
