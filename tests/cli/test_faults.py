"""What the machine can do to a run: each is one clear line, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from rnngen import api, runs
from tests.cli.small import SMALL, state, words
from tests.terminal import Terminal
from tests.waiting import wait_until

LONG = (*SMALL, "--steps", 100_000, "--evaluations", 5000, "--quiet")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def has_saved(folder: Path) -> bool:
    log = folder / runs.LOG_FILE
    return log.exists() and b'"saved"' in log.read_bytes()


def last_event(folder: Path) -> dict[str, object]:
    fields: dict[str, object] = json.loads((folder / runs.LOG_FILE).read_bytes().splitlines()[-1])
    return fields


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system stops no process")
def test_a_second_run_in_one_folder_is_refused_and_the_first_goes_on(
    rnngen, program, home, tmp_path
):
    text = words(tmp_path / "text.txt")
    process = program("train", text, *LONG)
    wait_until(lambda: has_saved(home / "text"), process)
    process.send_signal(signal.SIGSTOP)
    before = contents(home / "text")
    for again in (("train", "--resume", "--name", "text"), ("train", text, "--overwrite", *LONG)):
        ran = rnngen(*again)
        assert ran.exit_code == 1
        assert f"another process ({process.pid}) is training this run" in ran.error
    assert contents(home / "text") == before
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    assert process.wait() == 130
    assert last_event(home / "text")["reason"] == "interrupted"


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
@pytest.mark.parametrize("is_ignored", [False, True], ids=["", "nohup"])
def test_a_hangup_saves_the_run_unless_it_is_ignored(program, home, tmp_path, is_ignored):
    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if is_ignored else signal.SIG_DFL)

    process = program("train", words(tmp_path / "text.txt"), *LONG, preexec_fn=ignore)
    wait_until(lambda: has_saved(home / "text"), process)
    process.send_signal(signal.SIGHUP)
    if is_ignored:
        size = (home / "text" / runs.LOG_FILE).stat().st_size
        wait_until(lambda: (home / "text" / runs.LOG_FILE).stat().st_size > size + 5000, process)
        process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr.count(b"\n") == 1
    assert b"saved. Continue with: rnngen train --resume --name text" in stderr


def test_a_terminal_that_goes_away_saves_the_run(home, tmp_path):
    text = words(tmp_path / "text.txt")
    with Terminal(["train", text, *LONG[:-1]]) as terminal:
        terminal.wait_for("held-out: ")
        terminal.go_away()
        assert terminal.process.wait() == 130
    last = last_event(home / "text")
    assert (last["event"], last["reason"]) == ("stopped", "interrupted")
    assert not list((home / "text").glob(".*"))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_too_few_file_descriptors_are_one_line(program, model, home, tmp_path):
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))

    process = program("sample", model, "--length", 5, "--quiet", preexec_fn=limit)
    assert process.wait() == 0  # it needs few
    process = program("train", words(tmp_path / "text.txt"), *SMALL, "--steps", 2, preexec_fn=limit)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, b"")
    assert stderr.startswith(b"rnngen: ")
    assert stderr.endswith(b"oo many open files.\n")
    assert not (home / "text").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_where_pytorch_finds_no_room_one_line_says_what_to_lower(program, home, tmp_path):
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))

    process = program("train", words(tmp_path / "text.txt"), *SMALL, preexec_fn=limit)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, b"")
    assert stderr == b"rnngen: out of memory. Try a smaller --batch-size or --hidden-size.\n"


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("sample", "Ask for fewer candidates or particles: --best-of, --beam, --particles."),
        ("score", "Score fewer files at once, or read them in windows with --stride."),
        ("explain", "Close other programs."),
    ],
)
def test_a_lack_of_memory_names_what_that_command_can_lower(
    rnngen, model, tmp_path, monkeypatch, command, hint
):
    def refuse(*_: object) -> None:
        raise MemoryError

    (tmp_path / "x.txt").write_text("old pond")
    monkeypatch.setattr(api, "load", refuse)
    ran = rnngen(command, model, *([] if command == "sample" else [tmp_path / "x.txt"]))
    assert (ran.exit_code, ran.error) == (1, f"rnngen: out of memory. {hint}")


def test_a_clock_that_goes_back_changes_nothing(rnngen, home, tmp_path, monkeypatch):
    text = words(tmp_path / "text.txt")
    options = (*SMALL, "--evaluations", 4, "--quiet")
    assert rnngen("train", text, "--name", "whole", *options, "--steps", 8).exit_code == 0
    clock = iter(range(2_000_000_000, 0, -86_400))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    assert rnngen("train", text, "--name", "back", *options, "--steps", 8).exit_code == 0
    assert state(home, "back") == state(home, "whole")
    for file in (home / "back").iterdir():
        os.utime(file, (4e9, 4e9))  # as if written in the year 2096
    assert rnngen("train", "--resume", "--name", "back", "--steps", 9, "--quiet").exit_code == 0
    assert rnngen("models").exit_code == 0


def test_a_text_that_is_gone_is_one_line_and_the_run_stays(rnngen, home, tmp_path):
    text = words(tmp_path / "text.txt")
    assert rnngen("train", text, *SMALL, "--steps", 2, "--quiet").exit_code == 0
    before = contents(home / "text")
    kept = text.read_bytes()
    again = ("train", "--resume", "--name", "text", "--steps", 4)
    text.unlink()
    ran = rnngen(*again)
    assert ran.exit_code == 1
    assert "text.txt" in ran.error
    assert "If the text has moved, name it beside --resume" in ran.error
    text.mkdir()
    ran = rnngen(*again)
    assert (ran.exit_code, "not an ordinary file" in ran.error) == (1, True)
    text.rmdir()
    text.write_bytes(kept[:-1])
    ran = rnngen(*again)
    assert (ran.exit_code, "changed since the run began" in ran.error) == (1, True)
    assert contents(home / "text") == before
    text.write_bytes(kept)
    assert rnngen(*again, "--quiet").exit_code == 0
