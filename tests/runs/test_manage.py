"""Models renamed and removed, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen import runs
from rnngen.errors import CheckpointError, ConfigError
from rnngen.runs import manage


def contents(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def test_a_run_is_removed_with_all_it_saved_and_nothing_else(home: Path, make_run):
    make_run("kept")
    before = contents(home)
    make_run("gone")
    assert sorted(file.name for file in manage.files_of("gone")) == [
        *("log.jsonl", "model.safetensors", "training.safetensors")
    ]
    manage.remove("gone")
    assert contents(home) == before
    assert not (home / "gone").exists()


def test_a_run_without_a_model_is_removed_too(home: Path, make_run):
    make_run("gone", model=False)
    manage.remove("gone")
    assert list(home.iterdir()) == []


def test_a_file_of_the_users_stays_in_the_folder_of_a_removed_run(make_run):
    folder = make_run("gone")
    (folder / "notes.txt").write_text("mine")
    manage.remove("gone")
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


def test_a_model_at_a_path_is_removed_alone(make_run, tmp_path):
    folder = make_run("own")
    copy = (folder / runs.MODEL_FILE).rename(tmp_path / "copy.safetensors")
    manage.remove(str(copy))
    assert not copy.exists()
    assert (folder / runs.TRAINING_FILE).exists()


def test_a_removed_default_is_no_default(make_run):
    make_run("own")
    runs.set_default("own")
    manage.remove("own")
    assert runs.default_model() is None


def test_a_renamed_run_is_found_by_its_new_name_and_stays_the_default(home: Path, make_run):
    make_run("old")
    before = {Path(name).name: content for name, content in contents(home).items()}
    runs.set_default("old")
    assert manage.rename("old", "new") == home / "new"
    assert {file.name: file.read_bytes() for file in (home / "new").iterdir()} == before
    assert runs.choose_model() == ("new", "your default")
    with pytest.raises(CheckpointError, match="no model called 'old'"):
        runs.find_model("old")


def test_a_name_that_is_taken_or_cannot_be_is_refused(home: Path, make_run):
    make_run("one")
    make_run("two")
    before = contents(home)
    with pytest.raises(CheckpointError, match="is there already"):
        manage.rename("one", "two")
    for name in ("", "a/b", ".a"):
        with pytest.raises(ConfigError, match="cannot be a run's name"):
            manage.rename("one", name)
    with pytest.raises(CheckpointError, match="no model called 'three'"):
        manage.rename("three", "four")
    assert contents(home) == before


def test_a_model_outside_the_home_of_runs_has_no_name_to_change(make_run, tmp_path):
    elsewhere = make_run("own").rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="has a name to change"):
        manage.rename(str(elsewhere), "new")
    assert elsewhere.is_dir()


@pytest.mark.parametrize("name", ["haiku", "shipped/haiku"])
def test_what_comes_with_rnngen_stays(home: Path, name: str):
    for change in (manage.remove, lambda it: manage.rename(it, "mine")):
        with pytest.raises(CheckpointError, match="comes with rnngen and stays as it is"):
            change(name)
    assert runs.find_model(name).is_file()


def test_a_run_that_is_being_trained_is_neither_removed_nor_renamed(home: Path, make_run):
    pytest.importorskip("fcntl", reason="this system has no such locks")
    folder = make_run("own")
    with runs.owned(folder):
        for change in (manage.remove, lambda it: manage.rename(it, "new")):
            with pytest.raises(CheckpointError, match="is training this run"):
                change("own")
    assert runs.find_model("own").is_file()
    manage.remove("own")
    assert not folder.exists()
