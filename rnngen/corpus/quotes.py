"""Whether quotation marks in a table enclose fields or are text.

TSV as it is registered has no quoting, yet spreadsheets quote; CSV has it, yet not all who write it
know. A mark that opens a field where none was meant swallows rows up to the next mark:

    50  eng  "Never again, she wrote          read as quoting, this is one row of three fields
    ...
    90  eng  The shelf is deep: 6"

So a table is looked through once, read both ways at the same time.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from rnngen.corpus.rows import parser
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.corpus.layout import TableLayout

ENOUGH_LINES = 3
"""Lines between two marks that look like rows, at least, to take them for rows."""
EACH, FEW = 10_000, 16
"""Rows of which each is looked at more closely, and of how many one after these."""
MOST_SHAPES = 1000
"""Kinds of values that are remembered of all columns together."""
LETTERS, DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
AS_TEXT = (
    "quotation marks are read as text, as they do not enclose fields throughout; "
    "`quoting` csv takes them as quoting."
)
AS_QUOTING = "quotation marks are taken as quoting; `quoting` none reads them as text."


def decide(
    name: str, lines: Iterable[str], table: TableLayout, text_column: int
) -> tuple[bool, str]:
    """Whether marks are quoting, and what to say of it; "" if it makes no difference.

    Tab-separated: only if the whole file parses so, with one number of fields a row, and no quoted
    field holds lines that look like rows.  Others: unless one does; what does not parse is for the
    reader to refuse.
    Raises CorpusError, with `name` and the lines, where a field of two lines may be either.
    """
    survey = _Survey(table, text_column)
    parses = survey.read(lines)
    is_tsv = table.delimiter == "\t"
    if not parses:
        return (not is_tsv, AS_TEXT if is_tsv and survey.has_quotes else "")
    if survey.holds_rows():
        if survey.suspect_lines < ENOUGH_LINES:
            first = survey.first_suspect
            raise CorpusError(
                f"{name}, lines {first} and {first + 1}: a quote opens in the one and closes in "
                "the other, yet each looks like a row. Pass `quoting` csv if they are one row, "
                "`quoting` none if they are two."
            )
        return False, AS_TEXT
    return True, AS_QUOTING if is_tsv and survey.has_quotes else ""


class _Survey:
    """What the rows of a table look like, read with quoting and without."""

    def __init__(self, table: TableLayout, text_column: int) -> None:
        self._table = table
        self._text_column = text_column
        self._opening = re.compile(rf'(?:^|{re.escape(table.delimiter)}) *"')
        self._width = 0
        self._rows = 0
        self._line = 1 + table.lines_before
        """Number of the line that comes next."""
        self._is_even = True
        """With quoting, each row has as many fields as the first."""
        self._is_plain = True
        """Without it, none has more."""
        self._shapes: set[tuple[int, str]] = set()
        """Column and kind of value, of rows that are one line."""
        self._suspects: set[tuple[int, str]] = set()
        """The same of lines within rows."""
        self.suspect_lines = self.first_suspect = 0
        self.has_quotes = False

    def read(self, lines: Iterable[str]) -> bool:
        """Whether all rows parse with quoting, each with as many fields as the first."""
        waiting: list[str] = []  # the lines of the row that is being parsed
        lines = iter(lines)
        try:
            for row in parser(self._quoted(lines, waiting), self._table):
                self._line += len(waiting)
                if row:
                    self._add(row, waiting)
                waiting.clear()
        except csv.Error:
            self.has_quotes = True
            return False
        self.has_quotes = self.has_quotes or any(map(self._opening.search, lines))
        return self._is_even

    def holds_rows(self) -> bool:
        """Whether quoted fields hold lines that look like rows of the table."""
        return self._is_plain and bool(self._suspects) and self._suspects <= self._shapes

    def _quoted(self, lines: Iterable[str], waiting: list[str]) -> Iterator[str]:
        """The lines of rows with a quote in them; the others need no parser, and are counted here.

        Ends early when the table turns out to be uneven.
        """
        for line in lines:
            if waiting or '"' in line:
                waiting.append(line)
                yield line
            else:
                self._line += 1
                if line != "\n":
                    self._count(line.count(self._table.delimiter) + 1)
                    self._sample(line)
            if not self._is_even:
                return

    def _add(self, row: list[str], lines: list[str]) -> None:
        """Take in a row that was parsed, of lines with a quote in them."""
        self._count(len(row))
        self.has_quotes = self.has_quotes or any(map(self._opening.search, lines))
        if not self._is_plain or self._width == 1:
            return
        if len(lines) == 1:
            self._is_plain = lines[0].count(self._table.delimiter) < self._width
            self._sample(lines[0])
            return
        parts = [line.rstrip("\n").split(self._table.delimiter) for line in lines]
        self._is_plain = all(len(part) == self._width for part in parts)
        if not self._is_plain:
            return
        self.first_suspect = self.first_suspect or self._line - len(lines)
        self.suspect_lines += len(parts)
        for part in parts:
            self._remember(self._suspects, part)

    def _count(self, width: int) -> None:
        """Take in how many fields a row has, read with quoting."""
        self._width = self._width or width
        self._rows += 1
        # Of rows that are too short, readers of CSV make no more than of empty fields.
        is_tsv = self._table.delimiter == "\t"
        self._is_even = self._is_even and (
            width == self._width or (width < self._width and not is_tsv)
        )

    def _sample(self, line: str) -> None:
        """Remember what a row of one line looks like: each of the first, then one in a few."""
        is_header = self._rows == 1 and self._table.has_header
        if self._is_plain and not is_header and (self._rows < EACH or self._rows % FEW == 0):
            self._remember(self._shapes, line.rstrip("\n").split(self._table.delimiter))

    def _remember(self, shapes: set[tuple[int, str]], fields: list[str]) -> None:
        """Of each field but the text's: its letters and figures counted as one each."""
        for column, field in enumerate(fields):
            if column != self._text_column and len(shapes) < MOST_SHAPES:
                shapes.add((column, DIGITS.sub("9", LETTERS.sub("a", field.strip()[:64]))))
