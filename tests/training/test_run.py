"""Training: what it learns, and that a run cannot be lost."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rnngen
from rnngen import checkpoint, runs, tensor_file
from rnngen.config import TrainConfig
from rnngen.errors import CheckpointError
from rnngen.training import device
from rnngen.training.events import Evaluation, Sample, Skipped, Step, Stopped
from rnngen.training.learner import Learner
from tests.training.short_runs import TEXT, of, plan, run, tensors


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_it_learns_and_starts_at_the_unigram_entropy(tmp_path: Path, cell: str):
    events = run(plan(tmp_path / "r", model={"cell": cell, "dropout": 0.0}, steps=150))
    first, last = of(Step, events)[0], of(Step, events)[-1]
    counts = np.bincount(np.frombuffer(TEXT, np.uint8))
    shares = counts[counts > 0] / counts.sum()
    entropy = -(shares * np.log(shares)).sum()
    assert first.train_nats_per_token < entropy + 0.3
    assert last.train_nats_per_token < 0.7 * entropy
    best = of(Stopped, events)[0].best_valid_nats_per_token
    assert best == min(e.valid_nats_per_token for e in of(Evaluation, events))
    assert of(Stopped, events)[0].best_valid_bits_per_byte == pytest.approx(best / math.log(2))


def test_the_table_of_ngrams_learns_at_its_own_rate(tmp_path: Path):
    """The first steps of AdamW are as long as the rate; rows that are not met stay at zero."""
    lengths = []
    for rate in (1.0, 3.0):
        settings = {"steps": 1, "warmup_steps": 0, "learning_rate": 1e-3, "ngram_rate": rate}
        run(plan(tmp_path / str(rate), model={"dropout": 0.0}, **settings))
        table = tensors(tmp_path / str(rate))["model.ngrams.weight"]
        met = np.abs(table).max(axis=1) > 0
        assert 0 < met.sum() <= 2 * 4 * 16
        lengths.append(np.abs(table[met]).max())
    assert lengths == pytest.approx([1e-3, 3e-3], rel=1e-3)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize(  # an epoch has 38 batches
    ("stop_at", "threads", "precision"),
    [(1, 1, "fp32"), (17, 2, "fp32"), (37, 1, "fp32"), (40, 2, "fp32"), (17, 2, "bf16")],
)
def test_a_resumed_run_equals_an_unbroken_one(
    tmp_path: Path, cell: str, stop_at: int, threads: int, precision: str
):
    settings = {"model": {"cell": cell}, "steps": 50, "threads": threads, "precision": precision}
    run(plan(tmp_path / "whole", **settings))
    events = run(plan(tmp_path / "parts", **settings), stop_at=stop_at)
    assert of(Stopped, events)[0].reason == "interrupted"
    run(plan(tmp_path / "parts", **settings), resume=True)
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name in whole:
        assert whole[name].tobytes() == parts[name].tobytes(), name
    models = [checkpoint.load_model(tmp_path / n / "model.safetensors") for n in ("whole", "parts")]
    for name, array in models[0].weights.items():
        assert array.tobytes() == models[1].weights[name].tobytes()


@pytest.mark.parametrize("precision", ["auto", "bf16"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_no_clock_reaches_the_weights(tmp_path: Path, monkeypatch, cell: str, precision: str):
    """Two runs whose clocks leap, each in its own way, on a processor that has bf16."""
    monkeypatch.setattr(device, "has_bf16_instructions", lambda: True)
    monkeypatch.setattr(device, "LEAST_HIDDEN_SIZE_IN_BF16", {"lstm": 8, "gru": math.inf})
    for seed in (1, 2):
        leaps = np.random.default_rng(seed)
        now = {"seconds": 0.0}

        def clock(now=now, leaps=leaps) -> float:
            now["seconds"] += leaps.choice([0.0, 1e-9, 0.01, 40.0])
            return now["seconds"]

        for name in ("perf_counter", "monotonic", "time", "process_time"):
            monkeypatch.setattr(time, name, clock)
        settings = {"model": {"cell": cell}, "steps": 12, "threads": 2, "precision": precision}
        run(plan(tmp_path / str(seed), **settings))
    facts = tensor_file.load_tensors(tmp_path / "1" / runs.TRAINING_FILE, "training")[1]
    chosen = "fp32" if (cell, precision) == ("gru", "auto") else "bf16"
    assert facts["config"]["precision"] == chosen
    one, two = tensors(tmp_path / "1"), tensors(tmp_path / "2")
    for name in one:
        assert one[name].tobytes() == two[name].tobytes(), name


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_held_out_text_is_measured_in_fp32_whatever_the_arithmetic_of_training(
    tmp_path: Path, cell: str
):
    """So the loss in the log is the one that `score` finds."""
    work = plan(tmp_path / "r", model={"cell": cell, "ngrams": 1}, steps=6, precision="bf16")
    best = of(Stopped, run(work))[0].best_valid_nats_per_token
    held_out = work.validation.in_order()
    text = bytes(held_out.read(0, len(held_out)).astype(np.uint8)).decode()
    assert rnngen.load(work.folder).score(text).nats_per_token == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize(  # bf16 keeps 8 bits, to which each thread rounds its own gradient
    ("precision", "rounding"), [("fp32", 1e-4), ("bf16", 2**-8)]
)
def test_threads_share_the_rows_and_change_nothing_but_the_last_bits(
    tmp_path: Path, precision: str, rounding: float
):
    runs_of = {
        n: run(plan(tmp_path / str(n), steps=40, threads=n, precision=precision)) for n in (1, 3)
    }
    losses = [[e.train_nats_per_token for e in of(Step, events)] for events in runs_of.values()]
    assert losses[1] == pytest.approx(losses[0], rel=rounding)
    held_out = [[e.valid_nats_per_token for e in of(Evaluation, e_)] for e_ in runs_of.values()]
    assert held_out[1] == pytest.approx(held_out[0], rel=rounding)


def test_how_many_threads_shared_the_sums_is_stored_and_kept(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(device, "cores", lambda: 2)
    settings = {"batch_size": 9, "steps": 10}
    run(plan(tmp_path / "r", **settings), stop_at=5)
    monkeypatch.setattr(device, "cores", lambda: 1)
    path = tmp_path / "r" / runs.TRAINING_FILE
    stored = TrainConfig(**tensor_file.load_tensors(path, "training")[1]["config"])
    assert stored.threads == 2
    run(dataclasses.replace(plan(tmp_path / "r", **settings), config=stored), resume=True)
    assert tensor_file.load_tensors(path, "training")[1]["config"]["threads"] == 2


def test_a_state_of_an_earlier_version_goes_on(tmp_path: Path):
    """It had torch's random state in it, no number of threads and no rate of n-grams."""
    run(plan(tmp_path / "r", steps=20))
    run(plan(tmp_path / "old", steps=20), stop_at=10)
    path = tmp_path / "old" / runs.TRAINING_FILE
    arrays, facts = tensor_file.load_tensors(path, "training")
    del facts["config"]["threads"], facts["config"]["ngram_rate"]
    tensor_file.save_tensors(
        path, "training", {**arrays, "rng.cpu": np.zeros(5056, np.uint8)}, facts
    )
    run(plan(tmp_path / "old", steps=20), resume=True)
    new, old = tensors(tmp_path / "r"), tensors(tmp_path / "old")
    assert all(new[name].tobytes() == old[name].tobytes() for name in new)


