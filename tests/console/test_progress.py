"""How far long work is: what the line says, where it is seen, and that it leaves nothing behind."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from pathlib import Path

import pytest

from rnngen.console.progress import (
    ProgressLine,
    ReadingProgress,
    duration,
    progress,
    reading_progress,
)
from rnngen.corpus import open_corpus
from tests.console.test_terminal import Screen, screens


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (9.6, "0:10"), (62, "1:02"), (3599.6, "1:00:00"), (36_723, "10:12:03")],
)
def test_a_duration_is_minutes_and_seconds(seconds: float, shown: str):
    assert duration(seconds) == shown


def test_the_line_says_how_much_of_what_and_how_long_still():
    clock = Clock()
    line = ProgressLine("writing", "texts", 1200, clock=clock)
    assert line.line() == "writing  0 of 1,200 texts  0%"
    clock.now += 10
    line.update(1)  # the first one says nothing of the others
    assert line.line() == "writing  1 of 1,200 texts  0%"
    clock.now += 20
    assert line.line() == "writing  1 of 1,200 texts  0%  9:59:30 left"
    line.update(300)  # 10 a second: 900 more take 90 seconds
    assert line.line() == "writing  300 of 1,200 texts  25%  1:30 left"
    line.restart()
    clock.now += 10
    line.update(600)
    assert line.line() == "writing  600 of 1,200 texts  50%  0:10 left"
    line.update(1300)
    assert line.line() == "writing  1,200 of 1,200 texts  100%  0:00 left"


def test_bytes_are_shown_in_megabytes_and_what_has_no_total_is_counted():
    reading = ProgressLine("reading", "bytes", 45_600_000)
    reading.done = 11_400_000
    assert reading.line().startswith("reading  11.4 of 45.6 MB  25%  ")
    counting = ProgressLine("tokenizing", "characters")
    counting.done = 1_234_567
    assert counting.line() == "tokenizing  1,234,567 characters"


def test_only_work_that_takes_a_while_is_seen_and_it_leaves_nothing(monkeypatch):
    clock, (_, screen) = Clock(), screens(monkeypatch)
    with progress("writing", "texts", 10, clock=clock) as writing:
        writing.update(1)
        assert screen.getvalue() == ""
        clock.now += 0.5
        writing.update(2)
        assert "writing  2 of 10 texts" in screen.getvalue()
        writing.update(3)  # too soon for another look
        assert "3 of 10" not in screen.getvalue()
        clock.now += 0.1
        writing.update(4)
        assert "4 of 10" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")
    with suppress(KeyboardInterrupt), progress("writing", "texts", 10) as writing:
        writing.show()
        raise KeyboardInterrupt
    assert screen.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize("how", ["quiet", "dumb", "pipe"])
def test_nothing_is_seen_where_it_is_not_wanted_or_cannot_be(monkeypatch, how):
    _, screen = screens(monkeypatch)
    if how == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    if how == "pipe":
        monkeypatch.setattr(Screen, "isatty", lambda self: False)
    with progress("writing", "texts", 10, quiet=how == "quiet") as writing:
        writing.show()
        writing.update(10)
    assert screen.getvalue() == ""


def test_the_place_in_a_corpus_goes_by_the_sizes_of_its_files(tmp_path: Path):
    words = random.Random(1)
    text = "".join(f"{words.random()}\n" for _ in range(60_000))
    (tmp_path / "a.txt").write_text(text)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(text.encode()))
    corpus = open_corpus([str(tmp_path)], documents="none")
    with reading_progress("reading", corpus) as reading:
        line, places = reading.shown, []
        assert line.total == sum(file.stat().st_size for file in tmp_path.iterdir())
        for _ in range(2):
            places = [line.done for _ in corpus.pieces()]
            assert places == sorted(places)
            assert len(set(places)) > 3
            assert line.done == line.total
        line.done = 0
        reading.work(0.5)
        assert line.done == line.total / 2
        reading.work(0.4)  # a guess that falls is not shown
        assert line.done == line.total / 2
    assert [piece.text for piece in corpus.pieces()]
    assert line.done == line.total / 2, "what is read later is not its work"


def test_the_time_left_is_that_of_the_round_at_hand(tmp_path: Path):
    """A text is read once for its digest and again for its tokens, which takes longer."""
    (tmp_path / "a.txt").write_text("old pond\n" * 1000)
    corpus, clock = open_corpus([str(tmp_path / "a.txt")]), Clock()
    reading = ReadingProgress(ProgressLine("reading", "bytes", clock=clock))
    reading.open(corpus)
    clock.now += 1
    reading.read(corpus.sources[0].path, 9000)
    reading.read(corpus.sources[0].path, 0)
    clock.now += 20
    reading.read(corpus.sources[0].path, 3000)
    assert reading.shown.line().endswith("33%  0:40 left")
    reading.rename("tokenizing")
    assert reading.shown.line().startswith("tokenizing  ")
    reading.wait("making the tokenizer")
    assert reading.shown.line() == "making the tokenizer ..."
