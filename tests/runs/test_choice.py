"""The model that is taken when none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen import runs
from rnngen.errors import CheckpointError


def test_the_newest_finished_run_is_taken_and_the_reason_given(make_run):
    assert runs.choose_model() == ("haiku", "which comes with rnngen")
    make_run("old", age=9)
    assert runs.choose_model() == ("old", "the newest")
    make_run("new", age=5)
    assert runs.choose_model() == ("new", "the newest")
    make_run("now", stopped="", age=1)
    assert runs.choose_model() == ("new", "the newest that is finished")


def test_an_unfinished_run_is_not_taken_even_if_it_is_the_only_one(make_run):
    make_run("now", stopped="")
    assert runs.choose_model() == ("haiku", "which comes with rnngen, as now is not finished")


def test_a_run_without_a_state_is_finished(make_run):
    (make_run("copied", stopped="") / runs.TRAINING_FILE).unlink()
    assert runs.choose_model().name == "copied"


def test_the_default_wins_over_the_newest_and_the_environment_over_both(make_run, monkeypatch):
    make_run("old", age=9)
    make_run("new")
    assert runs.default_model() is None
    runs.set_default("old")
    assert runs.default_model() == "old"
    assert runs.choose_model() == ("old", "your default")
    monkeypatch.setenv("RNNGEN_MODEL", "posts")
    assert runs.choose_model() == ("posts", "as RNNGEN_MODEL says")
    monkeypatch.setenv("RNNGEN_MODEL", "")
    assert runs.choose_model().name == "old"
    runs.unset_default()
    runs.unset_default()
    assert runs.choose_model().name == "new"


def test_an_unfinished_run_is_taken_when_it_is_the_default(make_run):
    make_run("now", stopped="")
    runs.set_default("now")
    assert runs.choose_model() == ("now", "your default")


def test_a_model_that_comes_with_rnngen_may_be_the_default(make_run):
    make_run("own")
    runs.set_default("haiku")
    assert runs.choose_model() == ("haiku", "your default")


def test_a_path_is_kept_whole_so_that_it_is_found_from_anywhere(make_run, tmp_path, monkeypatch):
    elsewhere = make_run("own").rename(tmp_path / "elsewhere")
    runs.set_default("elsewhere")
    monkeypatch.chdir("/")
    assert runs.choose_model().name == str(elsewhere / runs.MODEL_FILE)


def test_a_default_that_is_gone_is_an_error_that_says_what_to_do(make_run):
    folder = make_run("own")
    runs.set_default("own")
    folder.rename(folder.with_name("other"))
    with pytest.raises(CheckpointError, match=r"'own' is gone\..*default --unset"):
        runs.choose_model()


def test_what_is_no_model_cannot_be_the_default(home: Path):
    with pytest.raises(CheckpointError, match="no model called 'fox'"):
        runs.set_default("fox")
    assert runs.default_model() is None
    assert not home.exists()


def test_a_name_of_any_bytes_can_be_the_default(make_run):
    name = "p\udcffoems"
    make_run(name)
    runs.set_default(name)
    assert runs.choose_model().name == name
