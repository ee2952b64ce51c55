"""What a user may call a run, and which log is meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnngen import runs
from rnngen.errors import CheckpointError
from tests.logs import write_log


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; runs are under `home` in it, or in its `checkpoints`."""
    monkeypatch.setenv("RNNGEN_HOME", "home")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "name", ["fox", "home/fox", "home/fox/log.jsonl", "home/fox/model.safetensors"]
)
def test_a_log_is_found_by_all_that_names_its_run(here: Path, name: str):
    write_log(here / "home" / "fox", [])
    (here / "home" / "fox" / runs.MODEL_FILE).touch()
    assert runs.find_log(name) == Path("home/fox/log.jsonl")


def test_a_folder_without_a_log_does_not_hide_a_run_of_that_name(here: Path):
    (here / "fox").mkdir()
    (here / "home" / "fox").mkdir(parents=True)
    log = write_log(here / "checkpoints" / "fox", [])
    assert runs.find_log("fox").resolve() == log


def test_a_log_that_was_renamed_is_a_log(here: Path):
    log = write_log(here / "fox", []).rename(here / "old.jsonl")
    assert runs.find_log("old.jsonl").resolve() == log


@pytest.mark.parametrize("file", [runs.MODEL_FILE, runs.TRAINING_FILE])
def test_a_run_without_a_log_is_told_from_none(here: Path, file: str):
    (here / "home" / "fox").mkdir(parents=True)
    (here / "home" / "fox" / file).touch()
    write_log(here / "home" / "hen", [])
    with pytest.raises(
        CheckpointError, match=r"home/fox: the run has no log.jsonl; there are: hen"
    ):
        runs.find_log("fox")
    with pytest.raises(CheckpointError, match="no run called 'dog'; there are: hen"):
        runs.find_log("dog")


def test_the_latest_log_is_the_one_last_written_to(here: Path):
    with pytest.raises(CheckpointError, match="there is no run yet"):
        runs.latest_log()
    for age, name in enumerate(("fox", "hen", "dog")):
        log = write_log(here / "home" / name, [])
        os.utime(log, (1e9 - age, 1e9 - age))
    assert runs.latest_log().parent.name == "fox"
    assert list(runs.log_files()) == ["fox", "hen", "dog"]
