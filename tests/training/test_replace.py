"""A run that replaces another: the other is whole until the new one has saved itself."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnngen
from rnngen import runs
from rnngen.errors import CheckpointError, RnngenError, TrainingError
from rnngen.training import launch
from rnngen.training.events import Evaluation, Saved
from rnngen.training.processes import Group
from rnngen.training.request import Request

SMALL = {"hidden_size": 16, "num_layers": 1, "device": "cpu", "steps": 6, "evaluations": 2}


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text, in a folder where runs are kept in `home`."""
    monkeypatch.setenv("RNNGEN_HOME", str(tmp_path / "home"))
    path = tmp_path / "text.txt"
    path.write_text("".join(f"line {k} of a text, {k * k % 97} words\n\n" for k in range(200)))
    return path


@pytest.fixture
def old(text: Path) -> Iterator[Path]:
    """The folder of a finished run on the text; a test must not change it."""
    list(rnngen.train(text, **SMALL))
    folder = text.parent / "home" / "text"
    before = contents(folder)
    assert set(before) == {runs.MODEL_FILE, runs.TRAINING_FILE, runs.LOG_FILE}
    yield folder
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_model_too_large_for_the_machine_leaves_the_old_run(text: Path, old: Path):
    with pytest.raises(TrainingError, match=r"would have [\d,]+ weights.*Lower `hidden_size`"):
        list(rnngen.train(text, overwrite=True, **{**SMALL, "hidden_size": 60_000}))


def test_memory_that_is_refused_leaves_the_old_run(text: Path, old: Path, monkeypatch):
    def refuse(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1")

    monkeypatch.setattr("rnngen.training.learner.Learner.update", refuse)
    with pytest.raises(TrainingError, match="out of memory: the batch does not fit"):
        list(rnngen.train(text, overwrite=True, **SMALL))


def test_another_failure_is_not_taken_for_a_lack_of_memory(text: Path, old: Path, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr("rnngen.training.learner.Learner.update", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        list(rnngen.train(text, overwrite=True, **SMALL))


@pytest.mark.parametrize(
    "settings", [{"hidden_size": 0}, {"cell": "rnn"}, {"column": "x"}, {"valid": "nothing.txt"}]
)
def test_a_setting_that_cannot_be_leaves_the_old_run(text: Path, old: Path, settings):
    with pytest.raises(RnngenError):
        list(rnngen.train(text, overwrite=True, **{**SMALL, **settings}))


def test_a_full_disk_leaves_the_old_run(text: Path, old: Path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(RnngenError, match="No space left on device"):
            list(rnngen.train(text, overwrite=True, **SMALL))


def test_who_leaves_before_anything_is_saved_leaves_the_old_run(text: Path, old: Path):
    events = rnngen.train(text, overwrite=True, **SMALL)
    next(events)
    next(events)
    events.close()


def test_the_old_run_goes_as_the_new_one_is_saved(text: Path):
    """Model by model, state by state; the log with the state."""
    list(rnngen.train(text, **SMALL))
    folder = text.parent / "home" / "text"
    before = contents(folder)
    for event in rnngen.train(text, overwrite=True, seed=5, **SMALL):
        now = {name: content for name, content in contents(folder).items() if name in before}
        changed = {name for name in now if now[name] != before[name]}
        if isinstance(event, Saved):
            break
        assert now.keys() == before.keys()
        assert changed <= ({runs.MODEL_FILE} if event.step else set())
        assert changed or not isinstance(event, Evaluation)
    assert changed == set(before)
    assert set(contents(folder)) - {runs.LOCK_FILE} == set(before)


def test_the_log_of_the_new_run_is_whole(text: Path):
    fresh = [event.to_json() for event in rnngen.train(text, name="fresh", **SMALL)][1:]
    list(rnngen.train(text, **SMALL))
    list(rnngen.train(text, overwrite=True, **SMALL))
    logs = [
        [line.split(b'"seconds"')[0] for line in (runs.find_log(name)).read_bytes().splitlines()]
        for name in ("fresh", "text")
    ]
    assert logs[0] == logs[1]
    assert len(logs[0]) == len(fresh)


def test_what_a_killed_new_run_left_does_not_hinder_the_old_one(text: Path):
    list(rnngen.train(text, **SMALL))
    folder = text.parent / "home" / "text"
    model = (folder / runs.MODEL_FILE).read_bytes()
    (folder / runs.NEW_LOG_FILE).write_text("a leftover\n")
    assert runs.is_replacing(folder)
    *_, last = rnngen.train(name="text", resume=True)
    assert (type(last).__name__, last.step) == ("Stopped", 6)
    assert not runs.is_replacing(folder)
    assert (folder / runs.MODEL_FILE).read_bytes() == model
    assert b"leftover" not in (folder / runs.LOG_FILE).read_bytes()


class Begun(Group):
    """In place of processes that torchrun starts anew after they have made the folder."""

    def has_begun(self) -> bool:
        return True


def test_a_restart_of_torchrun_goes_on_with_the_new_run_and_never_with_the_old(text: Path):
    list(rnngen.train(text, **SMALL))
    folder = text.parent / "home" / "text"
    request = Request([str(text)], SMALL, overwrite=True)
    runs.make_ready(folder)  # and there the processes ended
    again = launch._as_restarted(request, folder, Begun())
    assert (again.resume, again.overwrite) == (False, True)
    (folder / runs.NEW_LOG_FILE).replace(folder / runs.LOG_FILE)  # as with the first saved state
    assert launch._as_restarted(request, folder, Begun()).resume


def test_a_run_is_not_replaced_without_being_told_to(text: Path, old: Path):
    with pytest.raises(CheckpointError, match="replace it with `overwrite`"):
        list(rnngen.train(text, **SMALL))
