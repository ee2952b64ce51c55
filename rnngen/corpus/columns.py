"""Tables to texts: one column, each row a document."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from rnngen.canonical import nfc
from rnngen.corpus.rows import csv_rows, json_rows
from rnngen.corpus.tables import place_of
from rnngen.corpus.tally import Tally
from rnngen.corpus.text import replace_surrogates, unix_newlines
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source
    from rnngen.corpus.layout import TableLayout

MOST_LISTED = 20
"""Columns that a message names."""
PLAIN_NAME = re.compile(r"[\w.-]+")


def check_column(sources: Sequence[Source], reading: ReadingConfig) -> None:
    """Raises CorpusError unless a column is given if and only if there are tables, and is there."""
    tables = [source for source in sources if source.table]
    if reading.column is not None and not tables:
        raise CorpusError(
            f"`column` {reading.column} is for .csv, .tsv, .jsonl and .json files, and there is "
            "none among these. Say with `format` what they are, such as `format` csv."
        )
    for source in tables:
        _check_table(source, reading)


def column_texts(source: Source, reading: ReadingConfig, tally: Tally) -> Iterator[tuple[str, str]]:
    """The text of each row, in NFC, and its label, "" if it has none.

    Rows without text are left out and counted in `tally`.

    Raises CorpusError that names the line of a row that cannot be read.
    """
    for line, value, label in _values(source, reading, tally):
        is_empty = value is None or (isinstance(value, str) and not value.strip())
        if is_empty and reading.strict:
            raise CorpusError(
                f"{_place(source, line, tally)}: no {reading.column!r} in this row. "
                "Leave `strict` out to skip such rows."
            )
        if value is not None and not isinstance(value, str):
            raise CorpusError(
                f"{_place(source, line, tally)}: column {reading.column!r} holds "
                f"{json.dumps(value)[:40]}, which is no text."
            )
        tally.add_row(line, is_empty=is_empty)
        if value:
            if not isinstance(label, str | int | float | None):
                raise CorpusError(
                    f"{_place(source, line, tally)}: column {reading.label!r} holds "
                    f"{json.dumps(label)[:40]}, which is no `label`."
                )
            yield nfc(unix_newlines(replace_surrogates(value))), "" if label is None else str(label)


def has_label(source: Source, reading: ReadingConfig) -> bool:
    """Whether the rows of a table have a column for labels."""
    assert source.table is not None
    label = reading.label
    if label is None:
        return False
    if source.table.format != "csv":
        return _has_key(source, reading, source.table, label)[0]
    header = _header(source, reading, source.table)
    if not source.table.has_header:
        return label.isdecimal() and 0 < int(label) <= len(header)
    return place_of(label, header) >= 0


def _values(source: Source, reading: ReadingConfig, tally: Tally) -> Iterator[tuple[int, Any, Any]]:
    """What each row holds in the column, and as its label, None if nothing; with the row's line."""
    assert source.table is not None
    assert reading.column is not None
    if source.table.format == "csv":
        yield from _fields(source, reading, source.table, tally)
        return
    for line, row in json_rows(source, reading, source.table, tally):
        label = None if reading.label is None else row.get(reading.label)
        yield line, row.get(reading.column), label


def _fields(
    source: Source, reading: ReadingConfig, table: TableLayout, tally: Tally
) -> Iterator[tuple[int, str | None, str | None]]:
    rows = csv_rows(source, reading, table, tally)
    column, has_labels = str(reading.column), has_label(source, reading)
    header: list[str] | None = None
    place, label = -1, sys.maxsize
    for line, row in rows:
        if header is None:
            header = row
            place = _place_in(header, column, table)
            label = _place_in(header, str(reading.label), table) if has_labels else label
            if table.has_header:
                continue
        if len(row) > len(header) and not table.is_lenient:
            raise CorpusError(_too_many(source, line, row, header, table))
        yield line, _field(row, place), _field(row, label)


def _field(row: list[str], place: int) -> str | None:
    return row[place] if place < len(row) else None


def _place_in(header: list[str], column: str, table: TableLayout) -> int:
    if not table.has_header:
        return int(column) - 1
    if table.is_lenient:  # the last of several
        return len(header) - 1 - header[::-1].index(column)
    return place_of(column, header)


def _too_many(
    source: Source, line: int, row: list[str], header: list[str], table: TableLayout
) -> str:
    first = f"the header has {len(header)}" if table.has_header else f"row 1 has {len(header)}"
    advice = "quote texts that hold one" if table.quotes else "pass `quoting` csv if it is quoted"
    return (
        f"{source.name}, line {line}: {len(row)} fields where {first}, separated by "
        f"{table.delimiter!r}. Rows may not have more: {advice}, or name another `delimiter`."
    )


def _place(source: Source, line: int, tally: Tally) -> str:
    return f"{source.name}, line {line + tally.lines_before()}"


def _check_table(source: Source, reading: ReadingConfig) -> None:
    """Raises CorpusError unless the table has the column that is asked for, and only one of it."""
    assert source.table is not None
    column = reading.column
    if source.table.format == "csv":
        names = _header(source, reading, source.table)
        has_it = column is not None and bool(names) and _has_field(source, column, names)
    else:
        has_it, names = _has_key(source, reading, source.table, column)
    if has_it or not names:
        return
    what = "this is JSON, and " if source.table.format == "json" and column is None else ""
    found = "no `column` given" if column is None else f"no column {column!r}"
    raise CorpusError(f"{source.name}: {what}{found}; its columns are {_format_list(names)}.")


def _header(source: Source, reading: ReadingConfig, table: TableLayout) -> list[str]:
    return next((row for _, row in csv_rows(source, reading, table)), [])


def _has_field(source: Source, column: str, header: list[str]) -> bool:
    table = source.table
    assert table is not None
    if not table.has_header:
        if int(column) <= len(header):
            return True
        raise CorpusError(
            f"{source.name}: no column {column}; its first row has {len(header)} fields, "
            f"separated by {table.delimiter!r}."
        )
    names = header if column in header else [name.strip() for name in header]
    if names.count(column) > 1 and not table.is_lenient:
        raise CorpusError(
            f"{source.name}: {names.count(column)} columns are called {column!r}. Give them "
            "different names."
        )
    return column in names


def _has_key(
    source: Source, reading: ReadingConfig, table: TableLayout, key: str | None
) -> tuple[bool, list[str]]:
    """Whether any object has the key, and if not, the keys there are."""
    keys: dict[str, None] = {}
    for _, row in json_rows(source, reading, table, Tally()):
        if key in row:
            return True, []
        if len(keys) <= MOST_LISTED:
            keys.update(dict.fromkeys(row))
        if key is None:
            break
    return False, list(keys)


def _format_list(names: Sequence[str]) -> str:
    """The names, in quotes where they are more than a word."""
    shown = [name if PLAIN_NAME.fullmatch(name) else repr(name) for name in names[:MOST_LISTED]]
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(shown) + more
