"""Subtitles: what is said, a line for each."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnngen.corpus.subtitles import read_subtitles
from rnngen.errors import CorpusError

TIME = "00:00:01,000 --> 00:00:02,500"
SRT = f"""1
{TIME}
{{\\an8}}<i>He said
he would come.</i>

2
{TIME}
- Hi.
- <font color="red">Hello,  1984.</font>

3
{TIME}
42

4
{TIME}

5
{TIME}
Two parts

of one.
"""
SAID = "He said he would come.\n- Hi.\n- Hello, 1984.\n42\nTwo parts\nof one.\n"
VTT = """WEBVTT - a title
Kind: captions

STYLE
::cue { color: red }

NOTE a note
of two lines

intro
00:01.000 --> 00:02.000 align:start
<v Ann>Fish &amp; chips, <00:01.500><c.x>please</c>.
"""


def read(text: str, *, is_vtt: bool = False) -> str:
    return "".join(read_subtitles([text], "x.srt", is_vtt=is_vtt))


def test_each_subtitle_is_a_line_without_number_time_and_tags() -> None:
    assert read(SRT) == SAID


def test_webvtt_loses_its_head_notes_and_styles() -> None:
    assert read(VTT, is_vtt=True) == "Fish & chips, please.\n"


def test_a_number_that_follows_a_text_at_once_is_no_text() -> None:
    assert read(f"1\n{TIME}\nOne.\n2\n{TIME}\nTwo.\n") == "One.\nTwo.\n"


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    assert read(f"1\n{TIME}\n古池や\n蛙\n") == "古池や蛙\n"
    assert read(f"1\n{TIME}\n한국\n말\n") == "한국 말\n"


def test_a_text_without_times_is_refused_by_name() -> None:
    with pytest.raises(CorpusError, match=r"x\.srt: no subtitles: .*`format` text reads"):
        read("just words\n")
    assert read(" \n") == ""


@given(st.lists(st.integers(0, len(SRT)), max_size=5))
def test_where_pieces_are_cut_makes_no_difference(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(SRT)]
    pieces = [SRT[i:j] for i, j in pairwise(places)]
    assert "".join(read_subtitles(pieces, "x", is_vtt=False)) == SAID
