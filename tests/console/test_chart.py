"""The chart as a terminal shows it."""

from __future__ import annotations

import locale
import re

import pytest

from rnngen.console.chart import show_chart
from rnngen.plotting.curves import HELD_OUT, TRAINING, Curve, View


def test_colours_change_nothing_but_colours(capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(locale, "getencoding", lambda: "UTF-8")
    curves = [Curve("fox", TRAINING, [(1, 2.0), (2, 1.0)]), Curve("fox", HELD_OUT, [(2, 1.5)])]
    size = {"width": 60, "height": 10}
    show_chart(curves, View(), **size, coloured=False)
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    show_chart(curves, View(), **size, coloured=True)
    coloured = capsys.readouterr().out
    assert "\x1b[36m" in coloured
    bare = re.sub(r"\x1b\[\d+m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()
