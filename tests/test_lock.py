"""The lock of a run's folder: one holder at a time, gone with its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from rnngen import runs
from rnngen.errors import CheckpointError
from rnngen.files import hold_lock
from tests.conftest import ROOT

pytest.importorskip("fcntl", reason="this system has no such locks")

HOLD = """
import sys
from pathlib import Path
from rnngen.files import hold_lock
with hold_lock(Path(sys.argv[1])) as holder:
    print("held" if holder is None else holder, flush=True)
    sys.stdin.read()
"""


def test_a_held_lock_says_who_holds_it_and_is_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with hold_lock(path) as first:
        assert first is None
        with hold_lock(path) as second:
            assert second == str(os.getpid())
        assert path.exists()
    assert not path.exists()
    with hold_lock(path) as third:
        assert third is None


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLD, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == b"held\n"
        with hold_lock(path) as holder:
            assert holder == str(process.pid)
        process.kill()
    assert path.exists()  # what the dead one left
    with hold_lock(path) as holder:
        assert holder is None


def test_never_two_hold_it_however_many_try(tmp_path: Path) -> None:
    """A file that its holder removes just now must not be taken for the lock."""
    inside, most, held = [0], [0], [0]

    def try_often() -> None:
        for _ in range(300):
            with hold_lock(tmp_path / ".lock") as holder:
                if holder is None:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    held[0] += 1
                    inside[0] -= 1

    threads = [Thread(target=try_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
    assert held[0] > 0


def test_a_lock_file_that_was_removed_and_made_anew_is_another_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between opening the file and locking it, its holder may remove it and another make it."""
    import fcntl

    path, lock = tmp_path / ".lock", fcntl.flock
    calls: list[int] = []

    def slow(handle: int, how: int) -> None:
        if not calls:
            calls.append(handle)
            path.unlink()
            path.touch()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    with hold_lock(path) as holder:
        assert holder is None
        with hold_lock(path) as other:
            assert other == str(os.getpid())


def test_a_folder_that_cannot_be_locked_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with hold_lock(tmp_path / ".lock") as one, hold_lock(tmp_path / ".lock") as two:
        assert (one, two) == (None, None)


def test_an_owned_folder_is_made_and_removed_again_if_it_stays_empty(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "fox"
    with runs.owned(folder):
        assert folder.is_dir()
        with pytest.raises(CheckpointError, match="is training this run"), runs.owned(folder):
            pass
        assert folder.is_dir()
    assert not folder.parent.exists()
    with runs.owned(folder):
        (folder / "kept").touch()
    assert [path.name for path in folder.iterdir()] == ["kept"]
