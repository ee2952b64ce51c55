"""The log of a run that goes on: what a run wrote stays, each event once and in its own line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.errors import FileError
from rnngen.training.events import Sample, Stopped
from rnngen.training.log import Log
from tests.logs import evaluation, step

EVENTS = [
    step(1, 3.0),
    evaluation(1, 3.0, 4.0),
    Sample(1, 0.1, 100, 0.5, 'a {"event" b'),
    step(2, 2.5),
]
LINES = [json.dumps(event.to_json()).encode() for event in EVENTS]


def resumed(
    content: bytes, folder: Path, keep_until: int = 2
) -> tuple[list[dict[str, Any]], list[str]]:
    """The events that are kept of a log with this content, and what is said of it."""
    path = folder / "log.jsonl"
    path.write_bytes(content)
    notes: list[str] = []
    with Log(path, keep_until=keep_until, note=notes.append) as log:
        kept = path.read_bytes()
        log.observe(step(3, 2.0))
    assert path.read_bytes().startswith(kept)
    *lines, end = path.read_bytes().split(b"\n")
    assert end == b""
    assert json.loads(lines.pop()) == step(3, 2.0).to_json()
    return [json.loads(line) for line in lines], notes


def events(*numbers: int) -> list[dict[str, Any]]:
    return [EVENTS[number].to_json() for number in numbers]


def test_a_log_in_order_stays_and_nothing_is_said(tmp_path: Path):
    assert resumed(b"\n".join(LINES) + b"\n", tmp_path) == (events(0, 1, 2, 3), [])


def test_a_last_line_that_a_killed_run_did_not_end_is_completed_or_left_out(tmp_path: Path):
    whole = b"\n".join(LINES)
    assert resumed(whole, tmp_path) == (events(0, 1, 2, 3), [])
    for cut in range(1, len(LINES[-1])):
        assert resumed(whole[:-cut], tmp_path) == (events(0, 1, 2), [])


@pytest.mark.parametrize(
    "foreign",
    [b"note to self", b"\xff\xfe", b"[1]", b"{}", b'{"event": "step"}', b'{"event": 1, "step": 1}',
     b'{"event": "step", "step": true}', b'{"event": "step", "step": "1"}', b"[" * 100_000,
     b'{"event": "step", "step": -1}', b'{"step": 1}', b"9" * 5000, b"NaN", b'"{', b"\x00" * 9],
)  # fmt: skip
def test_a_line_of_others_is_left_out_and_that_is_said(tmp_path: Path, foreign: bytes):
    for place in range(4):
        lines = [*LINES[:place], foreign, *LINES[place:]]
        kept, [said] = resumed(b"\n".join(lines) + b"\n", tmp_path)
        assert kept == events(0, 1, 2, 3)
        assert said == (
            f"{tmp_path}/log.jsonl: 1 line is no event and was left out. The run itself is whole."
        )


def test_events_that_share_a_line_are_parted(tmp_path: Path):
    content = LINES[0] + LINES[1] + b"\n" + LINES[2][:-5] + LINES[3] + b"xyz\n"
    kept, [said] = resumed(content, tmp_path)
    assert kept == events(0, 1, 3)
    assert "log.jsonl: 3 events shared lines and have their own now." in said.replace(
        "has its", "have their"
    )


@given(st.data())
def test_whatever_is_put_between_the_lines_no_event_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    junk = st.binary(max_size=30).filter(lambda text: b"{" not in text)
    content = b"".join(data.draw(junk) + b"\n" + line + data.draw(junk) for line in LINES)
    kept, _ = resumed(content, tmp_path_factory.mktemp("log"))
    assert kept == events(0, 1, 2, 3)


def test_what_was_logged_after_the_state_is_left_out_and_the_end_too(tmp_path: Path):
    end = json.dumps(Stopped(2, 0.2, 200, 1.0, "interrupted", None, None).to_json()).encode()
    content = b"\n".join([*LINES, end]) + b"\n"
    assert resumed(content, tmp_path, keep_until=1) == (events(0, 1, 2), [])
    assert resumed(content, tmp_path, keep_until=2) == (events(0, 1, 2, 3), [])
    assert resumed(LINES[0] + end + b"\n", tmp_path)[0] == events(0)


def test_what_limited_a_run_is_said_once(tmp_path: Path):
    """Killed after it was logged and before it was noted that the run has ended, it is again."""
    limited = b'{"event": "limited", "step": 2, "by": "time"}'
    path = tmp_path / "log.jsonl"
    for has_ended, count in ((False, 0), (True, 1)):
        path.write_bytes(b"\n".join([*LINES, limited]) + b"\n")
        with Log(path, keep_until=2, has_ended=has_ended):
            assert path.read_bytes().count(b"limited") == count


def test_a_log_that_cannot_be_read_is_one_line(tmp_path: Path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(FileError, match=r"log\.jsonl: cannot be read: Is a directory"):
        Log(tmp_path / "log.jsonl", keep_until=1)
