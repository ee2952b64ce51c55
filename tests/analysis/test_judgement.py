"""What is said of a result: who is ahead, and whether that exceeds the spread over seeds."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from rnngen.analysis.judgement import judge

NEAR = {"lstm": [2.05, 2.07, 2.06], "gru": [2.06, 2.08, 2.05]}
FAR = {"lstm": [2.05, 2.07, 2.06], "gru": [2.31, 2.33, 2.30]}


def test_a_difference_within_the_spread_is_called_none():
    found = judge(NEAR)
    assert found.winner is None
    assert found.sentence.startswith("lstm and gru are equal as far as 3 seeds can tell")
    assert "within the spread over seeds" in found.sentence


def test_a_difference_beyond_the_spread_has_a_winner():
    found = judge(FAR)
    assert found.winner == "lstm"
    assert found.sentence.startswith("lstm is better than gru by 0.2533 bits per byte")
    assert "95% interval 0.2" in found.sentence


def test_the_order_of_settings_does_not_matter():
    assert judge(dict(reversed(FAR.items()))).sentence == judge(FAR).sentence


def test_one_seed_tells_nothing_from_chance():
    found = judge({"lstm": [2.0], "gru": [4.0]})
    assert found.winner is None
    assert "with one seed a difference cannot be told from chance" in found.sentence


def test_the_same_numbers_are_equal():
    found = judge({"one": [2.0, 2.1], "other": [2.0, 2.1]})
    assert found.winner is None
    assert "they differ by 0.0000 bits per byte" in found.sentence


def test_of_several_settings_the_best_is_held_against_each():
    found = judge({**FAR, "tiny": [3.1, 3.2, 3.15], "twin": NEAR["gru"]})
    assert found.order == ["lstm", "twin", "gru", "tiny"]
    assert found.winner is None  # not better than its twin
    assert found.others == (
        "lstm is better than gru, tiny. Intervals are widened so that those of all pairs hold at "
        "once with 95%."
    )
    assert judge({**FAR, "tiny": [3.1, 3.2, 3.15]}).winner == "lstm"


@pytest.mark.parametrize("count", [2, 5])
def test_settings_that_are_equal_seldom_have_a_winner(count: int):
    """At most one time in twenty, however many settings could have come out best by chance."""
    rng = np.random.default_rng(1)
    drawn = [
        dict(zip("abcde"[:count], rng.normal(2, 0.1, (count, 3)).tolist(), strict=True))
        for _ in range(150)
    ]
    told = [any(found.is_real for found in judge(each).differences.values()) for each in drawn]
    assert statistics.fmean(told) <= 0.05