def test_training_leaves_torchs_settings_as_they_were(tmp_path: Path):
    before = torch.get_num_threads()
    run(plan(tmp_path / "r", steps=3, threads=2))
    assert torch.get_num_threads() == before


def test_a_resumed_run_logs_every_step_once(tmp_path: Path):
    run(plan(tmp_path / "r", steps=50), stop_at=25)
    run(plan(tmp_path / "r", steps=50), resume=True)
    lines = [json.loads(line) for line in (tmp_path / "r" / "log.jsonl").read_text().splitlines()]
    steps = [line["step"] for line in lines if line["event"] == "step"]
    assert steps == [10, 20, 30, 40, 50]
    assert [line["event"] for line in lines].count("stopped") == 1


def test_the_log_has_the_documented_fields(tmp_path: Path):
    run(plan(tmp_path / "r", steps=20))
    lines = [json.loads(line) for line in (tmp_path / "r" / "log.jsonl").read_text().splitlines()]
    always = {"event", "step", "epoch", "tokens", "seconds"}
    assert all(always <= line.keys() for line in lines)
    step = next(line for line in lines if line["event"] == "step")
    assert {"tokens_per_second", "learning_rate", "train_nats_per_token"} <= step.keys()
    evaluation = next(line for line in lines if line["event"] == "evaluation")
    assert {"valid_nats_per_token", "valid_bits_per_byte"} <= evaluation.keys()


