"""Runs that are killed, stopped, resumed, given another end, or that fill the disk."""

from __future__ import annotations

import gzip
import json
import signal
from pathlib import Path

import pytest

from tests.cli.small import SMALL, state, words
from tests.waiting import wait_until

RESUMED = ("--steps", 60, "--evaluations", 20, "--dropout", 0.2, "--threads", 2, *SMALL, "--quiet")


def steps_logged(home: Path, name: str) -> int:
    log = home / name / "log.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    return max((json.loads(line)["step"] for line in lines if line.endswith("}")), default=0)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_killed_run_resumed_has_the_weights_of_an_unbroken_one(
    rnngen, program, home, tmp_path, cell
):
    text = words(tmp_path / "text.txt", 1000)
    options = (*RESUMED, "--cell", cell)
    assert rnngen("train", text, "--name", "whole", *options).exit_code == 0
    process = program("train", text, "--name", "parts", *options)
    wait_until(lambda: steps_logged(home, "parts") >= 10, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert rnngen("train", "--resume", "--name", "parts", "--quiet").exit_code == 0
    assert state(home, "whole") == state(home, "parts")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_saves_says_how_to_go_on_and_loses_nothing(
    rnngen, program, home, tmp_path, number
):
    text = words(tmp_path / "text.txt", 1000)
    assert rnngen("train", text, "--name", "whole", *RESUMED).exit_code == 0
    process = program("train", text, "--name", "parts", *RESUMED)
    wait_until(lambda: steps_logged(home, "parts") >= 10, process)
    process.send_signal(number)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert b"rnngen train --resume --name parts" in stderr
    assert rnngen("train", "--resume", "--name", "parts", "--quiet").exit_code == 0
    assert state(home, "whole") == state(home, "parts")


def test_resume_keeps_its_settings_and_notices_a_changed_text(rnngen, tmp_path):
    text = words(tmp_path / "text.txt")
    rnngen("train", text, *SMALL, "--steps", 2)
    ran = rnngen("train", "--resume", "--name", "text", "--dropout", 0.5)
    assert ran.exit_code == 2
    assert "--dropout cannot be changed with --resume" in ran.error
    assert "You can only move its end, with --minutes, --epochs, --steps" in ran.error
    text.write_text("another text\n" * 50)
    ran = rnngen("train", "--resume", "--name", "text")
    assert ran.exit_code == 1
    assert "changed since the run began" in ran.error
    assert "there is no run in" in rnngen("train", "--resume", "--name", "nothing").error


def test_a_finished_run_is_given_more_steps(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, *SMALL, "--steps", 2, "--quiet").exit_code == 0
    assert rnngen("train", "--resume", "--name", "text", "--steps", 2, "--quiet").exit_code == 0
    assert steps_logged(home, "text") == 2  # where it ends is where it was to end
    ran = rnngen("train", "--resume", "--name", "text", "--steps", 5)
    assert ran.exit_code == 0
    assert "done after 5 steps" in ran.stderr
    assert steps_logged(home, "text") == 5
    ran = rnngen("train", "--resume", "--name", "text", "--steps", 4)
    assert ran.exit_code == 2
    assert "text has trained for 5 steps" in ran.error
    assert rnngen("train", "--resume", "--name", "text", "--epochs", 0).exit_code == 2


def test_a_run_that_was_moved_with_its_text_goes_on(rnngen, tmp_path, monkeypatch):
    project = tmp_path / "project"
    project.mkdir()
    text = words(project / "text.txt")
    runs_of = ("train", text, *SMALL, "--quiet")
    assert rnngen(*runs_of, "--steps", 6, "-o", tmp_path / "whole").exit_code == 0
    assert rnngen(*runs_of, "--steps", 3, "-o", project / "models" / "parts").exit_code == 0
    moved = project.rename(tmp_path / "elsewhere") / "models" / "parts"
    assert rnngen("train", "--resume", "-o", moved, "--steps", 6, "--quiet").exit_code == 0
    assert [p.name for p in moved.parent.iterdir()] == ["parts"]


def test_a_text_that_was_moved_is_named_and_known_by_its_content(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, *SMALL, "--steps", 2, "--quiet").exit_code == 0
    elsewhere = text.rename(tmp_path / "renamed.txt")
    again = ("train", "--resume", "--name", "text", "--quiet")
    ran = rnngen(*again, "--steps", 3)
    assert ran.exit_code == 1
    assert "If the text has moved, name it beside --resume" in ran.error
    assert rnngen(*again, elsewhere, "--steps", 3).exit_code == 0
    assert steps_logged(home, "text") == 3
    other = words(tmp_path / "other.txt", 300)
    ran = rnngen(*again, other, "--steps", 4)
    assert ran.exit_code == 1
    assert "other.txt: not the text that the run began with" in ran.error


def test_texts_that_differ_before_their_ending_make_different_runs(rnngen, home, tmp_path):
    for name in ("chat.2023.txt", "chat.2024.txt.gz", "-notes.md"):
        file = tmp_path / name
        content = words(tmp_path / "plain").read_bytes()
        file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        assert rnngen("train", file, *SMALL, "--steps", 2, "--quiet").exit_code == 0
    assert {p.name for p in home.iterdir() if p.is_dir()} == {
        *("chat.2023", "chat.2024", "notes", ".tokens")
    }


def test_a_disk_that_fills_up_leaves_the_last_checkpoint_whole(rnngen, program, home, tmp_path):
    """The limit on file sizes stands for the full disk: writing fails in the middle of a file."""
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, *SMALL, "--steps", 10, "--quiet").exit_code == 0
    before = {p.name: p.read_bytes() for p in (home / "text").glob("*.safetensors")}
    process = program(
        "train", "--resume", "--name", "text", "--quiet", preexec_fn=lambda: limit_files(20_000)
    )
    _, stderr = process.communicate()
    assert process.returncode == 1
    assert stderr.count(b"\n") == 1
    assert b"cannot be written" in stderr
    after = {p.name: p.read_bytes() for p in (home / "text").glob("*.safetensors")}
    assert after | before == after
    assert not list((home / "text").glob(".*"))


def test_a_disk_that_fills_up_leaves_the_run_that_was_to_be_replaced(
    program, rnngen, home, tmp_path
):
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, *SMALL, "--steps", 10, "--quiet").exit_code == 0
    before = {p.name: p.read_bytes() for p in (home / "text").iterdir()}
    again = ("train", text, *SMALL, "--steps", 10, "--seed", 5, "--overwrite", "--quiet")
    process = program(*again, preexec_fn=lambda: limit_files(20_000))
    _, stderr = process.communicate()
    assert (process.returncode, stderr.count(b"\n")) == (1, 1)
    assert b"cannot be written" in stderr
    assert {p.name: p.read_bytes() for p in (home / "text").iterdir()} == before
    assert rnngen(*again).exit_code == 0
    now = {p.name: p.read_bytes() for p in (home / "text").iterdir()}
    assert now.keys() == before.keys()
    assert not any(now[name] == before[name] for name in now)


def limit_files(size: int) -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
