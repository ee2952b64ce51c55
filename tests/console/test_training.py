"""A run as it is watched: on a terminal of some width, and as lines."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.config import ModelConfig, TrainConfig
from rnngen.console import clock
from rnngen.console.training import (
    SAMPLE_LINES,
    LineView,
    LiveView,
    TimeLeft,
    describe,
    shown_sample,
)
from rnngen.training.events import Evaluation, Planned, Prepared, Sample, Step
from rnngen.training.recipe import Recipe

CORPUS = {
    "names": ["poems.txt"],
    "bytes": 581_274,
    "bytes_reason": "The files have 589,265 bytes, compressed.",
    "tokens": 581_274,
    "documents": "paragraph",
    "documents_reason": "as asked",
    "num_documents": 8000,
    "held_out_tokens": 60_009,
}


def prepared(**settings: Any) -> Prepared:
    train = TrainConfig(**settings)
    return Prepared.of(CORPUS, Recipe(ModelConfig(vocab_size=257), train, {"cell": "as asked"}))


def step(number: int, seconds: float, total: int | None = 20_000) -> Step:
    return Step(number, number / 900, number * 2048, seconds, total, 6e-3, 1.2345, 123_456.0)


def evaluation(number: int, seconds: float) -> Evaluation:
    return Evaluation(number, number / 900, number * 2048, seconds, 1.25, 1.823, True, 0)


class Terminal(io.StringIO):
    """In place of stderr: what is written to it is drawn on a screen of its own."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.screen = pyte.HistoryScreen(columns, 30)
        self._stream = pyte.Stream(self.screen)

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._stream.feed(text.replace("\n", "\r\n"))
        return len(text)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Terminal]:
    def of(columns: int) -> Terminal:
        made = Terminal(columns)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", "30")
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setattr("sys.stderr", made)
        return made

    return of


@pytest.mark.parametrize("columns", [80, 120])
def test_with_minutes_the_time_left_leads_and_no_total_is_shown(terminal, columns: int):
    shown = terminal(columns)
    with LiveView() as view:
        view.observe(prepared(minutes=5.0))
        view.observe(Planned(50, 0.1, 1, 10.0, 20_000))
        view.observe(step(60, 12.0))
        view.observe(evaluation(60, 12.0))
        view.observe(
            Sample(60, 0.1, 1, 12.0, "an old pond\n\na frog\njumps in\nthe sound\nof water")
        )
        view.observe(step(12_340, 60.0, total=18_000))
        view._bar.refresh()
        lines = shown.lines
    bar = lines[-1]
    assert re.match(r" *\d:\d\d left .*  ?step 12,340  loss 1\.234  1\.823 bits/byte", bar), bar
    assert "18,000" not in bar
    assert ("tokens/s" in bar) is (columns == 120)
    assert len(bar) <= columns
    sample = lines[lines.index("    an old pond") :][:4]
    assert sample == ["    an old pond", "    a frog", "    jumps in \u2026", bar]
    assert any(line.startswith("about 20,000 steps in at most 5 minutes") for line in lines)
    assert "left" not in "".join(shown.lines)  # the bar goes with the run


def test_with_a_number_of_steps_the_total_is_shown(terminal):
    shown = terminal(80)
    with LiveView() as view:
        view.observe(prepared(steps=600))
        view.observe(Planned(0, 0.0, 0, 0.0, 600))
        view.observe(step(150, 30.0, total=600))
        view._bar.refresh()
        bar = shown.lines[-1]
    assert "1:30 left" in bar or "1:29 left" in bar  # 450 steps at 5 a second
    assert "step 150/600" in bar


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.01, 9), st.integers(0, 9000))))
def test_what_is_left_is_never_more_than_the_minutes(moves: list[tuple[int, float, int]]):
    left = TimeLeft()
    left.observe(prepared(minutes=3.0))
    left.observe(Planned(0, 0.0, 0, 0.0, 900))
    number, seconds = 0, 0.0
    for steps, took, more in moves:
        number, seconds = number + steps, seconds + took
        event = step(number, seconds, total=number + more)
        left.observe(event)
        found = left.seconds(event)
        assert found is not None
        assert 0 <= found <= max(0.0, 180 - seconds) + 1e-6
        assert found <= more * seconds / number + 1e-6


def test_what_is_left_of_a_resumed_run_goes_by_its_speed_now():
    left = TimeLeft()
    left.observe(Planned(1000, 1.0, 1, 5000.0, 1100))  # slow it was, and on another machine
    event = step(1010, 5001.0, total=1110)
    assert left.seconds(event) == pytest.approx(10.0)
    assert left.seconds(replace(event, total_steps=None)) is None
    assert "/" not in describe(event, left).split("  ")[1]


def test_lines_say_the_same(capsys: pytest.CaptureFixture[str]):
    with LineView() as view:
        view.observe(prepared(minutes=5.0))
        view.observe(Planned(50, 0.1, 1, 10.0, 20_000))
        view.observe(step(60, 12.0))
        view.observe(step(70, 14.0))  # not ten seconds later
        view.observe(evaluation(60, 12.0))
        view.observe(Sample(60, 0.1, 1, 12.0, "word " * 100))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "bytes: The files have 589,265 bytes, compressed."
    # What moves from step to step is for a terminal.
    assert not [line for line in lines if " left  " in line or "tokens/s" in line]
    assert len([line for line in lines if line.startswith("step 60  held-out: ")]) == 1
    assert lines[-4:-3] == ["step 60  held-out: 1.2500 nats/token  1.8230 bits/byte  (best so far)"]
    assert all(line.startswith("    word") for line in lines[-3:])


@given(st.text(), st.integers(40, 200))
def test_a_sample_takes_three_lines_at_most_and_steers_nothing(text: str, width: int):
    shown = shown_sample(text, width)
    assert len(shown.split("\n")) <= SAMPLE_LINES
    assert all(len(line) <= width for line in shown.split("\n"))
    assert not {"\x1b", "\r", "\t", "\x07"} & set(shown)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-1, "0:00"), (0.4, "0:00"), (61, "1:01"), (3600, "1:00:00")]
)
def test_a_clock(seconds: float, shown: str):
    assert clock(seconds) == shown
