"""Standard streams that are closed, full, or that nobody reads any more."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen import runs
from tests.cli.small import SMALL, words

RNNGEN = f"{shlex.quote(sys.executable)} -m rnngen"


def shell(command: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell does with a command line in which `rnngen` stands for the program."""
    line = command.replace("rnngen", RNNGEN, 1)
    return subprocess.run(["sh", "-c", line], capture_output=True, check=False)


@pytest.fixture(autouse=True)
def pathed(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))


def test_notes_never_go_to_stdout_where_stderr_is_closed(model):
    asked = f"rnngen sample --length 5 --seed 1 {model} \u00e9\u00e9"
    heard, deaf = shell(asked), shell(f"{asked} 2>&-")
    assert (deaf.returncode, deaf.stdout) == (0, heard.stdout)
    failed = shell("rnngen sample nothing-of-this-name 2>&-")
    assert (failed.returncode, failed.stdout) == (1, b"")
    usage = shell("rnngen sample --no-such-option 2>&-")
    assert (usage.returncode, usage.stdout) == (2, b"")


def test_what_cannot_be_written_to_a_closed_stdout_is_an_error(model):
    for command in (f"rnngen sample --length 5 {model} >&-", f"rnngen info {model} >&-"):
        ran = shell(command)
        assert ran.returncode == 1, command
        assert ran.stderr == b"rnngen: stdout: Bad file descriptor.\n"


def test_a_closed_stdin_is_an_error_where_it_is_read_and_else_none(model):
    ran = shell(f"rnngen sample --length 5 {model} - <&-")
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (1, b"", 1)
    assert b"Bad file descriptor" in ran.stderr
    ran = shell(f"rnngen sample --quiet --length 5 {model} <&-")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_run_without_any_stream_trains_and_no_file_takes_their_place(tmp_path, home):
    text = words(tmp_path / "text.txt")
    small = shlex.join(map(str, SMALL))
    ran = shell(f"rnngen train {text} {small} --steps 4 --evaluations 2 <&- >&- 2>&-")
    assert ran.returncode == 0
    assert shell("rnngen info text --json").returncode == 0
    assert runs.find_log("text").read_bytes().count(b"\n") > 4


def test_a_run_whose_notes_nobody_reads_goes_on(program, tmp_path, home):
    """As after `rnngen train ... 2>&1 | head -1`."""
    outer, inner = os.pipe()
    text = words(tmp_path / "text.txt")
    process = program("train", text, *SMALL, "--steps", 4, "--evaluations", 2, stderr=inner)
    os.close(inner)
    assert os.read(outer, 1)
    os.close(outer)
    assert process.wait() == 0
    assert (home / "text" / runs.MODEL_FILE).is_file()
    assert b'"stopped"' in (home / "text" / runs.LOG_FILE).read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_notes_that_a_full_disk_does_not_take_stop_nothing(model):
    heard = shell(f"rnngen sample --length 5 --seed 1 {model} \u00e9")
    full = shell(f"rnngen sample --length 5 --seed 1 {model} \u00e9 2>/dev/full")
    assert (full.returncode, full.stdout) == (0, heard.stdout)
    full = shell(f"rnngen sample --length 5 --seed 1 {model} >/dev/full")
    assert (full.returncode, full.stderr) == (1, b"rnngen: stdout: No space left on device.\n")
