"""The best model stays the best, also where the run is killed just after writing it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rnngen import runs, tensor_file
from rnngen.training.evaluator import kept_model
from rnngen.training.learner import Learner, Loss
from rnngen.training.plan import Plan, with_end
from tests.conftest import ROOT
from tests.training.short_runs import plan, run

SETTINGS = {"steps": 8, "evaluations": 4}
KILLED = """
import os, signal, sys
from pathlib import Path
from rnngen import checkpoint
from rnngen.training.learner import Learner
from tests.training.short_runs import plan, run
from tests.training.test_kept_model import SETTINGS, losses

save, saved = checkpoint.save_model, []

def save_and_die(path, model):
    save(path, model)
    saved.append(path)
    if len(saved) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

checkpoint.save_model = save_and_die
Learner.evaluate = losses(2.0, 1.0)
run(plan(Path(sys.argv[1]), **SETTINGS))
"""


def losses(*nats: float):  # type: ignore[no-untyped-def]
    """In place of `Learner.evaluate`: these losses one after the other, then the last again."""
    rest: Iterator[float] = iter(nats)
    return lambda *_: Loss(next(rest, nats[-1]) * 10, 10, 10)


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed") / "r"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    return folder


@pytest.fixture
def killed(killed_once: Path, tmp_path: Path) -> Plan:
    """A run killed after its model of step 4 was written and before its state was."""
    shutil.copytree(killed_once, tmp_path / "r")
    work = plan(tmp_path / "r", **SETTINGS)
    assert best_of(work, runs.TRAINING_FILE) == (2, 2.0)
    assert best_of(work, runs.MODEL_FILE) == (4, 1.0)
    return work


def best_of(work: Plan, name: str) -> tuple[int, float]:
    """The step of a file, and the best loss it tells of."""
    kind = name.partition(".")[0]
    facts = tensor_file.load_tensors(work.folder / name, kind)[1]
    if kind == "training":
        return facts["progress"]["step"], facts["progress"]["best_nats"]
    return facts["training"]["step"], facts["metrics"]["best_valid_nats_per_token"]


def evaluations(work: Plan) -> list[tuple[int, float, bool]]:
    lines = map(json.loads, (work.folder / runs.LOG_FILE).read_text().splitlines())
    return [(e["step"], e["valid_nats_per_token"], e["best"]) for e in lines if "best" in e]


def test_with_another_end_no_worse_model_replaces_the_better_one(killed: Plan, monkeypatch):
    longer = dataclasses.replace(killed, config=with_end(killed.config, {"steps": 12}))
    monkeypatch.setattr(Learner, "evaluate", losses(1.5, 1.2, 0.9, 0.95))
    run(longer, resume=True, stop_at=3)
    assert best_of(killed, runs.MODEL_FILE) == (4, 1.0)
    assert best_of(killed, runs.TRAINING_FILE) == (3, 1.0)
    run(longer, resume=True)
    assert best_of(killed, runs.MODEL_FILE) == (9, 0.9)
    assert [(n, best) for _, n, best in evaluations(killed)] == [
        (2.0, True), (1.5, False), (1.2, False), (0.9, True), (0.95, False)
    ]  # fmt: skip


def test_with_its_own_end_the_run_comes_to_that_model_again(killed: Plan, monkeypatch):
    weights = tensor_file.load_tensors(killed.folder / runs.MODEL_FILE, "model")[0]
    monkeypatch.setattr(Learner, "evaluate", losses(1.0, 1.1, 1.2))
    run(killed, resume=True)
    assert [(n, best) for _, n, best in evaluations(killed)] == [
        (2.0, True), (1.0, True), (1.1, False), (1.2, False)
    ]  # fmt: skip
    again = tensor_file.load_tensors(killed.folder / runs.MODEL_FILE, "model")[0]
    for name, array in weights.items():
        np.testing.assert_array_equal(array, again[name], err_msg=name)


@pytest.mark.parametrize("damage", ["missing", "torn", "another's"])
def test_in_place_of_a_model_that_is_none_of_the_run_the_next_is_kept(
    killed: Plan, monkeypatch, damage: str
):
    """The run once had a better one, but that is gone."""
    file = killed.folder / runs.MODEL_FILE
    if damage == "missing":
        file.unlink()
    elif damage == "torn":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        tensors, facts = tensor_file.load_tensors(file, "model")
        facts["training"]["seed"] = 7
        tensor_file.save_tensors(file, "model", tensors, facts)
    assert kept_model(killed) is None
    monkeypatch.setattr(Learner, "evaluate", losses(3.0, 4.0, 5.0))
    run(killed, resume=True)
    assert best_of(killed, runs.MODEL_FILE) == (4, 3.0)


@pytest.mark.parametrize("end", [{"steps": 20}, {"minutes": 3}, {"epochs": 4}])
def test_a_model_is_known_as_the_run_s_own_whatever_its_end(killed: Plan, end):
    moved = dataclasses.replace(killed, config=with_end(killed.config, end))
    kept = kept_model(moved)
    assert kept is not None
    assert kept.nats == 1.0
