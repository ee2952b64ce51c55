"""Runs of tokens: which row each has, and that a model's n-grams are a function of the tokens."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnngen.model import ngrams


def by_hand(run: list[int], buckets: int) -> int:
    """Horner's scheme in whole numbers of any size, from the last token back."""
    value = 1
    for token in reversed(run):
        value = value * ngrams.FACTOR + token
    return value % ngrams.PRIME % buckets


@given(
    st.lists(st.integers(0, 2**31), min_size=1, max_size=12),
    st.integers(2, 5),
    st.integers(1, 2**20),
)
def test_every_run_has_the_row_of_its_polynomial(
    tokens: list[int], longest: int, buckets: int
) -> None:
    padded = [0] * (longest - 1) + tokens
    expected = [
        [by_hand(padded[end - size : end], buckets) for end in range(longest, len(padded) + 1)]
        for size in range(2, longest + 1)
    ]
    assert [row.tolist() for row in ngrams.rows(np.array(padded), longest, buckets)] == expected
    found = ngrams.rows(torch.tensor(padded)[:, None], longest, buckets)
    assert [row[:, 0].tolist() for row in found] == expected


@pytest.mark.parametrize("buckets", [1000, 1024, 2**14])
def test_rows_are_spread_at_least_as_evenly_as_by_chance(buckets: int) -> None:
    """All triples of 40 tokens: Pearson's chi-square, whose deviation is about sqrt(2 buckets)."""
    triples = np.array(list(itertools.product(range(1, 41), repeat=3))).T
    expected = 40**3 / buckets
    counts = np.bincount(ngrams.rows(triples, 3, buckets)[1][0], minlength=buckets)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < buckets + 5 * np.sqrt(2 * buckets)
