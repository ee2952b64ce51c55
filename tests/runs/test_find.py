"""What a user may call a run, and which log is meant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnngen import checkpoint, runs
from rnngen.errors import CheckpointError
from tests.logs import write_log
from tests.models import small_model


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder; runs are under `home` in it."""
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
    with pytest.raises(CheckpointError, match="no run called 'fox'"):
        runs.find_log("fox")
    log = write_log(here / "home" / "fox", [])
    assert runs.find_log("fox").resolve() == log


def test_with_a_home_set_the_checkpoints_here_are_no_place_for_runs(here: Path, monkeypatch):
    log = write_log(here / "checkpoints" / "fox", [])
    assert runs.log_files() == {}
    with pytest.raises(CheckpointError, match="no run called 'fox'"):
        runs.find_log("fox")
    assert runs.find_log("checkpoints/fox").resolve() == log
    monkeypatch.delenv("RNNGEN_HOME")
    assert runs.find_log("fox").resolve() == log


def test_hidden_folders_hold_no_runs(here: Path):
    write_log(here / "home" / ".old", [])
    assert runs.log_files() == {}


def test_a_log_that_was_renamed_is_a_log(here: Path):
    log = write_log(here / "fox", []).rename(here / "old.jsonl")
    assert runs.find_log("old.jsonl").resolve() == log


@pytest.mark.parametrize("file", [runs.MODEL_FILE, runs.TRAINING_FILE])
def test_a_run_without_a_log_is_told_from_none(here: Path, file: str):
    (here / "home" / "fox").mkdir(parents=True)
    (here / "home" / "fox" / file).touch()
    write_log(here / "home" / "hen", [])
    with pytest.raises(
        CheckpointError, match=r"home/fox: the run has no log.jsonl. There are: hen"
    ):
        runs.find_log("fox")
    with pytest.raises(CheckpointError, match=r"no run called 'dog'\. There are: hen"):
        runs.find_log("dog")


def test_the_latest_log_is_the_one_last_written_to(here: Path):
    with pytest.raises(CheckpointError, match="there is no run yet"):
        runs.latest_log()
    for age, name in enumerate(("fox", "hen", "dog")):
        log = write_log(here / "home" / name, [])
        os.utime(log, (1e9 - age, 1e9 - age))
    assert runs.latest_log().parent.name == "fox"
    assert list(runs.log_files()) == ["fox", "hen", "dog"]


def write_model(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save_model(file, small_model())
    return file


def test_a_file_or_folder_of_a_models_name_does_not_hide_it(here: Path):
    model = write_model(here / "home" / "fox" / runs.MODEL_FILE)
    (here / "fox").write_text("a text that was trained on\n")
    assert runs.find_model("fox").resolve() == model
    (here / "haiku").write_text("old pond\n")
    assert runs.find_model("haiku").parent.parent.name == "shipped"


def test_a_run_goes_before_a_checkpoint_of_its_name_and_a_path_before_both(here: Path):
    run = write_model(here / "home" / "fox" / runs.MODEL_FILE)
    copy = write_model(here / "fox")
    assert runs.find_model("fox").resolve() == run
    assert runs.find_model("./fox").resolve() == copy
    other = write_model(here / "hen.safetensors")
    write_model(here / "home" / "hen.safetensors" / runs.MODEL_FILE)
    assert runs.find_model("hen.safetensors").resolve() == other


def test_a_file_that_is_no_model_is_said_to_be_none(here: Path):
    (here / "notes").write_text("not a model\n")
    with pytest.raises(CheckpointError, match=r"no model called 'notes'\. notes in this folder is"):
        runs.find_model("notes")
    with pytest.raises(CheckpointError, match=r"no model called 'hiaku'\. Did you mean haiku\?"):
        runs.find_model("hiaku")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("fox", "--name fox"),
        ("my poems", "--name 'my poems'"),
        ("it's (final)", "--name 'it'\"'\"'s (final)'"),
        ("-notes", "-o home/-notes"),
    ],
)
def test_a_suggested_command_can_be_pasted(here: Path, name: str, shown: str):
    assert runs.option_for(runs.home() / name) == shown
