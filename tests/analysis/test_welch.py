"""Student's quantiles against printed tables, and intervals against worked examples."""

from __future__ import annotations

import numpy as np
import pytest

from rnngen.analysis.welch import difference, t_quantile


@pytest.mark.parametrize(
    ("freedom", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)],
)
def test_quantiles_are_those_of_the_tables(freedom: float, t: float):
    assert t_quantile(freedom) == pytest.approx(t, abs=6e-4)


@pytest.mark.parametrize(("freedom", "t"), [(1, 63.657), (4, 4.604), (10, 3.169)])
def test_quantiles_of_another_share(freedom: float, t: float):
    assert t_quantile(freedom, 0.99) == pytest.approx(t, abs=6e-4)


def test_a_worked_example():
    """By hand: means 2 and 4.5, variances 1 and 0.5, so s^2 = 1/3 + 1/4 and df = 2.88.

    df = (7/12)^2 / ((1/3)^2 / 2 + (1/4)^2 / 1) = 49/144 / (17/144)
    """
    found = difference([1, 2, 3], [4, 5])
    assert found.mean == -2.5
    assert found.high is not None
    assert (found.high - found.mean) / (7 / 12) ** 0.5 == pytest.approx(t_quantile(49 / 17))
    assert found.high + found.low == pytest.approx(-5)


def test_one_value_a_side_has_no_interval():
    found = difference([1.0], [2.0, 3.0])
    assert (found.mean, found.low, found.high, found.is_real) == (-1.5, None, None, False)


def test_without_any_spread_only_the_same_number_is_the_same():
    assert not difference([2.0, 2.0], [2.0, 2.0]).is_real
    assert difference([2.0, 2.0], [2.1, 2.1]).is_real


def test_the_interval_holds_the_true_difference_as_often_as_it_says():
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        one, other = rng.normal(0, 1, 3), rng.normal(0.7, 3, 4)
        found = difference(one.tolist(), other.tolist())
        assert found.low is not None
        assert found.high is not None
        held += found.low <= -0.7 <= found.high
    assert 279 <= held <= 294  # 93% to 98%; Welch's interval is a little too wide for so few


def test_order_turns_the_sign():
    one, other = [1.0, 2.0, 4.0], [2.0, 3.5]
    assert difference(one, other).low == pytest.approx(-difference(other, one).high)
