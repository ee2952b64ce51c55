import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.config import TrainConfig
from rnngen.training.schedule import UNMEASURED_STEPS, Schedule, learning_rate


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


def schedule(batches_per_epoch=10, held_out=100, **settings):
    config = TrainConfig(**settings)
    return Schedule(config, batches_per_epoch=batches_per_epoch, held_out=held_out)


@given(st.integers(1, 300), st.integers(1, 30), st.data())
def test_evaluations_part_the_run_evenly_and_the_last_step_is_one(total, count, data):
    plan = schedule(evaluations=count)
    due = [step for step in range(1, total + 1) if plan.is_evaluation_due(step, total)]
    assert due[-1] == total
    assert len(due) == min(count, total)
    gaps = [b - a for a, b in pairwise([0, *due])]
    assert max(gaps) - min(gaps) <= 1
    assert not plan.is_evaluation_due(data.draw(st.integers(1, total)), None)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [({}, None), ({"steps": 7}, 7), ({"epochs": 2.01}, 21), ({"steps": 7, "epochs": 0.5}, 5)],
)
def test_what_ends_first_is_what_was_asked_for(settings, asked):
    assert schedule(**settings).given_steps == asked


def timed(plan, seconds_per_step, *, most=10_000):
    """The total found by steps that all take as long, and the step it is found at."""
    for step in range(1, most):
        took = step * seconds_per_step
        total = plan.total_from_speed(step, step * 50, took, [seconds_per_step] * step)
        if total is not None:
            return total, step
    raise AssertionError


@given(
    minutes=st.floats(1e-4, 10),
    seconds=st.floats(1e-3, 1),
    asked=st.none() | st.integers(1, 500),
    warmup=st.integers(0, 60),
    evaluations=st.integers(1, 20),
)
def test_a_timed_run_ends_in_time_and_where_it_was_asked_to(
    minutes, seconds, asked, warmup, evaluations
):
    plan = schedule(minutes=minutes, steps=asked, warmup_steps=warmup, evaluations=evaluations)
    total, step = timed(plan, seconds)
    assert step <= total <= (asked or total)
    assert step <= max(UNMEASURED_STEPS, plan.warmup_steps) + 1
    evaluation = 100 / 50 * seconds / 3
    room = minutes * 60 - step * seconds - evaluations * evaluation
    if room > 0 and total != asked:
        assert room - seconds - 1e-6 <= (total - step) * seconds <= room + 1e-6


def test_a_timed_run_of_few_passes_ends_with_them_and_with_an_evaluation():
    plan = schedule(minutes=5, steps=20, evaluations=3)
    assert timed(plan, 0.001) == (20, 4)
    assert plan.is_evaluation_due(20, 20)
    assert plan.learning_rate(5, None) == plan.learning_rate(4, 20)  # the warm-up is 4 steps


@given(total=st.integers(1, 500), count=st.integers(1, 30))
def test_a_timed_run_is_adjusted_once_before_each_evaluation(total, count):
    plan = schedule(minutes=1, evaluations=count)
    adjusted = [k for k in range(1, total + 1) if plan.is_adjusting_due(k, total)]
    evaluated = [k for k in range(1, total + 1) if plan.is_evaluation_due(k, total)]
    if total >= 2 * count:
        for before, after in pairwise([0, *evaluated]):
            [between] = [k for k in adjusted if before < k <= after]
            assert abs(2 * between - before - after) <= 2
    assert total not in adjusted
    assert not any(schedule(steps=total).is_adjusting_due(k, total) for k in range(1, total + 1))


@given(
    minutes=st.floats(0.1, 10),
    planned=st.integers(300, 3000),
    change=st.floats(0.5, 2),
    at=st.floats(0.1, 0.9),
)
def test_a_run_whose_speed_changes_ends_in_about_its_time(minutes, planned, change, at):
    """The steps take `change` times as long from a share `at` of those planned on."""
    plan = schedule(minutes=minutes, evaluations=10)
    each, total, took, step = minutes * 60 / planned, planned, 0.0, 0
    rates = []
    while step < total:
        rates.append(plan.learning_rate(step, total))
        took += each * (change if step >= at * planned else 1)
        step += 1
        if plan.is_adjusting_due(step, total):
            total = plan.adjust_total(step, total, took)
            assert total > step
    assert 0.95 <= took / (minutes * 60) <= 1.06  # it would be 0.55 to 1.9
    assert rates[-1] < 0.01 * max(rates)


def test_a_run_that_is_late_keeps_half_of_the_steps_left():
    plan = schedule(minutes=1)
    assert plan.adjust_total(50, 100, 30.0) == 100
    assert plan.adjust_total(50, 100, 40.0) == 75
    assert plan.adjust_total(50, 100, 1000.0) == 75
    assert plan.adjust_total(50, 100, 25.0) == 120
    assert schedule(minutes=1, steps=110).adjust_total(50, 100, 25.0) == 110
    assert plan.adjust_total(99, 100, 1000.0) == 100


@given(step=st.integers(1, 10_000), seconds=st.floats(0.1, 1e5), longer=st.floats(0.5, 3))
def test_an_end_that_is_moved_in_minutes_goes_on_at_the_speed_so_far(step, seconds, longer):
    total = schedule(minutes=seconds * longer / 60).total_to_new_end(step, seconds)
    if total is None:
        assert int(step * longer) <= step
    else:
        assert total > step
        assert total == pytest.approx(step * longer, abs=1)


def test_an_end_that_is_moved_to_what_is_past_is_none():
    assert schedule(steps=8).total_to_new_end(8, 1.0) is None
    assert schedule(steps=9).total_to_new_end(8, 1.0) == 9
    assert schedule(epochs=0.5).total_to_new_end(8, 1.0) is None
    assert schedule(minutes=1 / 60).total_to_new_end(8, 1.0) is None
    assert schedule(minutes=1, steps=9).total_to_new_end(8, 1.0) == 9
