"""Tables to rows: the fields of .csv and .tsv files, the objects of .jsonl and .json ones."""

from __future__ import annotations

import csv
import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from rnngen.corpus.text import decode, lines_before
from rnngen.errors import CorpusError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnngen.config import ReadingConfig
    from rnngen.corpus.files import Source
    from rnngen.corpus.layout import TableLayout
    from rnngen.corpus.tally import Tally

ROW_LIMIT = 1 << 24  # characters in a row, at most: it is held in memory
BLANKS = re.compile(r"\s*")
OBJECT = 'a JSON object such as {"text": "..."}'


def csv_rows(
    source: Source, reading: ReadingConfig, table: TableLayout, tally: Tally | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its first line.

    Raises CorpusError that names the line of a row that cannot be read.
    """
    lines = table_lines(source, reading, tally)
    for _ in range(table.lines_before):
        next(lines, "")
    reader = parser(lines, table)
    begin = 1
    try:
        for row in reader:
            if row:
                yield begin + table.lines_before, row
            begin = reader.line_num + 1
    except csv.Error as error:
        place = f"{source.name}, line {begin + table.lines_before}"
        raise CorpusError(
            f"{place}: {error}; check that every quote is closed, or pass `quoting` none if they "
            "are text."
        ) from error


def parser(lines: Iterable[str], table: TableLayout) -> Any:
    """A csv.reader of the lines. It is strict: a quote never closed would swallow the rest."""
    csv.field_size_limit(ROW_LIMIT)
    return csv.reader(
        lines,
        delimiter=table.delimiter,
        quoting=csv.QUOTE_MINIMAL if table.quotes else csv.QUOTE_NONE,
        skipinitialspace=table.skips_space,
        strict=True,
    )


def json_rows(
    source: Source, reading: ReadingConfig, table: TableLayout, tally: Tally
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file, each with the number of its line, counted from where reading began."""
    rows = _objects if table.format == "json" else _object_lines
    for line, row in rows(source, reading, tally):
        if not isinstance(row, dict):
            hint = " `format` text reads the file as it is." if table.format == "json" else ""
            raise CorpusError(
                f"{source.name}, line {line + tally.lines_before()}: not {OBJECT}.{hint}"
            )
        yield line, row


def _object_lines(
    source: Source, reading: ReadingConfig, tally: Tally
) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(table_lines(source, reading, tally), 1):
        if line.isspace():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            place = f"{source.name}, line {number + tally.lines_before()}"
            raise CorpusError(f"{place}: not JSON ({error}).") from error


def _objects(source: Source, reading: ReadingConfig, tally: Tally) -> Iterator[tuple[int, Any]]:
    """The elements of an array, or values that follow each other, however they are laid out.

    Only one of them is held in memory.
    """
    scan = json.JSONDecoder().raw_decode
    text, place, line = "", 0, 1
    after, allowed = "v", "[v"  # v: a value
    for more in chain(decode(source, reading, tally), [""]):
        text, place = text[place:] + more, 0
        while True:
            blank = BLANKS.match(text, place)
            assert blank is not None
            line, place = line + blank[0].count("\n"), blank.end()
            if place == len(text):
                break
            if text[place] in "[,]" and text[place] in allowed:
                after, allowed = {"[": (",]", "v]"), ",": (",]", "v"), "]": ("", "")}[text[place]]
                place += 1
                continue
            try:
                value, end = scan(text, place) if "v" in allowed else _refuse(text[place])
            except (ValueError, RecursionError) as error:
                if more and len(text) - place <= ROW_LIMIT and "v" in allowed:
                    break  # the rest of the value is in the next piece
                reason = getattr(error, "msg", str(error))
                raise CorpusError(f"{source.name}, line {line}: not JSON ({reason}).") from error
            yield line, value
            line, place, allowed = line + text.count("\n", place, end), end, after
    if "]" in allowed:
        raise CorpusError(f"{source.name}, line {line}: the array is cut off; it has no closing ].")


def _refuse(character: str) -> tuple[Any, int]:
    raise ValueError(f"{character!r} where it cannot stand")


def table_lines(
    source: Source, reading: ReadingConfig, tally: Tally | None = None
) -> Iterator[str]:
    """The lines of a file, each with its newline."""
    rest, number = "", 0
    for text in decode(source, reading, tally):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            yield line + "\n"
        number += len(whole)
        if len(rest) > ROW_LIMIT:
            number += lines_before(source, reading)
            raise CorpusError(
                f"{source.name}, line {number + 1}: longer than {ROW_LIMIT} characters; "
                "a table has one row a line."
            )
    if rest:
        yield rest + "\n"
