"""The lines of a text as people paste it: marks of layout taken off, a title and a name set apart.

Line ends of any kind part lines, as do `<br>` and, where that gives the lines a form asks for,
slashes. HTML, Markdown and numbers before lines are no part of a text. Whatever is left out that
might have been meant is told in a note.
"""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass

LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_BREAKS = re.compile(r"<\s*/?\s*(?:br|p|div|li)\b[^<>]*>[ \t]*\n?", re.IGNORECASE)
_TAGS = re.compile(r"</?[a-z][^<>]*>|<!--.*?-->", re.IGNORECASE)
_FENCE = re.compile(r"^\s*(?:```|'''|~~~)[\w-]*\s*$")  # a backtick is read as an apostrophe
_LINK = re.compile(r"!?\[([^\]]*)\]\([^()]*\)")
_STRONG = re.compile(r"(?<![\w*_~`])(\*{1,3}|_{1,3}|~~|`)(?=\S)(.+?)(?<=\S)\1(?![\w*_~`])")
_QUOTE = re.compile(r"^(?:>\s?)+")
_HEADING = re.compile(r"^#{1,6}\s+")
_BULLET = re.compile(r"^[-*+\u2022\u2023\u25e6\u00b7\u2013\u2014]\s+(?=\S)")
_NUMBERED = re.compile(r"^[(\[]?(?P<number>\d{1,2})(?:[.):\]\u3002]|\s-)\s+(?=\S)")
_BARE = re.compile(r"^(?P<number>\d{1,2})\s+(?=\S)")
_RULE = re.compile(r"^(?:[-*_=~] ?){3,}$")
_SLASH = re.compile(r"\s*(?://|\u2044|[/|\uff0f\u2502\u23ce\u21b5\u00b6])\s*")
_SIGNED = re.compile(r"(?:[-\u2013\u2014\u2015~\u00a9(\[*_]+\s*|by\s)(?=[^\W\d_])", re.IGNORECASE)
_DATED = re.compile(r"[^\W\d_][\w.'-]*(?: [\w.'-]+){0,3},? \(?\d{4}\)?|[\W\d]*\d{4}[\W\d]*")
_NAMES_MOST, _SHORT_NAME, _TITLE_MOST = 6, 3, 8  # words
_SHORT_WORD = 3  # letters; such are small in titles


@dataclass(frozen=True)
class PastedText:
    """lines: what is judged.  notes: what was left out on a guess, one sentence each."""

    lines: list[str]
    notes: tuple[str, ...] = ()


def pasted(text: str, wanted: int) -> list[PastedText]:
    """What the lines may be of a text that should have `wanted` lines, the likeliest first.

    >>> pasted("old pond / a frog / the sound", 3)[0].lines
    ['old pond', 'a frog', 'the sound']
    """
    raw = [line.strip() for line in LINE_ENDS.split(_without_tags(text))]
    rows = [_Row(line) for line in _dedented(raw) if not _FENCE.match(line)]
    for row, after in itertools.pairwise(rows):
        row.apart = bool(row.text) and not after.text
    rows = [row for row in rows if row.text]
    clear = _numbers_off(rows)
    apart = _slashes_apart(clear, wanted)
    found = [_titles_apart(apart, wanted), _titles_apart(clear, wanted)]
    found = [layout for layout in found if len(layout.lines) == wanted] or found[1:]
    bare = _bare_numbers_off(clear, wanted)
    return [*bare, *found]


class _Row:
    """One line without its marks. heading, strong: it was marked as such; apart: a blank one
    stands after it."""

    def __init__(self, line: str) -> None:
        bare = _QUOTE.sub("", line).strip()
        self.heading = bool(_HEADING.match(bare))
        bare = _HEADING.sub("", bare).rstrip("\\").strip()
        self.rule = bool(_RULE.match(bare))
        marked = _STRONG.fullmatch(bare)
        self.strong = bool(marked)
        self.written = bare
        self.text = "" if self.rule else _plain(bare)
        self.apart = False


def _plain(line: str) -> str:
    before = ""
    line = _LINK.sub(r"\1", line)
    while line != before:
        before, line = line, _STRONG.sub(r"\2", line)
    return line.strip()


