"""Subtitles to text: what is said, a line for each; numbers, time stamps and tags are dropped.

12                                          SubRip (.srt); WebVTT (.vtt) is much the same
00:01:02,500 --> 00:01:05,000
{\\an8}<i>He said
he would come.</i>                          becomes "He said he would come."
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from rnngen.corpus.lines import lines_of
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TIME = r"\s*(?:\d+:)?\d{1,3}:\d\d[,.:]\d{1,3}"
TIMES = re.compile(rf"{TIME}\s*-->{TIME}")
NUMBER = re.compile(r"\s*\d+\s*")
NO_CUE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:[ \t].*)?")
"""How a block of WebVTT begins that is not shown."""
TAG = re.compile(
    r"</?(?:[biusc]|font|ruby|rt|v|lang)(?:[.\s][^<>]*)?>|<\d+:[\d:.]+>|\{\\[^{}]*\}", re.IGNORECASE
)
SPEECH = re.compile(r"\s*[-\u2010-\u2015]")
"""How the line of another speaker begins."""


def read_subtitles(pieces: Iterable[str], name: str, *, is_vtt: bool) -> Iterator[str]:
    """The text of a file of subtitles, a line for each, and one for each speaker in it.

    is_vtt: characters such as `&amp;` are written as in HTML.
    Raises CorpusError, with `name`, for a text that has no time stamp.
    """
    cue: list[str] | None = None  # None: between subtitles
    before = ""  # a line without time stamp: it may be the number of a subtitle
    has_cue = has_text = False
    for line in lines_of(pieces):
        has_text = has_text or not line.isspace()
        if TIMES.match(line):
            if cue and NUMBER.fullmatch(cue[-1]):  # no blank line stood before the number
                cue.pop()
            yield _join(cue or [], is_vtt=is_vtt)
            cue, has_cue = [], True
        elif not line.strip():
            yield _join(cue or [], is_vtt=is_vtt)
            cue, before = None, ""
        elif cue is not None:
            cue.append(line)
        elif has_cue and not before and not NO_CUE.match(line) and not NUMBER.fullmatch(line):
            # A blank line within a subtitle: what follows is still said.
            cue = [line]
        else:
            before = line
    yield _join(cue or [], is_vtt=is_vtt)
    if has_text and not has_cue:
        raise CorpusError(
            f"{name}: no subtitles: there is no time stamp such as 00:01:02,500 --> 00:01:05,000. "
            "`format` text reads the file as it is."
        )


def _join(cue: list[str], *, is_vtt: bool) -> str:
    """The lines of a subtitle as one, each speaker's for itself; "" if it says nothing."""
    said = ""
    for line in cue:
        text = TAG.sub("", line)
        text = " ".join((html.unescape(text) if is_vtt else text).split())
        if not text:
            continue
        if said:
            said += "\n" if SPEECH.match(text) else _between(said[-1], text[0])
        said += text
    return said + "\n" if said else ""


def _between(last: str, first: str) -> str:
    """What joins two lines: nothing in Chinese and Japanese, which write no spaces."""
    wide = all(unicodedata.east_asian_width(char) in "WF" for char in (last, first))
    is_hangul = "\uac00" <= first <= "\ud7a3"
    return "" if wide and not is_hangul else " "
