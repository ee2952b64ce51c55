"""Pipes are read once and never waited for in vain; devices and the system's views are refused."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from rnngen.corpus import open_corpus, special
from rnngen.errors import CorpusError
from tests.corpus.texts import joined

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes and devices here")
TEXT = "the moon is up and\nthe road is long\n" * 40


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.txt")
    return tmp_path / "pipe.txt"


def test_a_pipe_that_no_program_writes_to_is_given_up(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(special, "PATIENCE", 0.05)
    with pytest.raises(CorpusError, match=r"pipe\.txt: a pipe that no program writes to"):
        open_corpus([str(pipe)])


@pytest.mark.parametrize("late", ["the writer", "its first word"])
def test_a_writer_may_be_late(pipe: Path, late: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special, "PATIENCE", 60 if late == "the writer" else 0.2)

    def write() -> None:
        if late == "the writer":
            time.sleep(0.2)
        with pipe.open("w") as stream:
            if late == "its first word":
                time.sleep(0.6)
            stream.write(TEXT)

    writer = threading.Thread(target=write)
    writer.start()
    corpus = open_corpus([str(pipe)], documents="none")
    writer.join()
    assert joined(corpus) == joined(corpus) == TEXT


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null", "/dev/full"])
def test_a_device_is_refused(device: str) -> None:
    if not Path(device).is_char_device():
        pytest.skip(f"no {device} here")
    with pytest.raises(CorpusError, match=f"{device}: a device, and not a file of text"):
        open_corpus([device])


@pytest.mark.parametrize("view", ["/proc/self/status", "/proc/cpuinfo", "/sys/kernel/mm"])
def test_a_view_of_the_running_system_is_refused(view: str, tmp_path: Path) -> None:
    if not Path(view).is_file():
        pytest.skip(f"no {view} here")
    (tmp_path / "link.txt").symlink_to(view)
    for name in (view, str(tmp_path / "link.txt")):
        with pytest.raises(CorpusError, match=r": a view of the running system\. Copy it"):
            open_corpus([name])


def test_a_file_that_a_program_has_open_is_an_ordinary_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    with path.open() as stream:
        if not Path(f"/proc/self/fd/{stream.fileno()}").exists():
            pytest.skip("no /proc here")
        corpus = open_corpus([f"/proc/self/fd/{stream.fileno()}"], documents="none")
        assert joined(corpus) == TEXT


def test_stdin_may_be_anything_but_a_device_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, message in (("/dev/zero", "stdin: a device"), (os.devnull, "no text")):
        with Path(name).open() as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            with pytest.raises(CorpusError, match=message):
                open_corpus(["-"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert joined(open_corpus(["-"], documents="none")) == TEXT