def _without_tags(text: str) -> str:
    if "<" in text:
        text = _TAGS.sub("", _BREAKS.sub("\n", text))
    return html.unescape(text).replace("\\n", "\n") if "&" in text or "\\n" in text else text


def _dedented(lines: list[str]) -> list[str]:
    """Without bullets, if all lines have one."""
    filled = [line for line in lines if line]
    if len(filled) > 1 and all(_BULLET.match(line) for line in filled):
        return [_BULLET.sub("", line) for line in lines]
    return lines


def _numbers_off(rows: list[_Row]) -> list[_Row]:
    """Without the numbers before lines, where several follow one another: 1. 2. 3."""
    numbered = [(row, match) for row in rows if (match := _NUMBERED.match(row.text))]
    numbers = [int(match["number"]) for _, match in numbered]
    follow = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False
    if len(numbers) > 1 and follow:
        for row, match in numbered:
            row.text = row.text[match.end() :]
    return rows


def _bare_numbers_off(rows: list[_Row], wanted: int) -> list[PastedText]:
    """The lines without numbers from 1 that no point follows; they may be words of the text."""
    found = [_BARE.match(row.text) for row in rows]
    numbers = [int(match["number"]) for match in found if match]
    if wanted < 2 or len(rows) != wanted or numbers != list(range(1, wanted + 1)):
        return []
    lines = [_BARE.sub("", row.text, count=1) for row in rows]
    return [PastedText(lines, ("the numbers before the lines are left out.",))]


def _slashes_apart(rows: list[_Row], wanted: int) -> list[_Row]:
    """A line that slashes part into the lines wanted stands for them."""
    split = []
    for row in rows:
        parts = [part for part in _SLASH.split(row.text) if part]
        if len(parts) == wanted and len(parts) > 1:
            made = [_Row(part) for part in parts]
            made[-1].apart = row.apart
            split += made
        else:
            split.append(row)
    return split


def _titles_apart(rows: list[_Row], wanted: int) -> PastedText:
    """Without a title before and a name after, where they are marked as such."""
    notes = []
    kept = list(rows)
    while len(kept) > max(1, wanted) and _is_name(kept):
        notes.append(f"the last line, {kept[-1].written!r}, is taken for a name.")
        kept.pop()
    if len(kept) == wanted + 1 and _is_title(kept[0], kept[1:]):
        notes.append(f"the first line, {kept[0].written!r}, is taken for a title.")
        kept.pop(0)
    if len(kept) != wanted:
        return PastedText([row.text for row in rows] or [""])
    return PastedText([row.text for row in kept], tuple(reversed(notes)))


def _is_name(rows: list[_Row]) -> bool:
    """Whether the last of the rows is who wrote them, or when."""
    row, before = rows[-1], rows[-2]
    words = re.findall(r"[^\W\d_]+", row.text)
    if _DATED.fullmatch(row.text):
        return True
    capitals = all(word[0].isupper() for word in words)
    if not words or len(words) > _NAMES_MOST:
        return False
    signed = bool(_SIGNED.match(row.written)) and (capitals or len(words) <= _SHORT_NAME)
    return signed or (before.apart and capitals)


def _is_title(row: _Row, others: list[_Row]) -> bool:
    """Whether the row is a heading: marked, set apart, one word, in capitals or in title case."""
    words = re.findall(r"[^\W\d_][\w'\u2019]*", row.text)
    if not 0 < len(words) <= _TITLE_MOST:
        return False
    quoted = row.text[0] in "\"\u201c'\u2018" and row.text[-1] in "\"\u201d'\u2019"
    marked = row.heading or row.strong or row.apart or quoted or row.text.endswith(":")
    unlike = not any(_is_large(other.text) for other in others)
    return marked or len(words) == 1 or (unlike and _is_large(row.text))


def _is_large(text: str) -> bool:
    """Whether a line is in capitals, or all its long words begin with one."""
    words = re.findall(r"[^\W\d_][\w'\u2019]*", text)
    long = [word for word in words[1:] if len(word) > _SHORT_WORD]
    return text.isupper() or (bool(long) and all(word[0].isupper() for word in (words[0], *long)))
