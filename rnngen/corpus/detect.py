"""What the documents of a text are, by its beginning, with the reason in one sentence.

The widest gap in regular use (two blank lines, one, or a newline) cuts the text into pieces. They
are documents if they are alike (nine in ten at most three times as long as the typical one) and
whole (they do not end in a comma). Verse, posts and names pass; the paragraphs of a novel and the
speeches of a play do not. Wrapped lines are prose whatever else is seen, and many small files are a
document each. Whatever is in doubt is one stream: that loses nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from rnngen.corpus.documents import SPLITTERS

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGINNING = 1 << 18  # characters looked at
SMALL_FILE = 4 << 10  # bytes, on average: poems, songs, posts
STORY_FILE = 64 << 10  # bytes, on average: stories, articles; books are longer
MANY_FILES = 8
FEW_PIECES = 8  # below this nothing can be said
REGULAR = 0.05  # share of the gaps that must be as wide, so that stray blank lines do not count
UNLIKE = 3  # times the median that one piece in ten may not exceed
UNFINISHED = 0.03  # share of pieces that may end in a comma
PARAGRAPH = 500  # characters: if one line in ten is longer, lines are paragraphs of prose
WRAPPED = 40  # characters: nobody wraps prose more narrowly
LONGEST_WORD = 10  # characters; a line of Chinese is no word
COMMAS = (",", ";", ":", "\u3001", "\uff0c", "\uff1b", "\uff1a", "\u060c")
STOPS = (".", "!", "?", "\u3002", "\uff01", "\uff1f")
GAP = re.compile(r"\n(?:\s*\n)?")
NOUNS = {
    "section": "The parts between two or more blank lines",
    "paragraph": "The parts between blank lines",
    "line": "The lines",
}


def detect(beginning: str, sizes: Sequence[int]) -> tuple[str, str]:
    """The documents mode and why: from the beginning of the text, and the bytes of each file."""
    count, average = len(sizes), sum(sizes) // max(1, len(sizes))
    files = f"{count} files of {average} bytes on average"
    if count > 1 and average <= SMALL_FILE:
        return "file", f"The {files} are small, so each is a document."
    mode, reason = detect_in_text(beginning)
    if mode == "none" and count >= MANY_FILES and average <= STORY_FILE:
        return "file", f"The {files} are not parted further, so each is a document."
    return mode, reason


def detect_in_text(beginning: str) -> tuple[str, str]:
    """The same, from the text alone."""
    width = _wrap_width(beginning)
    if width:
        return _stream(f"The lines are wrapped at {width} characters, as prose is")
    mode = _widest_gap(beginning)
    pieces = [
        piece.strip() for piece in SPLITTERS[mode](beginning) if not piece.isspace() and piece
    ]
    if len(pieces) < FEW_PIECES:
        return _stream(f"There are too few pieces to tell ({len(pieces)})")
    lengths = [len(piece) for piece in pieces]
    typical, long = _quantile(lengths, 0.5), _quantile(lengths, 0.9)
    about = f"(about {typical} characters)"
    if long > UNLIKE * typical:
        return _stream(f"{NOUNS[mode]} differ much in length")
    unfinished = sum(piece.endswith(COMMAS) for piece in pieces) / len(pieces)
    if unfinished > UNFINISHED:
        return _stream(f"{NOUNS[mode]} often end in a comma or colon ({unfinished:.0%})")
    if long > PARAGRAPH and mode != "section" and _are_lines(pieces):
        return _stream(f"{NOUNS[mode]} are as long as paragraphs of prose {about}")
    return mode, f"{NOUNS[mode]} are of similar length {about}, so each is a document."


def _stream(seen: str) -> tuple[str, str]:
    return "none", f"{seen}, so the text is one stream."


def _widest_gap(beginning: str) -> str:
    blank_lines = [gap.count("\n") - 1 for gap in GAP.findall(beginning.strip())]
    divided = sum(n > 0 for n in blank_lines)
    if sum(n > 1 for n in blank_lines) > REGULAR * divided:
        return "section"
    return "paragraph" if divided > REGULAR * len(blank_lines) else "line"


def _wrap_width(beginning: str) -> int:
    """The width at which most lines were broken because the next word did not fit; 0 if none."""
    lines = [line.rstrip() for line in beginning.split("\n")]
    width = _quantile([len(line) for line in lines if line] or [0], 0.95)
    full = [_is_full(line, after, width) for line, after in pairwise(lines) if line and after]
    return width if width >= WRAPPED and sum(full) > len(full) / 2 else 0


def _is_full(line: str, after: str, width: int) -> bool:
    """Whether the first word of the line after would not have fitted, and no sentence ends."""
    word = min(len(after.split(None, 1)[0]), LONGEST_WORD)
    return len(line) + 1 + word > width and not line.endswith(STOPS)


def _are_lines(pieces: list[str]) -> bool:
    return sum("\n" not in piece for piece in pieces) > len(pieces) / 2


def _quantile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]
