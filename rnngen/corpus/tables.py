"""Which files are tables, and how each is read, by its ending and its beginning."""

from __future__ import annotations

import csv
import dataclasses
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rnngen.corpus import markup, quotes
from rnngen.corpus.files import ending
from rnngen.corpus.layout import TableLayout
from rnngen.corpus.rows import table_lines
from rnngen.corpus.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source

ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".json": "json",
}
TABLE_NAME = re.compile(
    rf"({'|'.join(map(re.escape, ENDINGS))})(\.[a-z0-9]+)?[*?]*$", re.IGNORECASE
)
DELIMITERS = {"csv": ",", "tsv": "\t"}
OTHERS = (",", ";", "\t", "|")
SAMPLE = 50  # rows that a delimiter is found by
SAMPLE_LENGTH = 1 << 16  # characters of them, about
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
"""How Excel says what stands between fields, in the first line."""


def format_of(name: str) -> str:
    """The format of a table called `name`, "" if that is not a table's name."""
    return ENDINGS.get(ending(name, tuple(ENDINGS)), "")


def recognise(
    sources: Sequence[Source], reading: ReadingConfig
) -> tuple[tuple[Source, ...], list[str]]:
    """The files, each with how it is read if it is no plain text; and what there is to say of it.

    stdin is a table if a column is asked for and no other file is one.
    Raises CorpusError for a table that may be read in two ways.
    """
    formats = [_format(source, reading) for source in sources]
    if reading.column is not None and reading.format == "auto" and not any(formats):
        formats = [_sniff(source, reading) if source.spooled else "" for source in sources]
    found, notes = [], []
    for source, format in zip(sources, formats, strict=True):
        table, note = _table(source, reading, format) if format else (None, "")
        kind = "" if table else markup.kind_of(source, reading)
        found.append(dataclasses.replace(source, table=table, markup=kind))
        if note:
            notes.append(f"{source.name}: {note}")
    return tuple(found), notes


def place_of(column: str, header: Sequence[str]) -> int:
    """Which column of a header is called so, blanks around its name aside; -1 if none is."""
    if column in header:
        return header.index(column)
    stripped = [name.strip() for name in header]
    return stripped.index(column) if column in stripped else -1


def _format(source: Source, reading: ReadingConfig) -> str:
    """One of reading.FORMATS without "auto"; "" for a text."""
    if reading.format != "auto":
        return reading.format if reading.format in ENDINGS.values() else ""
    found = "" if source.spooled else format_of(source.path)
    if found == "json" and _first_character(source, reading) not in ("{", "["):
        return ""
    return found


def _sniff(source: Source, reading: ReadingConfig) -> str:
    return {"{": "jsonl", "[": "json"}.get(_first_character(source, reading), "csv")


def _first_character(source: Source, reading: ReadingConfig) -> str:
    """That is no blank."""
    for text in decode(source, reading):
        if text := text.lstrip():
            return text[0]
    return ""


def _table(source: Source, reading: ReadingConfig, format: str) -> tuple[TableLayout, str]:
    if format in ("json", "jsonl"):
        return TableLayout(format), ""
    table = _find_layout(source, reading, DELIMITERS[format])
    if reading.quoting != "auto" or reading.column is None:
        return dataclasses.replace(table, quotes=reading.quoting != "none"), ""
    lines = table_lines(source, reading)
    for _ in range(table.lines_before):
        next(lines, "")
    header = _Layout(table, _beginning(source, reading)[table.lines_before :]).header
    has_number = not table.has_header
    column = int(reading.column) - 1 if has_number else place_of(reading.column, header)
    are_quotes, note = quotes.decide(source.name, lines, table, column)
    if has_number and not note:
        note = "columns go by number, so the first row is read as text too."
    return dataclasses.replace(table, quotes=are_quotes), note


