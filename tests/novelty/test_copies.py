"""The longest copied span, exactly: against the plain definition."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.novelty import copies, spans
from rnngen.novelty.copies import measure
from tests.novelty.test_novelty import Documents, Stream, longest_common, words

letters = st.text("ab é蛙", max_size=40)
some = st.lists(letters, min_size=1, max_size=5)


def plainly(text: str, documents: list[str], span: int) -> tuple[int, int]:
    """The longest common span, and the characters in common spans of `span` or more."""
    longest = max(longest_common(text, document) for document in documents)
    covered: set[int] = set()
    for k in range(len(text) - span + 1):
        if any(text[k : k + span] in document for document in documents):
            covered.update(range(k, k + span))
    return longest, len(covered)


@settings(max_examples=150)
@given(some, st.lists(some, min_size=1, max_size=3), st.integers(1, 9), st.integers(1, 60))
def test_every_figure_is_that_of_the_definition(texts, files, span, size):
    parts = [(str(number), Documents(documents)) for number, documents in enumerate(files)]
    with patch.object(spans, "STRETCH", size), patch.object(copies, "HEAD", 5):
        found = measure(texts, parts, span)
    documents = [document for part in files for document in part]
    for text, copied in zip(texts, found, strict=True):
        assert (copied.longest, copied.covered) == plainly(text, documents, span)
        assert copied.characters == len(text)
        copy = text[copied.start : copied.start + copied.longest]
        assert len(copy) == copied.longest
        if copied.source is None:
            assert copied.longest == 0
        else:
            assert any(copy in document for document in files[int(copied.source)])


@settings(max_examples=40)
@given(st.data())
def test_long_copies_are_found_wherever_they_are(data):
    corpus = words(2_000)
    cuts = st.tuples(st.integers(0, 1_990), st.integers(0, 90), st.sampled_from(["", "~", "蛙"]))
    texts = data.draw(st.lists(st.lists(cuts, max_size=4), min_size=1, max_size=4))
    whole = ["".join(corpus[at : at + n] + end for at, n, end in text) for text in texts]
    with patch.object(spans, "STRETCH", data.draw(st.integers(100, 3_000))):
        found = measure(whole, [("corpus", Stream([corpus]))], 30)
    for text, copied in zip(whole, found, strict=True):
        assert (copied.longest, copied.covered) == plainly(text, [corpus], 30)


def test_a_copy_does_not_cross_documents_or_files():
    one, two = words(50, 1), words(50, 2)
    text = one + two
    for parts in ([("a", Documents([one, two]))], [("a", Stream([one])), ("b", Stream([two]))]):
        [copied] = measure([text], parts, 60)
        assert (copied.longest, copied.start, copied.covered) == (50, 0, 0)
    [copied] = measure([text], [("a", Stream([one, two]))], 60)
    assert (copied.longest, copied.share) == (100, 1.0)


@pytest.mark.parametrize("texts", [[], [""], ["", "a"]])
def test_texts_may_be_empty(texts):
    found = measure(texts, [("x", Documents(["ba"]))], 1)
    assert [copied.longest for copied in found] == [len(text) for text in texts]
    assert [copied.share for copied in found] == [len(text) for text in texts]
