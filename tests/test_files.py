"""Files and folders replaced in one move: by many at once, through links, over leftovers."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen import files, runs
from rnngen.errors import FileError
from rnngen.files import hold_lock, keep_as, leftovers, remove_leftovers, replace_file
from tests.conftest import ROOT

pytest.importorskip("fcntl", reason="this system has no such locks")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_keeps_the_rights_that_a_new_one_has(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "x", b"1")
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["x"]


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_link_where_the_new_file_is_made_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    """Even one who can foresee the name gets nothing written through a link."""
    victim = tmp_path / "victim"
    (victim if is_folder else tmp_path).mkdir(exist_ok=True)
    if not is_folder:
        victim.write_text("mine")
    home = tmp_path / "home"
    home.mkdir()
    planted = [f".x.{mark}.part" for mark in ("00000000", os.getpid())]
    for name in planted:
        (home / name).symlink_to(victim)
    marks = iter(["00000000", "11111111"])
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(marks))
    if is_folder:
        monkeypatch.setattr(files, "leftovers", lambda *_: [])  # which else go first
        with files.replace_folder(home / "x") as folder:
            (folder / "y").write_text("ours")
        assert names(victim) == []
    else:
        replace_file(home / "x", b"ours")
        assert victim.read_text() == "mine"
    assert names(home) == sorted([*planted, "x"])
    assert not (home / "x").is_symlink()


def test_a_link_in_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("mine")
    (tmp_path / ".lock").symlink_to(tmp_path / "victim")
    with pytest.raises(FileError, match=r"\.lock: a link"), hold_lock(tmp_path / ".lock"):
        pass
    assert (tmp_path / "victim").read_text() == "mine"


@pytest.mark.parametrize("mark", ["1a2b3c4d", "4711"])
def test_leftovers_go_and_what_they_link_to_stays(tmp_path: Path, mark: str) -> None:
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "mine").write_text("")
    (tmp_path / f".a.{mark}.part").symlink_to(tmp_path / "victim")
    (tmp_path / f".b.{mark}.part").write_bytes(b"half")
    (tmp_path / f".c.{mark}.part" / "new").mkdir(parents=True)
    assert [place.name for place in leftovers(tmp_path)] == [f".{n}.{mark}.part" for n in "abc"]
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["victim"]
    assert names(tmp_path / "victim") == ["mine"]


def test_what_is_being_written_is_no_leftover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    sync = os.fsync

    def look(handle: int) -> None:
        runs.remove_leftovers(tmp_path)
        seen.append(names(tmp_path))
        sync(handle)

    monkeypatch.setattr(os, "fsync", look)
    replace_file(tmp_path / "x", b"1")
    assert len(seen[0]) == 1
    assert seen[0][0].endswith(".part")
    assert names(tmp_path) == ["x"]


def test_a_file_taken_for_a_leftover_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, calls = files._lock, []

    def late(place: Path) -> int | None:
        calls.append(place)
        if len(calls) == 1:
            place.unlink()  # another program removes what it finds without a lock
        elif len(calls) == 2:
            raise BlockingIOError  # another one is about to
        return lock(place)

    monkeypatch.setattr(files, "_lock", late)
    replace_file(tmp_path / "x", b"1")
    assert len(set(calls)) == 3
    assert (tmp_path / "x").read_bytes() == b"1"


def test_a_second_name_that_is_there_already_leaves_nothing_behind(tmp_path: Path) -> None:
    """To rename one name of a file to another name of it does nothing, says POSIX."""
    (tmp_path / "a").write_text("1")
    assert keep_as(tmp_path / "a", tmp_path / "b")
    assert keep_as(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == ["a", "b"]


SHARDS = """
import os, sys
from pathlib import Path
from rnngen.config import TextConfig
from rnngen.dataset import cache

text, home = TextConfig(paths=[sys.argv[1]], tokenizer="char"), Path(sys.argv[2])
os.getpid = lambda: 7
children = []
for number in range(1, 81):
    child = os.fork()
    if not child:
        try:
            cache.tokenize(text, home, shard=(number, 80))
        except BaseException as error:
            print(error, flush=True)
            os._exit(1)
        os._exit(0)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_eighty_shards_written_at_once_by_processes_of_one_number_all_succeed(
    tmp_path: Path,
) -> None:
    """As in containers that share a folder, each of which counts its processes from 1."""
    text = tmp_path / "text.txt"
    text.write_text("".join(f"line {k} of a text\n\n" for k in range(1600)))
    home = tmp_path / "home"
    command = [sys.executable, "-c", SHARDS, str(text), str(home)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr
    [folder] = (home / ".tokens").glob("*.shards")
    assert len(names(folder)) == 80
    assert leftovers(home / ".tokens") == []


def test_only_what_was_there_is_said_to_be_intact(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with pytest.raises(FileError, match=r"cannot be written: [^.]+\.$"):
        replace_file(tmp_path / "none" / "x", b"1")
    with pytest.raises(FileError, match=r"What was saved before is intact\.$"):
        replace_file(tmp_path / "gone", b"1")