def _find_layout(source: Source, reading: ReadingConfig, usual: str) -> TableLayout:
    """The delimiter, the header and the blanks of a table, found in its first rows."""
    lines = _beginning(source, reading)
    marked = SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if marked:
        lines = lines[1:]
    given = reading.delimiter or (marked and marked[1])
    delimiters = [given] if given else [usual, *(other for other in OTHERS if other != usual)]
    layouts = [
        _Layout(
            TableLayout(
                "csv",
                delimiter,
                quotes=reading.quoting != "none",
                lines_before=1 if marked else 0,
            ),
            lines,
        )
        for delimiter in delimiters
    ]
    return _choose(layouts, reading.column)


@dataclass(frozen=True)
class _Layout:
    """The first rows of a table, by one delimiter."""

    table: TableLayout
    lines: list[str]

    @property
    def rows(self) -> list[list[str]]:
        return _parse(self.lines, self.table)

    @property
    def header(self) -> list[str]:
        return next(iter(self.rows), [])

    def is_even(self, least: int) -> bool:
        """Each row has one number of fields, and so many at least."""
        widths = {len(row) for row in self.rows}
        return len(widths) == 1 and min(widths) >= least

    def settle(self, column: str | None) -> TableLayout:
        """The table, which has this column in its header."""
        header = self.header
        is_spaced = column is not None and column not in header
        is_spaced = is_spaced and all(name[:1] == " " for name in header[1:])
        is_spaced = is_spaced or self.table.skips_space or self._is_quoted_late()
        return dataclasses.replace(self.table, skips_space=is_spaced)

    def spaced(self) -> _Layout:
        """The same, without the blanks that follow delimiters, also before a quote."""
        return _Layout(dataclasses.replace(self.table, skips_space=True), self.lines)

    def _is_quoted_late(self) -> bool:
        """Blanks stand between a delimiter and a quote. A program would quote the blanks too."""
        if not self.table.quotes or not any(
            field.lstrip(" ")[:1] == '"' and field[0] == " " for row in self.rows for field in row
        ):
            return False
        opening = re.compile(re.escape(self.table.delimiter) + ' +"')
        return any(opening.search(line) for line in self.lines if '""' not in line)


def _choose(layouts: list[_Layout], column: str | None) -> TableLayout:
    """By the first delimiter that finds the column; else the one that finds most."""
    if column is not None:
        for layout in (*layouts, *(layout.spaced() for layout in layouts)):
            if place_of(column, layout.header) >= 0:
                return layout.settle(column)
        if column.isdecimal() and int(column) > 0:
            even = [layout for layout in layouts if layout.is_even(max(2, int(column)))]
            even = even or [layout for layout in layouts if layout.is_even(2)]
            chosen = (even or layouts)[0].settle(None)
            return dataclasses.replace(chosen, has_header=False)
    most = max(len(layout.header) for layout in layouts)
    usual = layouts[0]
    if len(usual.header) < 2:
        usual = next(layout for layout in layouts if len(layout.header) == most)
    return usual.settle(None)


def _parse(lines: list[str], table: TableLayout) -> list[list[str]]:
    """Rows as they seem to be; nothing is refused here."""
    reader = csv.reader(
        lines,
        delimiter=table.delimiter,
        quoting=csv.QUOTE_MINIMAL if table.quotes else csv.QUOTE_NONE,
        skipinitialspace=table.skips_space,
    )
    try:
        return [row for row in reader if row][:SAMPLE]
    except csv.Error:
        return []


def _beginning(source: Source, reading: ReadingConfig) -> list[str]:
    """The first lines, without byte order mark."""
    return list(islice(_until_enough(table_lines(source, reading)), 4 * SAMPLE))


def _until_enough(lines: Iterator[str]) -> Iterator[str]:
    length = 0
    for line in lines:
        yield line
        length += len(line)
        if length > SAMPLE_LENGTH:
            return


def has_table(paths: Sequence[str]) -> bool:
    """Whether files of a table's name are among these, which may be patterns."""
    return any(TABLE_NAME.search(path) is not None for path in paths)
