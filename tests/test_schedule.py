import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rnngen.schedule import learning_rate


def rates(total: int, warmup: int, final: float = 0.0) -> list[float]:
    return [
        learning_rate(k, total_steps=total, warmup_steps=warmup, peak=2.0, final=final)
        for k in range(total + 1)
    ]


def test_it_rises_in_a_line_and_falls_in_half_a_cosine():
    values = rates(total=20, warmup=4)
    assert values[:5] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert math.isclose(values[12], 1.0)  # halfway down
    assert math.isclose(values[20], 0.0, abs_tol=1e-12)


@given(st.integers(1, 200), st.integers(0, 50), st.floats(0, 1))
def test_it_never_leaves_its_bounds_and_never_rises_after_the_warm_up(total, warmup, final):
    values = rates(total, warmup, final)
    assert all(0 <= v <= 2.0 for v in values)
    falling = values[warmup:]
    assert all(a >= b - 1e-12 for a, b in pairwise(falling))


@given(st.integers(0, 49))
def test_a_warm_up_step_has_the_same_rate_whether_the_length_is_known_or_not(step):
    known = learning_rate(step, total_steps=777, warmup_steps=50, peak=1.0, final=0.0)
    measured = learning_rate(step, total_steps=None, warmup_steps=50, peak=1.0, final=0.0)
    assert known == measured
