"""Tables to texts: one column of .csv, .tsv or .jsonl, each row a document."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from rnngen.corpus.text import decode, lines_before, nfc, replace_surrogates, unix_newlines
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rnngen.corpus.files import Source

ROW_LIMIT = 1 << 24  # characters in a row, at most: it is held in memory


def check_column(sources: Sequence[Source], encoding: str, column: str | None) -> None:
    """Raises CorpusError unless `column` is given if and only if there are tables, and is there."""
    tables = [source for source in sources if source.table]
    if column is not None and not tables:
        raise CorpusError(
            f"--column {column} is for .csv, .tsv and .jsonl files, and there is none among these."
        )
    for table in tables:
        known = next((list(row) for _, row in _rows(table, encoding)), None)
        if known is None or column in known:
            continue
        found = "no --column given" if column is None else f"no column {column!r}"
        raise CorpusError(f"{table.name}: {found}; its columns are {_format_list(known)}.")


def column_texts(source: Source, encoding: str, column: str) -> Iterator[str]:
    """The text of each row, in NFC; empty cells are left out.

    Raises CorpusError that names the line of a row that cannot be read.
    """
    for line, row in _rows(source, encoding):
        place = f"{source.name}, line {line}"
        if column not in row:
            raise CorpusError(
                f"{place}: no column {column!r}; its columns are {_format_list(row)}."
            )
        value = row[column]
        if value is not None and not isinstance(value, str):
            found = json.dumps(value)[:40]
            raise CorpusError(f"{place}: column {column!r} holds {found}, which is no text.")
        if value:
            yield nfc(unix_newlines(replace_surrogates(value)))


def _format_list(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(str(name) for name in names if name is not None)


def _rows(source: Source, encoding: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each row with the number of its (last) line."""
    read = _json_rows if source.table == ".jsonl" else _csv_rows
    return read(source, encoding)


def _csv_rows(source: Source, encoding: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    csv.field_size_limit(ROW_LIMIT)
    dialect = "excel" if source.table == ".csv" else "excel-tab"
    # strict: a quote that is never closed would swallow the rest of the file in silence.
    reader = csv.DictReader(_lines(source, encoding), dialect=dialect, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        place = f"{source.name}, line {reader.line_num + 1}"  # where the row begins
        raise CorpusError(f"{place}: {error}; check that every quote is closed.") from error


def _json_rows(source: Source, encoding: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(_lines(source, encoding), 1):
        if line.isspace():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            place = f"{source.name}, line {number + lines_before(source, encoding)}"
            raise CorpusError(f"{place}: not JSON ({error}).") from error
        if not isinstance(row, dict):
            place = f"{source.name}, line {number + lines_before(source, encoding)}"
            raise CorpusError(f'{place}: not a JSON object such as {{"text": "..."}}.')
        yield number, row


def _lines(source: Source, encoding: str) -> Iterator[str]:
    """The lines of a file, each with its newline."""
    rest, number = "", 0
    for text in decode(source, encoding):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield line + "\n"
        number += len(whole)
        if len(rest) > ROW_LIMIT:
            number += lines_before(source, encoding)
            raise CorpusError(
                f"{source.name}, line {number + 1}: longer than {ROW_LIMIT} characters; "
                "a table has one row a line."
            )
    if rest:
        yield rest + "\n"
