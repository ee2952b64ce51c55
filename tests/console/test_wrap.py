"""Prose in the width of a terminal."""

from __future__ import annotations

from rnngen.console import wrap


def test_lines_fit_and_keep_the_indent_and_every_word():
    text = "  an old pond, a frog leaps in, the sound of water"
    lines = wrap(text, 20)
    assert max(map(len, lines)) <= 20
    assert all(line.startswith("  ") for line in lines)
    assert " ".join(line.strip() for line in lines) == text.strip()


def test_what_fits_is_one_line():
    assert wrap("an old pond", 20) == ["an old pond"]
