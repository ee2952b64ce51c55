"""The parts of a run by themselves: its clock, its reports, its number of steps."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from rnngen.config import TrainConfig
from rnngen.training.events import Planned, Skipped, Step
from rnngen.training.processes import SINGLE
from rnngen.training.progress import Clock, Progress
from rnngen.training.reporter import Reporter
from rnngen.training.schedule import Schedule
from rnngen.training.step_budget import StepBudget


class Watch:
    """In place of time.perf_counter: shows what it is set to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(time, "perf_counter", watch)
    return watch


def test_a_clock_goes_on_from_the_time_of_earlier_parts(watch: Watch):
    clock = Clock(30.0)
    watch.now += 2.5
    assert clock.seconds() == 32.5


def test_an_event_says_where_the_run_stands(watch: Watch):
    progress = Progress(step=3, epoch=2, batch=1, tokens=70)
    reporter = Reporter(progress, Clock(8.0), batches_per_epoch=4)
    watch.now += 1
    assert reporter.event(Planned, total_steps=9) == Planned(3, 2.25, 70, 9.0, 9)


def steps(reporter: Reporter, progress: Progress, losses: list[float]) -> list[Any]:
    """The events after steps with these losses, each of 5 tokens."""
    found: list[Any] = []
    for loss in losses:
        progress.step, progress.tokens = progress.step + 1, progress.tokens + 5
        reporter.add(torch.tensor(loss))
        found += reporter.steps(learning_rate=0.1)
    return found


def test_a_report_is_the_mean_of_ten_steps_and_their_speed(watch: Watch):
    progress = Progress()
    reporter = Reporter(progress, Clock(), batches_per_epoch=100)
    watch.now += 2
    [first] = steps(reporter, progress, [1.0] * 5 + [3.0] * 5)
    assert isinstance(first, Step)
    assert (first.train_nats_per_token, first.tokens_per_second) == (2.0, 25.0)
    [second] = steps(reporter, progress, [7.0] * 10)
    assert (second.step, second.train_nats_per_token) == (20, 7.0)


def test_steps_without_a_finite_loss_are_counted_across_reports():
    progress = Progress()
    reporter = Reporter(progress, Clock(), batches_per_epoch=100)
    skipped, step = steps(reporter, progress, [math.nan, 2.0, *[math.nan] * 8])
    assert (skipped.steps, skipped.in_a_row, step.train_nats_per_token) == (9, 8, 2.0)
    [skipped] = steps(reporter, progress, [math.inf] * 10)
    assert isinstance(skipped, Skipped)
    assert reporter.skipped_in_a_row == 18
    steps(reporter, progress, [1.0] * 10)
    assert reporter.skipped_in_a_row == 0


def step_budget(progress: Progress, **end: Any) -> StepBudget:
    config = TrainConfig(warmup_steps=0, evaluations=1, **end)
    schedule = Schedule(config, batches_per_epoch=50, held_out=0)
    return StepBudget(schedule, progress, Clock(progress.seconds), SINGLE)


def test_a_given_number_of_steps_is_known_before_the_first_and_nothing_is_waited_for():
    progress = Progress()
    budget = step_budget(progress, steps=60, epochs=1)
    assert progress.total_steps == 50
    budget.begin_step()
    progress.step += 1
    assert not budget.end_step(SimpleNamespace())  # type: ignore[arg-type]  # it has no number


def test_minutes_become_steps_once_some_were_measured(watch: Watch):
    progress = Progress()
    budget, known = step_budget(progress, minutes=1), []
    for _ in range(5):
        budget.begin_step()
        watch.now += 0.5
        progress.step, progress.tokens = progress.step + 1, progress.tokens + 10
        known.append(budget.end_step(torch.tensor(1.0)))
    # The first three also allocate; the fourth is the first that tells, and says 120 a minute.
    assert known == [False, False, False, True, False]
    assert progress.total_steps == 120


def test_a_new_end_replaces_the_total_unless_it_is_past():
    progress = Progress(step=10, total_steps=10, seconds=5.0, stopped="finished")
    assert step_budget(progress, steps=30).move_end()
    assert (progress.total_steps, progress.stopped) == (30, "")
    assert not step_budget(Progress(step=10, total_steps=10, seconds=5.0), steps=9).move_end()
