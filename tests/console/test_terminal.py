"""What a terminal gets: nothing that steers it, and everything else as it is."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen import console
from rnngen.console import terminal
from rnngen.controls import visible

EMBEDDING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def steers(char: str) -> bool:
    """By Unicode's own tables: a control other than newline and tab, or a turn of direction."""
    if char in "\n\t":
        return False
    return unicodedata.category(char) == "Cc" or unicodedata.bidirectional(char) in EMBEDDING


def test_exactly_what_steers_a_terminal_is_escaped():
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        assert (visible(char) != char) == steers(char), hex(code)


@given(st.text(st.sampled_from("ab\n\t\x1b[2J\r\x9b\u202e\u2066蛙\\")))
def test_what_is_escaped_reads_as_python_writes_it(text: str):
    assert visible(text) == "".join(repr(c)[1:-1] if steers(c) else c for c in text)


@given(st.text())
def test_json_steers_nothing_and_holds_the_same(text: str):
    line = console.to_json({"text": text})
    assert json.loads(line) == {"text": text}
    assert not any(steers(char) or char in "\u2028\u2029\n" for char in line)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screens(monkeypatch: pytest.MonkeyPatch) -> tuple[Screen, Screen]:
    """stdout and stderr as two terminals, from here on in the test."""
    out, err = Screen(), Screen()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal, "_screen", terminal._Screen())
    return out, err


def test_a_pipe_gets_the_characters_as_they_are(capsys):
    console.put("old\x1b[2J\u202e pond")
    console.note("err\x1b[2J")
    captured = capsys.readouterr()
    assert captured.out == "old\x1b[2J\u202e pond"
    assert captured.err == "err\x1b[2J\n"


def test_a_terminal_gets_them_escaped_unless_raw_is_asked_for(monkeypatch):
    out, err = screens(monkeypatch)
    console.put("a\x1b[2J\n")
    console.put("b\x1b[2J\n", raw=True)
    console.note("c\x1b[2J")
    assert out.getvalue() == "a\\x1b[2J\nb\x1b[2J\n"
    assert err.getvalue() == "c\\x1b[2J\n"


def test_a_moving_line_waits_for_the_end_of_a_line_of_text(monkeypatch):
    out, err = screens(monkeypatch)
    terminal.show_line(lambda: "1 of 2")
    assert err.getvalue() == "\r\x1b[K1 of 2"
    console.put("old")
    assert err.getvalue().endswith("1 of 2\r\x1b[K")
    console.put(" pond\n")
    assert err.getvalue().endswith("\r\x1b[K1 of 2")
    terminal.remove_line()
    assert err.getvalue().endswith("1 of 2\r\x1b[K")
    assert out.getvalue() == "old pond\n"


def test_a_note_begins_below_text_that_has_not_ended(monkeypatch):
    out, err = screens(monkeypatch)
    console.put("old pond")
    console.note("stopped")
    assert out.getvalue() == "old pond\n"
    assert err.getvalue() == "stopped\n"


def test_a_table_keeps_to_its_lines():
    assert console.table({"name": "a\x1b[2J\nb", "names": ["c\n"]}) == (
        "name   a\\x1b[2J\\nb\nnames  c\\n"
    )
