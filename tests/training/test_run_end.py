"""Where a run ends: by steps, passes or minutes, and at an end that is moved."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen import runs, tensor_file
from rnngen.config import TrainConfig
from rnngen.errors import ConfigError
from rnngen.training.events import Planned, Saved, Stopped
from rnngen.training.plan import Plan, with_end
from rnngen.training.run import train
from tests.training.short_runs import of, plan, run, tensors


def plan_with_end(work: Plan, **end: Any) -> Plan:
    """The run with its end moved."""
    return dataclasses.replace(work, config=with_end(work.config, end))


def test_another_end_replaces_the_old_one_and_the_patience() -> None:
    config = TrainConfig(minutes=5, epochs=20, patience=5, seed=3)
    assert with_end(config, {"minutes": 5}) == config
    moved = with_end(config, {"minutes": 9})
    assert moved == TrainConfig(minutes=9, epochs=None, patience=0, seed=3)
    assert with_end(moved, {"minutes": 9}) == moved


def test_a_finished_run_with_a_later_end_goes_on_and_can_be_broken_too(tmp_path: Path):
    for name, stops in (("whole", [None]), ("parts", [11, 17, None])):
        work = plan(tmp_path / name, steps=8, evaluations=2)
        run(work)
        longer = plan_with_end(work, steps=20)
        for stop_at in stops:
            events = run(longer, resume=True, stop_at=stop_at)
            assert of(Planned, events)[0].total_steps == 20
        assert of(Stopped, events)[0].reason == "finished"
        assert of(Stopped, events)[0].step == 20
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)
    assert rate_at(tmp_path / "parts", 10) == pytest.approx(
        longer.config.learning_rate * 0.5 * (1 + math.cos(math.pi * (9 - 4) / 16))
    )


def rate_at(folder: Path, step: int) -> float:
    events = map(json.loads, (folder / runs.LOG_FILE).read_text().splitlines())
    [rate] = [e["learning_rate"] for e in events if e["event"] == "step" and e["step"] == step]
    return float(rate)


def test_a_later_end_in_minutes_goes_on_at_the_speed_so_far(tmp_path: Path, monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) / 1000)
    work = plan(tmp_path / "run", minutes=0.005, epochs=1000, evaluations=1)
    [first] = of(Stopped, run(work))
    seconds = tensor_file.load_tensors(work.folder / runs.TRAINING_FILE, "training")[1]["progress"][
        "seconds"
    ]
    events = run(plan_with_end(work, minutes=2 * seconds / 60), resume=True)
    [planned], [stopped] = of(Planned, events), of(Stopped, events)
    assert planned.step == first.step
    assert planned.total_steps == pytest.approx(2 * first.step, abs=1)
    assert stopped.reason == "finished"
    peak, next_report = work.config.learning_rate, first.step // 10 * 10 + 10
    assert rate_at(work.folder, next_report) < 0.6 * peak


@pytest.mark.parametrize("end", [{"steps": 8}, {"epochs": 0.05}, {"minutes": 1e-6}])
def test_an_end_that_is_past_is_refused(tmp_path: Path, end: dict[str, Any]):
    work = plan(tmp_path / "run", steps=9)
    run(work, stop_at=8)
    before = [(work.folder / f).read_bytes() for f in (runs.TRAINING_FILE, runs.LOG_FILE)]
    with pytest.raises(ConfigError, match=r"run has trained for 8 steps.*is to be later"):
        run(plan_with_end(work, **end), resume=True)
    assert before == [(work.folder / f).read_bytes() for f in (runs.TRAINING_FILE, runs.LOG_FILE)]


def test_a_timed_run_of_few_passes_ends_with_them_and_leaves_a_model(tmp_path: Path):
    work = plan(tmp_path / "run", minutes=5, steps=20, evaluations=3)
    [stopped] = of(Stopped, run(work))
    assert (stopped.reason, stopped.step) == ("finished", 20)
    assert stopped.best_valid_bits_per_byte is not None
    assert (work.folder / runs.MODEL_FILE).exists()


def test_minutes_are_measured_into_steps_and_stored(tmp_path: Path):
    events = run(plan(tmp_path / "r", minutes=0.02))
    assert len(of(Planned, events)) == 1
    facts = tensor_file.load_tensors(tmp_path / "r" / runs.TRAINING_FILE, "training")[1]
    assert of(Stopped, events)[0].step == facts["progress"]["total_steps"]


@pytest.mark.parametrize("patience", [0, 1])
def test_a_run_killed_after_its_last_step_makes_no_other(tmp_path: Path, patience: int):
    """Its state is saved with the last evaluation, and again with the note that it has ended."""
    settings = {"steps": 400, "learning_rate": 1e-9} if patience else {"steps": 8}
    work = plan(tmp_path / "r", evaluations=4, patience=patience, **settings)
    whole = dataclasses.replace(work, folder=tmp_path / "whole")
    whole.folder.mkdir()
    [stopped] = of(Stopped, run(whole))
    for event in train(work):
        if isinstance(event, Saved) and event.step == stopped.step:
            break  # and there it was killed
    [again] = of(Stopped, run(work, resume=True))
    assert (again.reason, again.step) == (stopped.reason, stopped.step)
    for name, array in tensors(work.folder).items():
        np.testing.assert_array_equal(array, tensors(whole.folder)[name], err_msg=name)


def test_epochs_are_passes_over_the_training_text(tmp_path: Path):
    work = plan(tmp_path / "r", epochs=2, patience=0)
    stopped = of(Stopped, run(work))[0]
    assert stopped.epoch == 2
    assert stopped.tokens == 2 * work.training.num_tokens
