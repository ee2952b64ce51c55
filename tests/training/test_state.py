"""The saved state of a run, and the one before it, which stays until the run has ended."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rnngen import runs, tensor_file
from rnngen.training import state
from tests.training.short_runs import plan, run, tensors

SETTINGS = {"steps": 40, "evaluations": 8}


def step_of(path: Path) -> int:
    return int(tensor_file.load_tensors(path, "training")[1]["progress"]["step"])


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """The folder of a run that stopped at step 12; it was saved at steps 5 and 10 before."""
    run(plan(tmp_path / "r", **SETTINGS), stop_at=12)
    return tmp_path / "r"


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The same with one byte changed, or cut off somewhere."""
    place = rng.randrange(len(content))
    if rng.random() < 0.5:
        return content[:place]
    return content[:place] + bytes([content[place] ^ rng.randrange(1, 256)]) + content[place + 1 :]


def test_a_damaged_state_falls_back_to_the_one_before_a_hundred_of_a_hundred(stopped: Path):
    last, previous = stopped / runs.TRAINING_FILE, stopped / runs.PREVIOUS_FILE
    assert (step_of(last), step_of(previous)) == (12, 10)
    contents = last.read_bytes(), previous.read_bytes()
    rng = random.Random(1)
    for _ in range(100):
        last.write_bytes(damaged(contents[0], rng))
        previous.write_bytes(contents[1])
        told = state.recover(stopped)
        assert told is not None
        assert told.endswith("Going on from the state before it, at step 10.")
        assert "\n" not in told
        assert last.read_bytes() == contents[1]
        assert not previous.exists()


def test_a_run_that_fell_back_ends_with_the_weights_it_would_have_had(
    stopped: Path, tmp_path: Path
):
    (stopped / runs.TRAINING_FILE).unlink()
    assert state.recover(stopped)
    run(plan(stopped, **SETTINGS), resume=True)
    run(plan(tmp_path / "whole", **SETTINGS))
    expected = tensors(tmp_path / "whole")
    for name, array in tensors(stopped).items():
        assert array.tobytes() == expected[name].tobytes(), name


def test_a_state_in_order_is_left_alone(stopped: Path):
    before = {file.name: file.read_bytes() for file in stopped.iterdir()}
    assert state.recover(stopped) is None
    assert {file.name: file.read_bytes() for file in stopped.iterdir()} == before


def test_if_both_are_damaged_nothing_is_touched(stopped: Path):
    for name in (runs.TRAINING_FILE, runs.PREVIOUS_FILE):
        (stopped / name).write_bytes(b"x")
    assert state.recover(stopped) is None
    assert (stopped / runs.TRAINING_FILE).read_bytes() == b"x"


def test_a_run_that_has_ended_keeps_one_state(tmp_path: Path):
    run(plan(tmp_path / "r", **SETTINGS))
    assert not (tmp_path / "r" / runs.PREVIOUS_FILE).exists()


def test_the_state_of_another_run_is_never_fallen_back_to(stopped: Path):
    """A new run in the same folder replaces the old one's states with its first."""
    run(plan(stopped, **SETTINGS, seed=9), stop_at=2)
    assert step_of(stopped / runs.TRAINING_FILE) == 2
    assert not (stopped / runs.PREVIOUS_FILE).exists()


def test_where_files_have_no_second_names_the_run_goes_on_without(tmp_path: Path, monkeypatch):
    def unlinkable(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", unlinkable)
    run(plan(tmp_path / "r", **SETTINGS), stop_at=12)
    assert step_of(tmp_path / "r" / runs.TRAINING_FILE) == 12
    assert not (tmp_path / "r" / runs.PREVIOUS_FILE).exists()