def test_a_finished_run_resumed_changes_nothing(tmp_path: Path):
    run(plan(tmp_path / "r", steps=20))
    before = tensors(tmp_path / "r")
    events = run(plan(tmp_path / "r", steps=20), resume=True)
    assert of(Stopped, events)[0].reason == "finished"
    assert not of(Step, events)
    for name, array in tensors(tmp_path / "r").items():
        assert array.tobytes() == before[name].tobytes()


def test_steps_that_are_not_finite_are_skipped_and_leave_the_weights(tmp_path: Path, monkeypatch):
    original = Learner._nats

    def broken(self: Learner, batch: Any, state: Any, model: Any, rows: slice) -> Any:
        nats, state = original(self, batch, state, model, rows)
        last_rows = rows.stop == 4  # those of the second thread
        return (nats * math.nan if last_rows and batch.position in (3, 4) else nats), state

    monkeypatch.setattr(Learner, "_nats", broken)
    events = run(plan(tmp_path / "r", steps=20, threads=2))
    assert [(e.step, e.steps, e.in_a_row) for e in of(Skipped, events)] == [(10, 2, 0)]
    assert of(Stopped, events)[0].reason == "finished"
    assert all(np.isfinite(a).all() for a in tensors(tmp_path / "r").values())
    assert all(math.isfinite(e.train_nats_per_token) for e in of(Step, events))


def test_a_loss_that_stays_broken_stops_the_run_and_keeps_the_last_good_state(
    tmp_path: Path, monkeypatch
):
    original = Learner._nats

    def broken(self: Learner, batch: Any, state: Any, model: Any, rows: slice) -> Any:
        nats, state = original(self, batch, state, model, rows)
        return (nats * math.nan if self._updates >= 12 else nats), state

    monkeypatch.setattr(Learner, "_nats", broken)
    events = run(plan(tmp_path / "r", steps=40))
    assert of(Stopped, events)[0].reason == "diverged"
    assert all(np.isfinite(a).all() for a in tensors(tmp_path / "r").values())
    checkpoint.load_model(tmp_path / "r" / "model.safetensors")


def test_it_stops_when_evaluations_bring_no_gain(tmp_path: Path):
    # A learning rate far too high: it never gets better again.
    work = plan(tmp_path / "r", steps=400, evaluations=100, patience=3, learning_rate=30.0)
    events = run(work)
    stopped = of(Stopped, events)[0]
    assert stopped.reason == "patience"
    assert stopped.step < 400
    assert [e.without_gain for e in of(Evaluation, events)][-3:] == [1, 2, 3]


def test_the_model_file_is_the_best_one(tmp_path: Path):
    events = run(plan(tmp_path / "r", steps=60, evaluations=12, learning_rate=0.3))
    model = checkpoint.load_model(tmp_path / "r" / "model.safetensors")
    best = min(of(Evaluation, events), key=lambda e: e.valid_nats_per_token)
    assert model.facts["metrics"]["best_valid_nats_per_token"] == best.valid_nats_per_token
    assert model.facts["training"]["step"] == best.step


def test_samples_are_shown_at_each_evaluation_and_change_nothing(tmp_path: Path):
    run(plan(tmp_path / "plain", steps=20))
    work = plan(tmp_path / "shown", steps=20)
    work = dataclasses.replace(work, sample=lambda model, step: f"{model.config.cell} {step}")
    events = run(work)
    assert [e.text for e in of(Sample, events)] == ["lstm 5", "lstm 10", "lstm 15", "lstm 20"]
    plain, shown = tensors(tmp_path / "plain"), tensors(tmp_path / "shown")
    assert all(plain[name].tobytes() == shown[name].tobytes() for name in plain)


def test_another_models_state_is_refused(tmp_path: Path):
    run(plan(tmp_path / "r", steps=10))
    with pytest.raises(CheckpointError, match="does not fit"):
        run(plan(tmp_path / "r", steps=10, model={"hidden_size": 10}), resume=True)
